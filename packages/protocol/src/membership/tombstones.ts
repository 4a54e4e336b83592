/**
 * Tombstones: what is known of ids that are gone, so that a late or replayed record does not bring them back.
 *
 * `left`: the node said so itself; only a higher generation (a restart) overrides it, and its signed leave is kept as the answer
 * to whoever still shows the old record. `dead`: others said so; a higher sequence overrides it. `expired`: this node heard no
 * refresh; a higher sequence overrides it, and it is never told to others, whose staleness may be another.
 *
 * Owner: Directory. Entries leave when overridden, after `ttlMs`, or above the bound: `expired` first, then the oldest `left`.
 */
import { compareVersions, type RecordVersion } from "./version-order.js";

export type TombstoneState = "left" | "dead" | "expired";

export interface Tombstone extends RecordVersion {
  readonly id: string;
  readonly state: TombstoneState;
  /** Local time of the event, minus the age it carried. */
  readonly atMs: number;
  /** The signed leave as it was broadcast; present for `left`. */
  readonly leave?: Uint8Array;
  /** The obituary as it was broadcast; present for `dead`. */
  readonly obituary?: Uint8Array;
  /** Of the dead: who accused it, the issuer first. */
  readonly by?: readonly string[];
}

const DAY_MS = 86_400_000;
const MIN_BOUND = 4_096;
const BOUND_PER_LIVE = 4;

/** max(24 h, twice the longest staleness): longer than any partition that is promised to heal. */
export function tombstoneTtlMs(longestStalenessMs: number): number {
  return Math.max(DAY_MS, 2 * longestStalenessMs);
}

/** True where a record of this version may not come (back) to life. */
export function buries(tombstone: Tombstone, record: RecordVersion): boolean {
  if (tombstone.state === "left") return record.generation <= tombstone.generation;
  return compareVersions(record, tombstone) <= 0;
}

/** What to answer with to whoever still shows a buried record: the signed leave, or the obituary. An expiry stays our own affair. */
export function tombstoneAnswer(tombstone: Tombstone): Uint8Array | undefined {
  return tombstone.leave ?? tombstone.obituary;
}

export class Tombstones {
  /** One map per state, each in the order of burial. An id is in one of them at most. */
  readonly #expired = new Map<string, Tombstone>();
  readonly #left = new Map<string, Tombstone>();
  readonly #dead = new Map<string, Tombstone>();

  get size(): number {
    return this.#expired.size + this.#left.size + this.#dead.size;
  }

  get(id: string): Tombstone | undefined {
    return this.#left.get(id) ?? this.#dead.get(id) ?? this.#expired.get(id);
  }

  /** Replaces what was known of the id; the caller has compared. */
  bury(tombstone: Tombstone, liveMembers: number): void {
    this.delete(tombstone.id);
    this.#mapOf(tombstone.state).set(tombstone.id, tombstone);
    const bound = Math.max(MIN_BOUND, BOUND_PER_LIVE * liveMembers);
    while (this.size > bound) this.#dropOldest();
  }

  delete(id: string): void {
    if (!this.#left.delete(id) && !this.#dead.delete(id)) this.#expired.delete(id);
  }

  /** Ids of those held for dead, in the order of burial. */
  deadIds(): IterableIterator<string> {
    return this.#dead.keys();
  }

  /** Forgets what is older than `ttlMs`; returns how many. Burials are in order of time but for carried ages. */
  expire(nowMs: number, ttlMs: number): number {
    let removed = 0;
    for (const map of [this.#expired, this.#left, this.#dead]) {
      for (const [id, tombstone] of map) {
        if (nowMs - tombstone.atMs <= ttlMs) break;
        map.delete(id);
        removed++;
      }
    }
    return removed;
  }

  #mapOf(state: TombstoneState): Map<string, Tombstone> {
    if (state === "left") return this.#left;
    return state === "dead" ? this.#dead : this.#expired;
  }

  #dropOldest(): void {
    for (const map of [this.#expired, this.#left, this.#dead]) {
      const oldest = map.keys().next().value;
      if (oldest !== undefined) {
        map.delete(oldest);
        return;
      }
    }
  }
}
