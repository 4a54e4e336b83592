/**
 * The least value of each minute: what a process holds on to, without what it was just doing. Owner: one series of a soak; one number a
 * minute for as long as the soak runs, at most `MAX_MINUTES`.
 */
const MAX_MINUTES = 10_080;

export class MinuteMinima {
  readonly #values: (number | null)[];

  constructor(values: readonly (number | null)[] = []) {
    this.#values = [...values];
  }

  /** Minutes without a sample stay null. */
  add(minute: number, value: number): void {
    if (minute < 0 || minute >= MAX_MINUTES || !Number.isFinite(value)) return;
    while (this.#values.length <= minute) this.#values.push(null);
    const known = this.#values[minute];
    if (known === null || known === undefined || value < known) this.#values[minute] = value;
  }

  values(): readonly (number | null)[] {
    return this.#values;
  }
}
