/**
 * Seeds of the nodes that are ready, by mesh: what the next node is started with. Owner: the supervisor; an entry comes with
 * ready and goes when its node is frozen, exits or is removed. At most one per node and one for the console.
 */
export class SeedBook {
  readonly #bySlot = new Map<string, { readonly mesh: string; readonly seed: string }>();

  add(slot: string, mesh: string, seed: string): void {
    this.#bySlot.set(slot, { mesh, seed });
  }

  remove(slot: string): void {
    this.#bySlot.delete(slot);
  }

  has(mesh: string): boolean {
    for (const entry of this.#bySlot.values()) if (entry.mesh === mesh) return true;
    return false;
  }

  /** A random sample, so that no node carries every newcomer. `except` is the asking node's own slot. */
  pick(mesh: string, count: number, except?: string): string[] {
    const seeds: string[] = [];
    for (const [slot, entry] of this.#bySlot) if (entry.mesh === mesh && slot !== except) seeds.push(entry.seed);
    for (let last = seeds.length - 1; last > 0; last--) {
      const other = Math.floor(Math.random() * (last + 1));
      [seeds[last], seeds[other]] = [seeds[other]!, seeds[last]!];
    }
    return seeds.slice(0, count);
  }

  get size(): number {
    return this.#bySlot.size;
  }
}
