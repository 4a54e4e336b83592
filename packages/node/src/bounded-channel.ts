/**
 * An async iterator over pushed values with a bound. A reader that is too slow loses the oldest values and is told how many.
 * Owner: whoever made it (a loop over `changes()`, a stats watch); it ends with `end()`, or when the reader leaves its loop.
 */
export class BoundedChannel<T> implements AsyncIterableIterator<T> {
  readonly #max: number;
  readonly #lagged: ((missed: number) => T) | undefined;
  readonly #onEnd: () => void;
  #queue: T[] = [];
  #missed = 0;
  #waiting: ((result: IteratorResult<T>) => void) | undefined;
  #ended = false;

  constructor(options: { max: number; lagged?: (missed: number) => T; onEnd?: () => void }) {
    this.#max = options.max;
    this.#lagged = options.lagged;
    this.#onEnd = options.onEnd ?? (() => {});
  }

  get size(): number {
    return this.#queue.length;
  }

  push(value: T): void {
    if (this.#ended) return;
    if (this.#waiting !== undefined) {
      const resolve = this.#waiting;
      this.#waiting = undefined;
      resolve({ value, done: false });
      return;
    }
    if (this.#queue.length >= this.#max) {
      this.#queue.shift();
      this.#missed++;
    }
    this.#queue.push(value);
  }

  /** What is queued can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting?.({ value: undefined, done: true });
    this.#waiting = undefined;
    this.#onEnd();
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#missed > 0 && this.#lagged !== undefined) {
      const missed = this.#missed;
      this.#missed = 0;
      return { value: this.#lagged(missed), done: false };
    }
    const value = this.#queue.shift();
    if (value !== undefined) return { value, done: false };
    if (this.#ended) return { value: undefined, done: true };
    if (this.#waiting !== undefined) throw new Error("one reader at a time");
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  async return(): Promise<IteratorResult<T>> {
    this.#queue = [];
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
