/**
 * How many calls there were in the last minute: counts in slots of 5 s, the slot under way included. Owner: one edge of the service
 * graph. Holds 13 numbers, whatever comes.
 */
const SLOT_MS = 5_000;
const SLOTS = 12;
const MINUTE_MS = 60_000;
/** A rate over less than this would be a guess. */
const MIN_SPAN_MS = 10_000;

export function slotOf(nowMs: number): number {
  return Math.floor(nowMs / SLOT_MS);
}

export class RateWindow {
  readonly #counts = new Array<number>(SLOTS + 1).fill(0);
  #slot: number;

  constructor(nowMs: number) {
    this.#slot = slotOf(nowMs);
  }

  add(nowMs: number): void {
    this.#moveTo(nowMs);
    const at = this.#slot % this.#counts.length;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** Null where counting began less than ten seconds ago. */
  perMinute(nowMs: number, countingSinceMs: number): number | null {
    this.#moveTo(nowMs);
    // Twelve whole slots and the part of the one under way.
    const windowMs = Math.min(nowMs - (this.#slot - SLOTS) * SLOT_MS, nowMs - countingSinceMs);
    if (windowMs < MIN_SPAN_MS) return null;
    const calls = this.#counts.reduce((sum, count) => sum + count, 0);
    return (calls * MINUTE_MS) / windowMs;
  }

  /** Empties the slots that the time has passed. */
  #moveTo(nowMs: number): void {
    const slot = slotOf(nowMs);
    const steps = Math.min(slot - this.#slot, this.#counts.length);
    for (let step = 1; step <= steps; step += 1) this.#counts[(this.#slot + step) % this.#counts.length] = 0;
    if (steps > 0) this.#slot = slot;
  }
}
