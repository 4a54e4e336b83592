/**
 * Contacts: peers through which a topic can be joined again (JR1, JR2).
 *
 * Two kinds share `capacity`: those given by `join` (seeds), and those heard of (directory members, former neighbours). When
 * full the oldest of the second kind goes, then the oldest seed. A peer that says it leaves is dropped from the second
 * kind. Owner: JoinRetry; ends with the topic.
 */
export class Contacts {
  readonly #seeds = new Set<string>();
  readonly #known = new Set<string>();
  readonly #capacity: number;
  #seedTurn = 0;
  #knownTurn = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#seeds.size + this.#known.size;
  }

  addSeed(peer: string): void {
    this.#known.delete(peer);
    this.#seeds.add(peer);
    this.#shrink();
  }

  addKnown(peer: string): void {
    if (this.#seeds.has(peer)) return;
    this.#known.delete(peer);
    if (this.#seeds.size >= this.#capacity) return;
    this.#known.add(peer);
    this.#shrink();
  }

  forgetKnown(peer: string): void {
    this.#known.delete(peer);
  }

  /** The next `count` in turn, a seed first where there is one. */
  next(count: number): string[] {
    const seeds = rotate([...this.#seeds], this.#seedTurn);
    const known = rotate([...this.#known], this.#knownTurn);
    const seedCount = Math.min(seeds.length, Math.max(1, count - known.length));
    const knownCount = Math.min(known.length, count - seedCount);
    this.#seedTurn += seedCount;
    this.#knownTurn += knownCount;
    return [...seeds.slice(0, seedCount), ...known.slice(0, knownCount)];
  }

  #shrink(): void {
    while (this.size > this.#capacity) {
      const from = this.#known.size > 0 ? this.#known : this.#seeds;
      for (const oldest of from) {
        from.delete(oldest);
        break;
      }
    }
  }
}

function rotate(peers: string[], turn: number): string[] {
  const start = peers.length === 0 ? 0 : turn % peers.length;
  return [...peers.slice(start), ...peers.slice(0, start)];
}
