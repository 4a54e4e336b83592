/**
 * The passive view: peers of one topic that could become neighbours; no connection is held to them (HyParView §4.1).
 *
 * Nobody checks whether they live: an entry leaves when it becomes a neighbour, when a request to it fails or times out (HP13,
 * HP15), or at random for a newer one. Owner: HyParView. Never above `capacity`, disjoint from the active view, never the own id.
 */
import { PeerSet } from "./peer-set.js";

export class PassiveView extends PeerSet {
  readonly capacity: number;

  constructor(capacity: number) {
    super();
    this.capacity = capacity;
  }

  /** HP16: adds a peer that is not a member; when full a random member goes, which is returned. */
  insert(peer: string, random: () => number): string | undefined {
    if (this.has(peer)) return undefined;
    let evicted: string | undefined;
    if (this.size >= this.capacity) {
      evicted = this.pick(random)!;
      this.delete(evicted);
    }
    this.add(peer);
    return evicted;
  }
}
