/**
 * A set of peer ids with O(1) membership, removal and uniform random choice (Rust's IndexSet with swap-remove).
 * Base of both views. What removes entries is said there.
 */
export class PeerSet implements Iterable<string> {
  readonly #peers: string[] = [];
  readonly #indexes = new Map<string, number>();

  get size(): number {
    return this.#peers.length;
  }

  has(peer: string): boolean {
    return this.#indexes.has(peer);
  }

  /** In insertion order until something is removed. Not a copy: do not change the set while iterating. */
  values(): readonly string[] {
    return this.#peers;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#peers[Symbol.iterator]();
  }

  /** True when it was not in the set. */
  add(peer: string): boolean {
    if (this.#indexes.has(peer)) return false;
    this.#indexes.set(peer, this.#peers.length);
    this.#peers.push(peer);
    return true;
  }

  /** True when it was in the set. The last peer takes its place. */
  delete(peer: string): boolean {
    const index = this.#indexes.get(peer);
    if (index === undefined) return false;
    this.#indexes.delete(peer);
    const last = this.#peers.pop()!;
    if (last !== peer) {
      this.#peers[index] = last;
      this.#indexes.set(last, index);
    }
    return true;
  }

  /** A uniformly random member, or undefined when the set is empty. */
  pick(random: () => number): string | undefined {
    return this.#peers[randomIndex(random, this.#peers.length)];
  }

  /** A uniformly random member among those not `excluded`. */
  pickExcept(random: () => number, excluded: (peer: string) => boolean): string | undefined {
    const candidates = this.#peers.filter((peer) => !excluded(peer));
    return candidates[randomIndex(random, candidates.length)];
  }

  /** At most `count` distinct random members other than `except`, in random order. */
  sample(random: () => number, count: number, except?: string): string[] {
    const pool = this.#peers.filter((peer) => peer !== except);
    const taken = Math.min(count, pool.length);
    for (let index = 0; index < taken; index++) {
      const other = index + randomIndex(random, pool.length - index);
      const swapped = pool[index]!;
      pool[index] = pool[other]!;
      pool[other] = swapped;
    }
    pool.length = taken;
    return pool;
  }
}

/** An integer in [0, length); 0 when length is 0. `random` is in [0, 1). */
export function randomIndex(random: () => number, length: number): number {
  return Math.min(Math.floor(random() * length), Math.max(length - 1, 0));
}
