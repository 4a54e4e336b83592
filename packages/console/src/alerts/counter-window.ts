/**
 * How much a counter grew within a window. A counter that is smaller than before is another process's: it starts over. Samples closer
 * together than a sixth of the window are left out, so seven at most are held. Owner: FactsCollector, one per node and counter.
 */
export class CounterWindow {
  readonly #windowMs: number;
  #samples: { readonly atMs: number; readonly value: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(atMs: number, value: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && value < last.value) this.#samples = [];
    else if (last !== undefined && atMs - last.atMs < this.#windowMs / 6) return;
    this.#samples.push({ atMs, value });
    // One at or before the window's start stays: growth is reckoned from it.
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - this.#windowMs) this.#samples.shift();
  }

  /** Undefined before there are two samples. */
  grown(): { readonly by: number; readonly overMs: number; readonly atMs: number } | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || first === last) return undefined;
    return { by: last.value - first.value, overMs: last.atMs - first.atMs, atMs: last.atMs };
  }
}
