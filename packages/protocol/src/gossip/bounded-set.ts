/**
 * A set of ids that drops its oldest entry when it is full. For marks whose removal depends on what peers do: a peer that
 * never does it costs a slot, not memory. Removed by `delete` or by `capacity` newer entries.
 */
export class BoundedSet implements Iterable<string> {
  readonly #entries = new Set<string>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  add(id: string): void {
    if (this.#entries.has(id)) return;
    if (this.#entries.size >= this.#capacity) {
      for (const oldest of this.#entries) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.add(id);
  }

  delete(id: string): boolean {
    return this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#entries[Symbol.iterator]();
  }
}
