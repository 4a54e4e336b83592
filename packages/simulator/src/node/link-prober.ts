/**
 * Direct probes of the active links, by the rules of `packages/node`'s prober: QUIC notices a dead peer after 30 s, so each
 * link is watched. The smaller id probes after a second of silence, the larger helps out after 1.5 s, any byte counts as life; a
 * link silent for 3.7 s while two probes went unanswered is dead. A look more than 250 ms late restarts all clocks.
 *
 * Owner: SimNode. Watched peers come and go with the active view.
 */
import type { SimNode } from "./sim-node.js";

export const PROBE_INTERVAL_MS = 1_000;
const HELP_OUT_AFTER_MS = 1_500;
export const DEAD_AFTER_MS = 3_700;
const LATE_MS = 250;
/** Tag, kind and nonce. */
const PROBE_BYTES = 10;

export interface ProbePacket {
  readonly ping: boolean;
}

const PING: ProbePacket = { ping: true };
const PONG: ProbePacket = { ping: false };

interface Watched {
  heardMs: number;
  unanswered: number;
}

export class LinkProber {
  readonly #node: SimNode;
  readonly #watched = new Map<number, Watched>();
  #lastLookMs = 0;

  constructor(node: SimNode) {
    this.#node = node;
  }

  get size(): number {
    return this.#watched.size;
  }

  start(): void {
    const { host } = this.#node;
    this.#lastLookMs = host.now();
    // Nodes that boot at the same instant do not look at the same instant.
    host.timer(host.random.next() * PROBE_INTERVAL_MS, () => {
      this.#lastLookMs = host.now();
      host.interval(PROBE_INTERVAL_MS, () => this.#look());
    });
  }

  watch(peer: number): void {
    if (!this.#watched.has(peer)) this.#watched.set(peer, { heardMs: this.#node.host.now(), unanswered: 0 });
  }

  unwatch(peer: number): void {
    this.#watched.delete(peer);
  }

  heard(peer: number): void {
    const watched = this.#watched.get(peer);
    if (watched === undefined) return;
    watched.heardMs = this.#node.host.now();
    watched.unanswered = 0;
  }

  onProbe(from: number, packet: ProbePacket): void {
    this.heard(from);
    if (packet.ping) this.#send(from, PONG);
  }

  #look(): void {
    const nowMs = this.#node.host.now();
    const late = nowMs - this.#lastLookMs > PROBE_INTERVAL_MS + LATE_MS;
    this.#lastLookMs = nowMs;
    for (const [peer, watched] of [...this.#watched]) {
      if (late) {
        watched.heardMs = nowMs;
        watched.unanswered = 0;
        continue;
      }
      const silentMs = nowMs - watched.heardMs;
      if (silentMs >= DEAD_AFTER_MS && watched.unanswered >= 2) {
        this.#watched.delete(peer);
        this.#node.linkDead(peer);
        continue;
      }
      const smaller = this.#node.id < this.#node.cluster.idOf(peer);
      if (silentMs < (smaller ? PROBE_INTERVAL_MS / 2 : HELP_OUT_AFTER_MS)) continue;
      watched.unanswered++;
      this.#send(peer, PING);
    }
  }

  #send(peer: number, packet: ProbePacket): void {
    this.#node.cluster.network.datagram(this.#node.index, peer, packet, PROBE_BYTES);
  }
}
