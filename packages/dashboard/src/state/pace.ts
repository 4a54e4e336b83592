/**
 * How often something is shown that takes long to show: at once where it fits a frame, else so seldom that it takes a small share of the
 * time. A pure machine: the times go in.
 */

const FRAME_MS = 12;
/** Of the time at most one part in so many. */
const SHARE = 16;
const MAX_WAIT_MS = 500;

export class Pace {
  #costMs = 0;
  #beganAtMs = Number.NEGATIVE_INFINITY;

  /** From now until the next showing. */
  waitMs(nowMs: number): number {
    if (this.#costMs <= FRAME_MS) return 0;
    const everyMs = Math.min(MAX_WAIT_MS, SHARE * this.#costMs);
    return Math.max(0, this.#beganAtMs + everyMs - nowMs);
  }

  /** A showing begins; the function that it gives is called at its end. One that was slow by chance counts for half. */
  begin(nowMs: number): (endedAtMs: number) => void {
    this.#beganAtMs = nowMs;
    return (endedAtMs) => {
      this.#costMs = (this.#costMs + Math.max(0, endedAtMs - nowMs)) / 2;
    };
  }
}
