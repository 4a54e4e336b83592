/**
 * Finds queues that stand still. Whoever hands a write to the link is noted; a look every fifth of the limit finds those whose
 * write has not come back for the whole limit. No timer runs while nothing is under way, and a write costs one set insertion.
 * Owner: the transport; an entry leaves when it is seen idle, at the next look.
 */
import type { Clock, TimerHandle } from "./clock.js";

export interface Stallable {
  /** When what is under way began; `undefined` while nothing is. */
  readonly busySinceMs: number | undefined;
  onStalled(): void;
}

export class StallWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #busy = new Set<Stallable>();
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  get size(): number {
    return this.#busy.size;
  }

  note(item: Stallable): void {
    this.#busy.add(item);
    if (this.#timer === undefined) this.#arm();
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      const now = this.#clock.now();
      for (const item of [...this.#busy]) {
        const since = item.busySinceMs;
        if (since === undefined) this.#busy.delete(item);
        else if (now - since >= this.#limitMs) {
          this.#busy.delete(item);
          item.onStalled();
        }
      }
      if (this.#busy.size > 0) this.#arm();
    }, this.#limitMs / 5);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#busy.clear();
  }
}
