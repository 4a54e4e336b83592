/**
 * How a size went since it was first seen. Pure. At most `MAX_SAMPLES` are kept: when they are full every second one goes and the
 * spacing doubles, so that they cover the whole time, however long.
 */
const MAX_SAMPLES = 32;
const FIRST_SPACING_MS = 1_000;

/** A minute of growth with hardly a fall in it, by half as much again and ten at least. */
const LEAK = { spanMs: 60_000, factor: 1.5, by: 10, rising: 0.6, fallen: 0.1 } as const;

/** `leak`: it only grows, and much. `grows`: it is larger than it was. */
export type Course = "leak" | "grows" | "shrinks" | "steady";

interface Sample {
  readonly atMs: number;
  readonly value: number;
}

export class Trend {
  #samples: Sample[];
  #spacingMs = FIRST_SPACING_MS;
  #last: Sample;
  /** Sum of all falls, those between the samples too. */
  #fallen = 0;
  readonly first: Sample;

  constructor(atMs: number, value: number) {
    this.first = { atMs, value };
    this.#last = this.first;
    this.#samples = [this.first];
  }

  get value(): number {
    return this.#last.value;
  }

  /** Since it was first seen. */
  get change(): number {
    return this.#last.value - this.first.value;
  }

  /** Oldest first, the newest always among them. */
  get samples(): readonly Sample[] {
    return this.#samples.at(-1) === this.#last ? this.#samples : [...this.#samples, this.#last];
  }

  add(atMs: number, value: number): void {
    this.#fallen += Math.max(0, this.#last.value - value);
    this.#last = { atMs, value };
    if (atMs - this.#samples.at(-1)!.atMs < this.#spacingMs) return;
    this.#samples.push(this.#last);
    if (this.#samples.length <= MAX_SAMPLES) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    this.#spacingMs *= 2;
  }

  course(): Course {
    const { change, samples } = this;
    if (change === 0) return "steady";
    if (change < 0) return "shrinks";
    const steps = samples.slice(1).map(({ value }, index) => value - samples[index]!.value);
    const spanMs = this.#last.atMs - this.first.atMs;
    const rising = steps.filter((step) => step > 0).length / Math.max(1, steps.length);
    const much = change >= LEAK.by && this.#last.value >= this.first.value * LEAK.factor;
    return much && this.#fallen <= change * LEAK.fallen && rising >= LEAK.rising && spanMs >= LEAK.spanMs
      ? "leak"
      : "grows";
  }
}
