/**
 * Who has gone lately, for those who look: name, how, since when, by whom accused. Tombstones decide what may come back and keep
 * no names; this keeps the last line of the directory and decides nothing.
 *
 * Owner: Directory. Entries leave when the id comes back, after 24 hours, or as the oldest above the bound.
 */
import type { DirectoryEntry } from "./types.js";

export const MAX_DEPARTURES = 256;
const DAY_MS = 86_400_000;

export interface Departure {
  /** The last line of the directory. */
  readonly entry: DirectoryEntry;
  readonly state: "left" | "dead" | "expired";
  /** Local time of the event. */
  readonly sinceMs: number;
  /** Of the dead: who accused it, the issuer first. */
  readonly by: readonly string[];
}

export class Departures {
  /** In order of departure. */
  readonly #byId = new Map<string, Departure>();

  get size(): number {
    return this.#byId.size;
  }

  add(departure: Departure): void {
    this.#byId.delete(departure.entry.id);
    this.#byId.set(departure.entry.id, departure);
    if (this.#byId.size <= MAX_DEPARTURES) return;
    const oldest = this.#byId.keys().next().value;
    if (oldest !== undefined) this.#byId.delete(oldest);
  }

  returned(id: string): void {
    this.#byId.delete(id);
  }

  expire(nowMs: number): void {
    for (const [id, { sinceMs }] of this.#byId) if (nowMs - sinceMs > DAY_MS) this.#byId.delete(id);
  }

  /** Newest first. */
  list(): Departure[] {
    return [...this.#byId.values()].reverse();
  }
}
