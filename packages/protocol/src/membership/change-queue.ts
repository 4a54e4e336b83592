/**
 * Changes of a directory that its owner has not collected yet. Owner: Directory; emptied by `take`. An owner that does not
 * collect loses the oldest, and is told how many.
 */
import type { DirectoryChange } from "./types.js";

const MAX_PENDING = 8_192;

export class ChangeQueue {
  #pending: DirectoryChange[] = [];
  #missed = 0;

  get size(): number {
    return this.#pending.length;
  }

  push(change: DirectoryChange): void {
    if (this.#pending.length >= MAX_PENDING) {
      this.#missed += this.#pending.length;
      this.#pending = [];
    }
    this.#pending.push(change);
  }

  take(): readonly DirectoryChange[] {
    if (this.#pending.length === 0) return NONE;
    const taken = this.#pending;
    this.#pending = [];
    if (this.#missed > 0) taken.unshift({ kind: "lagged", missed: this.#missed, atMs: taken[0]!.atMs });
    this.#missed = 0;
    return taken;
  }
}

const NONE: readonly DirectoryChange[] = [];
