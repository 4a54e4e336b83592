/**
 * Things under way, each under a number of its own until its end is reported. Above `capacity` the oldest is forgotten, so that
 * a driver which never reports costs a bounded amount. Owner: Membership.
 */
export class Pending<T> {
  readonly #capacity: number;
  readonly #items = new Map<number, T>();
  #next = 1;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.size;
  }

  add(item: T): number {
    const number = this.#next++;
    this.#items.set(number, item);
    if (this.#items.size > this.#capacity) {
      const oldest = this.#items.keys().next().value;
      if (oldest !== undefined) this.#items.delete(oldest);
    }
    return number;
  }

  take(number: number): T | undefined {
    const item = this.#items.get(number);
    this.#items.delete(number);
    return item;
  }
}
