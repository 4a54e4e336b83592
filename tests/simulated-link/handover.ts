/** What waits between the simulated network and the code that uses a link. Owner: a connection or an endpoint; ended with it. */

/** Items in order of arrival, up to `limit`; what comes above it is refused. */
export class Handover<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T | null) => void)[] = [];
  readonly #limit: number;
  #ended = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(item: T): boolean {
    if (this.#ended) return false;
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(item);
    else if (this.#items.length < this.#limit) this.#items.push(item);
    else return false;
    return true;
  }

  next(): Promise<T | null> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** What still waits is dropped; every `next()` answers null from now on. */
  end(): void {
    this.#ended = true;
    this.#items.length = 0;
    for (const taker of this.#takers.splice(0)) taker(null);
  }
}

/** Streams that may be open at once; an open beyond the limit waits, as QUIC's does. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resume) => this.#waiting.push(resume));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  releaseAll(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
