/** Times in steps of 10 ms, so that hundreds of thousands of them travel from a worker as a few hundred pairs. */
const STEP_MS = 10;

export class Histogram {
  readonly #counts = new Map<number, number>();
  /** What never came. */
  missing = 0;
  count = 0;

  static of(...parts: readonly HistogramData[]): Histogram {
    const all = new Histogram();
    for (const { steps, missing } of parts) {
      for (const [step, count] of steps) all.#add(step, count);
      all.missing += missing;
    }
    return all;
  }

  add(ms: number): void {
    this.#add(Math.ceil(ms / STEP_MS), 1);
  }

  /** The time within which this share of all was done, what is missing counted as never. */
  quantileMs(share: number): number {
    let left = Math.ceil(share * (this.count + this.missing));
    if (left > this.count) return Number.POSITIVE_INFINITY;
    for (const [step, count] of this.#sorted()) {
      left -= count;
      if (left <= 0) return step * STEP_MS;
    }
    return 0;
  }

  data(): HistogramData {
    return { steps: this.#sorted(), missing: this.missing };
  }

  #add(step: number, count: number): void {
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + count);
    this.count += count;
  }

  #sorted(): (readonly [number, number])[] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }
}

export interface HistogramData {
  readonly steps: readonly (readonly [number, number])[];
  readonly missing: number;
}
