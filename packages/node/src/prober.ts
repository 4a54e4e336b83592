/**
 * Direct probes: QUIC notices a dead peer after 30 s and more, so each link of the active views is watched here.
 *
 * One look a second. The smaller id probes a link that was silent for a whole second, any byte counts as life: a healthy link
 * costs one exchange every two seconds. The larger id helps out after 2.5 s. A link that is silent for 3.7 s with two probes
 * unanswered is dead: its connections are closed, which gossip hears as a lost peer (4 to 5 s after the last byte).
 * A look that comes more than 250 ms late restarts all clocks: then it was us who slept.
 * Owner: the node; watched peers come and go with the active views.
 */
import type { Transport } from "@meshwork/transport";
import { CloseCode } from "@meshwork/transport";

export const LOOK_INTERVAL_MS = 1_000;
const PROBE_AFTER_MS = 1_000;
const HELP_OUT_AFTER_MS = 2_500;
export const DEAD_AFTER_MS = 3_700;
const PROBE_TIMEOUT_MS = 900;
const LATE_MS = 250;

export interface ProberOptions {
  readonly transport: Transport;
  readonly now: () => number;
  readonly onRtt: (peerId: string, rttMs: number) => void;
  readonly onFailure: (peerId: string) => void;
  readonly onDead: (peerId: string, silentMs: number) => void;
}

interface Watched {
  sinceMs: number;
  probing: boolean;
  unanswered: number;
}

export class Prober {
  readonly #options: ProberOptions;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #lastLookMs = 0;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watched.size;
  }

  start(): void {
    this.#lastLookMs = this.#options.now();
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
  }

  watch(peerId: string): void {
    if (!this.#watched.has(peerId)) {
      this.#watched.set(peerId, { sinceMs: this.#options.now(), probing: false, unanswered: 0 });
    }
  }

  unwatch(peerId: string): void {
    this.#watched.delete(peerId);
  }

  look(): void {
    const { transport, now } = this.#options;
    const nowMs = now();
    const late = nowMs - this.#lastLookMs > LOOK_INTERVAL_MS + LATE_MS;
    this.#lastLookMs = nowMs;
    for (const [peerId, watched] of this.#watched) {
      if (late) {
        watched.sinceMs = nowMs;
        watched.unanswered = 0;
      }
      const peer = transport.peer(peerId);
      if (peer === undefined) continue;
      const silentMs = nowMs - Math.max(peer.lastHeardMs, watched.sinceMs);
      if (silentMs >= DEAD_AFTER_MS && watched.unanswered >= 2) {
        this.#watched.delete(peerId);
        this.#options.onDead(peerId, silentMs);
        transport.disconnect(peerId, CloseCode.probeTimeout);
        continue;
      }
      const dueAfterMs = transport.id < peerId ? PROBE_AFTER_MS : HELP_OUT_AFTER_MS;
      const due = silentMs >= dueAfterMs || watched.unanswered > 0;
      if (due && !(watched.probing && watched.unanswered === 0)) void this.#probe(peerId, watched);
    }
  }

  async #probe(peerId: string, watched: Watched): Promise<void> {
    watched.probing = true;
    try {
      const rttMs = await this.#options.transport.probe(peerId, PROBE_TIMEOUT_MS);
      watched.unanswered = 0;
      this.#options.onRtt(peerId, rttMs);
    } catch {
      watched.unanswered++;
      this.#options.onFailure(peerId);
    } finally {
      watched.probing = false;
    }
  }
}
