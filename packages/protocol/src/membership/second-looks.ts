/**
 * Members found again by our own dial, to be dialled once more: an instant between two cuts is enough for the records to cross, not
 * for links.
 *
 * 1. After 15 s, and after 15 s more. A dial that fails counts for none: it is repeated every 15 s, for ten minutes.
 *
 * Pure. Bounds: 16, the oldest leave. Owner: Healing. An entry ends with its second look, when its member is lost or leaves, or by age.
 */
import type { HealingTarget } from "./healing-targets.js";

export const LOOK_AFTER_MS = 15_000;
export const LOOKS = 2;
const GIVE_UP_AFTER_MS = 600_000;
/** While another dial is under way. */
const BUSY_MS = 1_000;
const MAX_ENTRIES = 16;

interface Look {
  readonly target: HealingTarget;
  readonly sinceMs: number;
  readonly left: number;
  dueAtMs: number;
}

export class SecondLooks {
  readonly #looks = new Map<string, Look>();

  get size(): number {
    return this.#looks.size;
  }

  get nextAtMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { dueAtMs } of this.#looks.values()) nextMs = Math.min(nextMs, dueAtMs);
    return nextMs;
  }

  has(id: string): boolean {
    return this.#looks.has(id);
  }

  delete(id: string): void {
    this.#looks.delete(id);
  }

  /** A dial has reached it, the first or one of these. */
  found(target: HealingTarget, nowMs: number): void {
    const left = (this.#looks.get(target.id)?.left ?? LOOKS + 1) - 1;
    this.#looks.delete(target.id);
    if (left === 0) return;
    this.#looks.set(target.id, { target, sinceMs: nowMs, left, dueAtMs: nowMs + LOOK_AFTER_MS });
    const oldest = this.#looks.keys().next().value;
    if (this.#looks.size > MAX_ENTRIES && oldest !== undefined) this.#looks.delete(oldest);
  }

  /** Whom to dial now, where a dial is `free`. */
  due(free: boolean, nowMs: number): HealingTarget | undefined {
    for (const [id, look] of this.#looks) {
      if (nowMs < look.dueAtMs) continue;
      if (nowMs - look.sinceMs > GIVE_UP_AFTER_MS) {
        this.#looks.delete(id);
        continue;
      }
      look.dueAtMs = nowMs + (free ? LOOK_AFTER_MS : BUSY_MS);
      if (free) return look.target;
    }
    return undefined;
  }
}
