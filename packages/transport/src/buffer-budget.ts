/**
 * How many bytes of unfinished frames one peer makes us hold, all its streams together. A peer that announces many large
 * frames and never completes them runs into `limitBytes`, whatever the number of streams.
 * Owner: a peer's connection; the readers give back what they took when their stream ends.
 */
export class BufferBudget {
  readonly limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Moves the account by `deltaBytes`; false when that is above the limit (it is booked all the same). */
  move(deltaBytes: number): boolean {
    this.#usedBytes += deltaBytes;
    return this.#usedBytes <= this.limitBytes;
  }
}
