/**
 * A connection between two hosts and its lanes. A lane is one stream in one direction: ordered and reliable. A frame that is
 * lost is sent again after a time-out that doubles, and holds up its own lane only (QUIC streams, RFC 9000 §2, RFC 9002 §6.2).
 *
 * Each end knows for itself whether it still has the connection (`Network`, a map per host). Owner: Network; it ends when
 * neither end has it. Lanes end with it; finished ones are dropped by whoever opened them.
 */
import type { Host } from "../core/host.js";

export interface Frame {
  readonly payload: unknown;
  readonly bytes: number;
}

export class Lane {
  readonly id: number;
  /** When the last frame arrives: none arrives before it. */
  lastAtMs = 0;
  /** Frames that wait for the path, while it is blocked. */
  held: Frame[] | undefined;
  attempts = 0;

  constructor(id: number) {
    this.id = id;
  }
}

export class Connection {
  readonly a: Host;
  readonly b: Host;
  readonly lifeA: number;
  readonly lifeB: number;
  lastUsedMs: number;
  /** Since when an end has heard nothing, where it has noticed. */
  silentSinceAMs: number | undefined;
  silentSinceBMs: number | undefined;
  #lostToA = false;
  #lostToB = false;
  #fromA: Lane | undefined;
  #fromB: Lane | undefined;
  #others: Map<number, Lane> | undefined;

  constructor(a: Host, b: Host, nowMs: number) {
    this.a = a;
    this.b = b;
    this.lifeA = a.life;
    this.lifeB = b.life;
    this.lastUsedMs = nowMs;
  }

  /** The life of this host that the connection belongs to. */
  lifeOf(host: Host): number {
    return host === this.a ? this.lifeA : this.lifeB;
  }

  /** The end has given it up: what still comes is answered with a reset. */
  loseAt(host: Host): void {
    if (host === this.a) this.#lostToA = true;
    else this.#lostToB = true;
  }

  isLostTo(host: Host): boolean {
    return host === this.a ? this.#lostToA : this.#lostToB;
  }

  lane(from: Host, id: number): Lane {
    if (id === 0) {
      if (from === this.a) {
        this.#fromA ??= new Lane(0);
        return this.#fromA;
      }
      this.#fromB ??= new Lane(0);
      return this.#fromB;
    }
    this.#others ??= new Map();
    const key = id * 2 + (from === this.a ? 0 : 1);
    let lane = this.#others.get(key);
    if (lane === undefined) {
      lane = new Lane(id);
      this.#others.set(key, lane);
    }
    return lane;
  }

  /** Both directions of a finished stream. */
  dropLane(id: number): void {
    this.#others?.delete(id * 2);
    this.#others?.delete(id * 2 + 1);
  }

  get laneCount(): number {
    return this.#others?.size ?? 0;
  }
}
