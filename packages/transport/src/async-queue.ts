/**
 * A bounded hand-over between one producer and one consumer: what arrives before it is asked for waits, up to `limit`.
 * Ended by `end()`: waiting items are still handed out, then every `next()` answers `null`. Never spins, never throws.
 */
export class AsyncQueue<T> {
  readonly #items: T[] = [];
  readonly #waiters: ((item: T | null) => void)[] = [];
  readonly #limit: number;
  #ended = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length;
  }

  /** False where the queue is full or ended; the item is then the caller's to dispose of. */
  push(item: T): boolean {
    if (this.#ended) return false;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter(item);
      return true;
    }
    if (this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    return true;
  }

  next(): Promise<T | null> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Returns what was still waiting when `discard` is set. */
  end(discard = false): T[] {
    this.#ended = true;
    for (const waiter of this.#waiters.splice(0)) waiter(null);
    return discard ? this.#items.splice(0) : [];
  }
}
