/**
 * Eager and lazy peers: to whom a new message is pushed whole, and to whom it is only announced (Plumtree §3.3). The eager
 * links of all nodes form the spanning tree.
 *
 * With `withinNeighbors` the two sets together are the neighbours: only NeighborUp adds a peer, only NeighborDown removes
 * one. Without it (the Rust version) any sender may be inserted and stays until its connection closes (RULES.md, Cures).
 * Owner: Plumtree. A peer is in at most one of the sets.
 */
export class EagerLazy {
  readonly eager = new Set<string>();
  readonly lazy = new Set<string>();
  readonly #withinNeighbors: boolean;

  constructor(withinNeighbors: boolean) {
    this.#withinNeighbors = withinNeighbors;
  }

  /** PT2 */
  neighborUp(peer: string): void {
    this.lazy.delete(peer);
    this.eager.add(peer);
  }

  /** PT2 */
  neighborDown(peer: string): void {
    this.eager.delete(peer);
    this.lazy.delete(peer);
  }

  /** Whether messages of this peer may change the sets. */
  accepts(peer: string): boolean {
    return !this.#withinNeighbors || this.eager.has(peer) || this.lazy.has(peer);
  }

  toEager(peer: string): void {
    if (this.accepts(peer)) this.neighborUp(peer);
  }

  toLazy(peer: string): void {
    if (!this.accepts(peer)) return;
    this.eager.delete(peer);
    this.lazy.add(peer);
  }
}
