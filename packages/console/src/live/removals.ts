/**
 * Keys of rows that went away, so that a delta can name them. Bounded: a reader from before the oldest one kept gets a new
 * snapshot instead (`horizon`).
 */
import type { VersionClock } from "../version-clock.js";

const MAX_REMOVALS = 1_024;

export class Removals {
  readonly #versions: VersionClock;
  #rows: { key: string; version: number }[] = [];
  /** Deltas are complete for readers at or above this version. */
  horizon = 0;

  constructor(versions: VersionClock) {
    this.#versions = versions;
  }

  get size(): number {
    return this.#rows.length;
  }

  add(key: string): void {
    this.#rows.push({ key, version: this.#versions.next() });
    if (this.#rows.length > MAX_REMOVALS) {
      const dropped = this.#rows.length - MAX_REMOVALS / 2;
      this.horizon = this.#rows[dropped - 1]!.version;
      this.#rows = this.#rows.slice(dropped);
    }
  }

  /** A key that came back since is the caller's to leave out. */
  since(version: number): string[] {
    const keys = new Set<string>();
    for (let i = this.#rows.length - 1; i >= 0 && this.#rows[i]!.version > version; i -= 1)
      keys.add(this.#rows[i]!.key);
    return [...keys];
  }
}
