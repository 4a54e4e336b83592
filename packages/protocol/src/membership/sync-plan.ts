/**
 * When to compare directories, and with whom. A pure machine: neighbours, ends of sessions and the time go in; peers to sync with
 * come out.
 *
 * 1. With each new neighbour: the smaller id at once, the larger a second later where none has come by then.
 * 2. With a random neighbour every 20 s.
 * 3. Who has just got its first neighbour joined in the midst of others: broadcasts that crossed its joining are found by
 *    two more, with random neighbours, after 3 and 10 s.
 * 4. A session that broke is tried again after 0.5, 1, 2 and 4 s, while the peer is a neighbour.
 * 5. What a session has brought of several members at once (two parts have met), or too late for a broadcast, is passed on: with each
 *    of the other neighbours within two seconds, so that it crosses the mesh link by link. Equal directories cost one hash.
 * 6. A directory that was compared with this peer within half a second is not compared again for one of these reasons; nor, where a
 *    peer is named, one that was compared since.
 *
 * Bounds: 64 waiting, 64 tried again, 256 sessions remembered. Owner: Membership.
 */
import { jittered } from "./jitter.js";

/**
 * What nothing else has brought is there after one to three of them. With 60 s swarm seed 20 was not equal a minute after its last fault
 * (docs/simulation.md); a session of equal directories is one hash each way.
 */
export const SYNC_PERIOD_MS = 20_000;
const LARGER_WAITS_MS = 1_000;
const SETTLING_DELAYS_MS = [3_000, 10_000];
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000];
const RECENT_MS = 500;
const SPREAD_WITHIN_MS = 2_000;
const MAX_WAITING = 64;
const MAX_REMEMBERED = 256;
const JITTER = 0.1;

interface Waiting {
  /** A random neighbour where absent. */
  readonly peer?: string;
  readonly atMs: number;
  /** A session since then, or shortly before, makes this one needless. */
  readonly unlessSinceMs: number;
}

export class SyncPlan {
  readonly #self: string;
  readonly #random: () => number;
  #waiting: Waiting[] = [];
  /** When a session with this peer last ended well, the latest last. Entries go with the neighbour, the rest once a period. */
  readonly #lastMs = new Map<string, number>();
  /** How often in a row the session with this peer has broken; gone with the next good one, or with the neighbour. */
  readonly #attempts = new Map<string, number>();
  #nextRoundAtMs = Number.POSITIVE_INFINITY;

  constructor(self: string, random: () => number) {
    this.#self = self;
    this.#random = random;
  }

  get size(): number {
    return this.#waiting.length + this.#lastMs.size + this.#attempts.size;
  }

  get nextAtMs(): number {
    return this.#waiting.reduce((earliest, { atMs }) => Math.min(earliest, atMs), this.#nextRoundAtMs);
  }

  start(nowMs: number): void {
    this.#nextRoundAtMs = nowMs + SYNC_PERIOD_MS * this.#random();
  }

  neighborUp(peer: string, isFirst: boolean, nowMs: number): void {
    if (isFirst) for (const delayMs of SETTLING_DELAYS_MS) this.later(delayMs, nowMs);
    this.later(this.#self < peer ? 0 : LARGER_WAITS_MS, nowMs, peer);
  }

  neighborDown(peer: string): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.peer !== peer);
    this.#attempts.delete(peer);
    this.#lastMs.delete(peer);
  }

  /** With a random neighbour where no peer is named. */
  later(delayMs: number, nowMs: number, peer?: string): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    const atMs = nowMs + delayMs;
    // A random neighbour is asked for what it has heard by then.
    this.#waiting.push(peer === undefined ? { atMs, unlessSinceMs: atMs } : { peer, atMs, unlessSinceMs: nowMs });
  }

  /** A session with `peer` has brought what others may have missed, too. */
  spread(neighbors: readonly string[], peer: string | undefined, nowMs: number): void {
    const planned = new Set(this.#waiting.map((waiting) => waiting.peer));
    for (const neighbor of neighbors) {
      if (neighbor === peer || planned.has(neighbor)) continue;
      this.later(SPREAD_WITHIN_MS * this.#random(), nowMs, neighbor);
    }
  }

  /** A session has ended, whoever began it. */
  ended(peer: string, ok: boolean, isNeighbor: boolean, nowMs: number): void {
    if (ok) {
      this.#remember(peer, nowMs);
      this.#attempts.delete(peer);
      return;
    }
    const attempt = this.#attempts.get(peer) ?? 0;
    const delayMs = RETRY_DELAYS_MS[attempt];
    const tooMany = attempt === 0 && this.#attempts.size >= MAX_WAITING;
    if (!isNeighbor || delayMs === undefined || tooMany) {
      this.#attempts.delete(peer);
      return;
    }
    this.#attempts.set(peer, attempt + 1);
    this.later(delayMs, nowMs, peer);
  }

  /** Whom to sync with now. */
  due(neighbors: readonly string[], nowMs: number): string[] {
    if (nowMs < this.nextAtMs) return [];
    const peers = new Set<string>();
    const drawn = () => neighbors[Math.floor(this.#random() * neighbors.length)];
    if (nowMs >= this.#nextRoundAtMs) {
      this.#nextRoundAtMs = nowMs + jittered(SYNC_PERIOD_MS, JITTER, this.#random);
      for (const [peer, atMs] of this.#lastMs) if (nowMs - atMs > SYNC_PERIOD_MS) this.#lastMs.delete(peer);
      const peer = drawn();
      if (peer !== undefined) peers.add(peer);
    }
    const due = this.#waiting.filter(({ atMs }) => atMs <= nowMs);
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > nowMs);
    for (const { peer = drawn(), unlessSinceMs } of due) {
      if (peer === undefined) continue;
      const lastMs = this.#lastMs.get(peer) ?? Number.NEGATIVE_INFINITY;
      if (lastMs < unlessSinceMs - RECENT_MS) peers.add(peer);
    }
    return [...peers];
  }

  #remember(peer: string, nowMs: number): void {
    this.#lastMs.delete(peer);
    this.#lastMs.set(peer, nowMs);
    if (this.#lastMs.size <= MAX_REMEMBERED) return;
    const longestAgo = this.#lastMs.keys().next().value;
    if (longestAgo !== undefined) this.#lastMs.delete(longestAgo);
  }
}
