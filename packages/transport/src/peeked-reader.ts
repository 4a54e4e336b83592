import type { FramedReader } from "./types.js";

/** A reader whose first frame was read already. */
export class PeekedReader implements FramedReader {
  #first: Uint8Array | undefined;
  readonly #rest: FramedReader;

  constructor(first: Uint8Array, rest: FramedReader) {
    this.#first = first;
    this.#rest = rest;
  }

  next(): Promise<Uint8Array | null> {
    const first = this.#first;
    if (first === undefined) return this.#rest.next();
    this.#first = undefined;
    return Promise.resolve(first);
  }

  stop(code: number): void {
    this.#first = undefined;
    this.#rest.stop(code);
  }
}
