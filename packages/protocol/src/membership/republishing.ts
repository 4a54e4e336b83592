/**
 * When the own record has to go out again although nothing in it has changed: somebody holds this node for dead, or a healed split has
 * to hear that it lives.
 *
 * A refutation goes out at once; a second waits until half a second after the first, however many obituaries come.
 *
 * Pure. Owner: Membership; ends with it.
 */
const REFUTATION_GAP_MS = 500;

export class Republishing {
  dueAtMs = Number.POSITIVE_INFINITY;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  refute(nowMs: number): void {
    this.#by(Math.max(nowMs, this.#lastAtMs + REFUTATION_GAP_MS));
  }

  within(delayMs: number, nowMs: number): void {
    this.#by(nowMs + delayMs);
  }

  /** It goes out now. */
  done(nowMs: number): void {
    this.dueAtMs = Number.POSITIVE_INFINITY;
    this.#lastAtMs = nowMs;
  }

  #by(atMs: number): void {
    this.dueAtMs = Math.min(this.dueAtMs, atMs);
  }
}
