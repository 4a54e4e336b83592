/** A clock that stands still until it is moved. Timers fire in the order of their times, microtasks run between them. */
import type { Clock, TimerHandle } from "../clock.js";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Lets everything that is ready run: microtasks, and the one deferred write of a new stream. */
export function settle(rounds = 3): Promise<void> {
  return new Promise((resolve) => {
    const step = (left: number) => {
      if (left === 0) resolve();
      else setImmediate(() => step(left - 1));
    };
    step(rounds);
  });
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  setTimer(callback: () => void, afterMs: number): TimerHandle {
    this.#order += 1;
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, afterMs), order: this.#order, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(handle: TimerHandle): void {
    this.#timers.delete(handle as Timer);
  }

  /** Moves time on by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = this.#next(untilMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settle(1);
    }
    this.#nowMs = untilMs;
    await settle();
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue;
      const earlier = next === undefined || timer.atMs < next.atMs;
      if (earlier || (timer.atMs === next?.atMs && timer.order < (next?.order ?? 0))) next = timer;
    }
    return next;
  }
}
