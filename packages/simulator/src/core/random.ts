/**
 * Seeded randomness: sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, PractRand), 128 bits of state, period at least
 * 2^32, the same sequence on every machine. `fork` gives a stream of its own to each part, so that one more draw in one
 * place does not shift everything that comes after it elsewhere.
 */
const WARM_UP_ROUNDS = 16;

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream = 0) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    this.#c = stream >>> 0;
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.next();
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  readonly next = (): number => {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };

  /** A whole number in [0, below). */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** Draws nothing where the answer is certain: a run without loss is the same whether loss is modelled or not. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.int(values.length)];
    if (value === undefined) throw new RangeError("nothing to pick from");
    return value;
  }

  /** `count` distinct values in random order; all of them where there are fewer. */
  sample<T>(values: readonly T[], count: number): T[] {
    const pool = [...values];
    const taken = Math.min(count, pool.length);
    for (let index = 0; index < taken; index++) {
      const other = index + this.int(pool.length - index);
      const swapped = pool[index]!;
      pool[index] = pool[other]!;
      pool[other] = swapped;
    }
    pool.length = taken;
    return pool;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) bytes[index] = this.int(256);
    return bytes;
  }

  /** An independent stream, drawn from this one. */
  fork(): Random {
    return new Random(this.int(0x1_0000_0000) + this.int(0x10_0000) * 0x1_0000_0000, this.int(0x1_0000_0000));
  }
}

/** A number in [0, 1) that depends on nothing but its arguments: figures of a pair of hosts need no table. */
export function hashedUnit(seed: number, a: number, b: number): number {
  let state = Math.imul(seed ^ 0x9e3779b1, 0x85ebca6b) ^ Math.imul(a + 1, 0xc2b2ae35) ^ Math.imul(b + 1, 0x27d4eb2f);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
  return ((state ^ (state >>> 15)) >>> 0) / 4_294_967_296;
}
