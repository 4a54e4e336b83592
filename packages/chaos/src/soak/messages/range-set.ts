/**
 * A set of whole numbers that come nearly in order, as ranges: what was numbered 1 to n takes two numbers of memory, and two more for each
 * gap. Owner: one pair of sender and receiver.
 */
export type Ranges = readonly (readonly [first: number, last: number])[];

export class RangeSet {
  readonly #ranges: [number, number][];

  constructor(ranges: Ranges = []) {
    this.#ranges = ranges.map(([first, last]) => [first, last]);
  }

  /** False where it was there already. */
  add(value: number): boolean {
    let at = this.#ranges.length;
    while (at > 0 && (this.#ranges[at - 1] as [number, number])[0] > value) at -= 1;
    const before = this.#ranges[at - 1];
    if (before !== undefined && value <= before[1]) return false;
    const after = this.#ranges[at];
    const joinsBefore = before !== undefined && before[1] === value - 1;
    const joinsAfter = after !== undefined && after[0] === value + 1;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#ranges.splice(at, 1);
    } else if (joinsBefore) before[1] = value;
    else if (joinsAfter) after[0] = value;
    else this.#ranges.splice(at, 0, [value, value]);
    return true;
  }

  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  ranges(): Ranges {
    return this.#ranges.map(([first, last]) => [first, last] as const);
  }
}

/** What `wanted` has and `held` has not. */
export function missingFrom(wanted: Ranges, held: Ranges): number[] {
  const missing: number[] = [];
  for (const [first, last] of wanted) {
    for (let value = first; value <= last; value++) {
      const range = held.find(([from, to]) => from <= value && value <= to);
      if (range === undefined) missing.push(value);
      else value = range[1];
    }
  }
  return missing;
}

export const countOf = (ranges: Ranges): number => ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
