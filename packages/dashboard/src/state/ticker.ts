/** The page's clock: monotonic milliseconds, told to subscribers once a second so that ages grow between messages. */
const TICK_MS = 1_000;

export class Ticker {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #nowMs = performance.now();

  readonly now = (): number => this.#nowMs;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#nowMs = performance.now();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  #tick(): void {
    this.#nowMs = performance.now();
    for (const listener of this.#listeners) listener();
  }
}

export const ticker = new Ticker();
