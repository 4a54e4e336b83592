/**
 * Time since the epoch with parts of a millisecond, for the starts of spans.
 *
 * The SDK starts a span at `Date.now()`, whole milliseconds, while boot steps and loopback requests take tenths: children would
 * start before their parents. The monotonic clock has the resolution but drifts from the wall clock; so its offset is
 * kept inside what the wall clock allows: `Date.now()` says that the true time is in [it, it + 1).
 */
export class EpochClock {
  readonly #wallMs: () => number;
  readonly #monotonicMs: () => number;
  #offsetMs: number;

  constructor(wallMs: () => number, monotonicMs: () => number, offsetMs: number) {
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    this.#offsetMs = offsetMs;
  }

  /** The epoch time, in ms, of a reading of the monotonic clock taken a moment ago. */
  at(monotonicMs: number): number {
    const behindMs = this.#wallMs() - (this.#offsetMs + this.#monotonicMs());
    if (behindMs > 0) this.#offsetMs += behindMs;
    else if (behindMs <= -1) this.#offsetMs += behindMs + 1;
    return this.#offsetMs + monotonicMs;
  }
}
