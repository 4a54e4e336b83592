/**
 * Who gossip's neighbours are now, and which of them are of other makes: those carry broadcasts and have no directory.
 *
 * Bound: gossip's active view. Owner: Membership; neighbours leave with NeighborDown.
 */
import type { Directory } from "./directory.js";

export class Neighbors {
  readonly ids = new Set<string>();
  #hearsNobody = true;
  readonly #foreign = new Set<string>();

  get size(): number {
    return this.ids.size;
  }

  add(peer: string, foreign: boolean): void {
    this.ids.add(peer);
    if (foreign) this.#foreign.add(peer);
  }

  delete(peer: string): void {
    this.ids.delete(peer);
    this.#foreign.delete(peer);
  }

  /** Those with a directory. */
  partners(): readonly string[] {
    return [...this.ids].filter((peer) => !this.#foreign.has(peer));
  }

  /** True once, where one of them is not under suspicion after all were, or there was none. */
  reconnected(members: Pick<Directory, "isSuspected">): boolean {
    const heardNobody = this.#hearsNobody;
    this.#hearsNobody = true;
    for (const id of this.ids) {
      if (members.isSuspected(id)) continue;
      this.#hearsNobody = false;
      break;
    }
    return heardNobody && !this.#hearsNobody;
  }

  /** Neighbours, and none of them with a directory. */
  get areAllForeign(): boolean {
    return this.ids.size > 0 && this.#foreign.size === this.ids.size;
  }
}
