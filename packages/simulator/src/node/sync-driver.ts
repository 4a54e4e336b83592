/**
 * Carries sync sessions as `packages/node`'s sync driver does: one with each new neighbour (the smaller id opens it, the larger
 * after a second where nothing came), and one with a random neighbour every 60 s. Each session has a lane of its own.
 *
 * Owner: MembershipDriver. Sessions end by their own rules, by their deadline, or with the peer; 32 at once.
 */
import { type ReceivedRecord, type SyncOutput, SyncSession } from "@meshwork/protocol";
import type { HostTimer } from "../core/host.js";
import type { MembershipDriver } from "./membership-driver.js";
import type { SimNode } from "./sim-node.js";

const PERIOD_MS = 60_000;
const SESSION_TIMEOUT_MS = 10_000;
const LARGER_WAITS_MS = 1_000;
const MAX_SESSIONS = 32;
const RECENT_MS = 500;
/** The length before each frame. */
const FRAME_HEADER_BYTES = 4;

export interface SyncPacket {
  readonly lane: number;
  /** The first frame of a session: the receiver takes part in it. */
  readonly opens: boolean;
  readonly frame: Uint8Array;
}

interface Running {
  readonly session: SyncSession;
  readonly peer: number;
  readonly deadline: HostTimer;
}

export class SyncDriver {
  readonly #node: SimNode;
  readonly #membership: MembershipDriver;
  readonly #running = new Map<string, Running>();
  /** When a session with this peer last ended; swept by `#round`. */
  readonly #lastWith = new Map<number, number>();
  #nextLane = 1;
  sessions = 0;
  refused = 0;

  constructor(node: SimNode, membership: MembershipDriver) {
    this.#node = node;
    this.#membership = membership;
  }

  sizes(): Record<string, number> {
    return { syncSessions: this.#running.size, syncPeers: this.#lastWith.size };
  }

  start(): void {
    this.#node.host.interval(PERIOD_MS, () => this.#round());
  }

  withNeighbor(id: string): void {
    const peer = this.#node.cluster.indexOf(id);
    if (this.#node.id < id) this.#initiate(peer);
    else this.#node.host.timer(LARGER_WAITS_MS, () => this.#initiate(peer));
  }

  onPacket(from: number, packet: SyncPacket): void {
    const key = `${from}/${packet.lane}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      if (!packet.opens) return;
      if (this.#running.size >= MAX_SESSIONS) {
        this.refused++;
        return;
      }
      this.#membership.expire();
      running = this.#begin(key, from, packet.lane);
    }
    this.#carryOut(key, running, packet.lane, running.session.handle(packet.frame, this.#node.host.now()), false);
  }

  peerLost(peer: number): void {
    for (const [key, running] of [...this.#running]) if (running.peer === peer) this.#end(key);
  }

  #round(): void {
    const { host } = this.#node;
    const nowMs = host.now();
    for (const [peer, atMs] of this.#lastWith) if (nowMs - atMs > RECENT_MS) this.#lastWith.delete(peer);
    const neighbors = this.#node.neighbors();
    const id = neighbors[Math.floor(host.random.next() * neighbors.length)];
    if (id !== undefined) this.#initiate(this.#node.cluster.indexOf(id));
  }

  #initiate(peer: number): void {
    const { host, index, cluster } = this.#node;
    const recentMs = host.now() - (this.#lastWith.get(peer) ?? Number.NEGATIVE_INFINITY);
    if (recentMs < LARGER_WAITS_MS + RECENT_MS || !cluster.network.connected(index, peer)) return;
    if (this.#running.size >= MAX_SESSIONS) {
      host.timer(LARGER_WAITS_MS, () => this.#initiate(peer));
      return;
    }
    this.#membership.expire();
    // Both ends number their own: the parity keeps them apart.
    const lane = this.#nextLane++ * 2 + (index < peer ? 0 : 1);
    const key = `${peer}/${lane}`;
    const running = this.#begin(key, peer, lane);
    this.#carryOut(key, running, lane, running.session.start(), true);
  }

  #begin(key: string, peer: number, lane: number): Running {
    this.sessions++;
    const deadline = this.#node.host.timer(SESSION_TIMEOUT_MS, () => {
      this.#end(key);
      this.#node.cluster.network.endLane(this.#node.index, peer, lane);
    });
    const running = { session: new SyncSession(this.#membership.directory), peer, deadline };
    this.#running.set(key, running);
    return running;
  }

  #end(key: string): void {
    this.#running.get(key)?.deadline.cancel();
    this.#running.delete(key);
  }

  #carryOut(key: string, running: Running, lane: number, outputs: readonly SyncOutput[], opens: boolean): void {
    const { cluster, index, host } = this.#node;
    let first = opens;
    for (const output of outputs) {
      switch (output.kind) {
        case "send": {
          const packet: SyncPacket = { lane, opens: first, frame: output.frame };
          first = false;
          cluster.network.sendConnected(index, running.peer, lane, packet, FRAME_HEADER_BYTES + output.frame.length);
          break;
        }
        case "verify":
          this.#apply(output.records);
          break;
        case "done":
          this.#lastWith.set(running.peer, host.now());
          this.#end(key);
          break;
        case "failed":
          this.#end(key);
          break;
        default:
          output satisfies never;
      }
    }
  }

  #apply(records: readonly ReceivedRecord[]): void {
    for (const { signed, ageMs } of records) this.#membership.applySynced(signed, ageMs);
    this.#membership.liveChanged();
  }
}
