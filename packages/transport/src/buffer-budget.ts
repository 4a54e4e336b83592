/**
 * How many bytes of unfinished frames one peer makes us hold, all its streams together. A peer that announces many large
 * frames and never completes them runs into `limitBytes`, whatever the number of streams; `whole` does the same for all peers.
 * Owner: a peer's connection (the whole: the transport); readers give back what they took when their stream ends.
 */
export class BufferBudget {
  readonly limitBytes: number;
  #whole: BufferBudget | undefined;
  #usedBytes = 0;

  constructor(limitBytes: number, whole?: BufferBudget) {
    this.limitBytes = limitBytes;
    this.#whole = whole;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Moves the account by `deltaBytes`; false when that is above the limit (it is booked all the same). */
  move(deltaBytes: number): boolean {
    this.#usedBytes += deltaBytes;
    const isWholeWithin = this.#whole?.move(deltaBytes) ?? true;
    return isWholeWithin && this.#usedBytes <= this.limitBytes;
  }

  /** The peer is gone: gives back to the whole what abandoned readers still hold. */
  close(): void {
    this.#whole?.move(-this.#usedBytes);
    this.#whole = undefined;
  }
}
