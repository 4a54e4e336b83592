/**
 * Pings without a waiter: the failure detector asks when a peer was last heard, so a pong needs no promise and a missing one no timer.
 * (Of the wake-ups of an idle node every second one was the time-out of a ping that had long been answered.)
 *
 * One ping is open per peer: the next takes its place, and counts it as unanswered. Nonces are a counter: a pong is taken from the
 * pinged peer alone, over its authenticated connection. Owner: the transport; an entry goes with its pong, or with the peer.
 */
import type { Clock } from "./clock.js";

interface Open {
  readonly nonce: number;
  readonly sentAtMs: number;
}

export class Pings {
  readonly #clock: Clock;
  readonly #open = new Map<string, Open>();
  #nonce = 0;
  unanswered = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those without an answer so far. */
  get size(): number {
    return this.#open.size;
  }

  /** Notes a ping and writes its nonce into the first eight bytes of `into`. */
  begin(peerId: string, into: DataView): void {
    this.#nonce = (this.#nonce + 1) % Number.MAX_SAFE_INTEGER;
    into.setFloat64(0, this.#nonce);
    if (this.#open.has(peerId)) this.unanswered++;
    this.#open.set(peerId, { nonce: this.#nonce, sentAtMs: this.#clock.now() });
  }

  /** The round trip, where this nonce answers the open ping of the peer. */
  answer(peerId: string, nonce: DataView): number | undefined {
    const open = this.#open.get(peerId);
    if (open === undefined || nonce.getFloat64(0) !== open.nonce) return undefined;
    this.#open.delete(peerId);
    return this.#clock.now() - open.sentAtMs;
  }

  /** No connection to the peer is left. */
  gone(peerId: string): void {
    this.#open.delete(peerId);
  }

  clear(): void {
    this.#open.clear();
  }
}
