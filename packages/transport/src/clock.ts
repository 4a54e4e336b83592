/**
 * Time as the transport sees it: a monotonic reading and one-shot timers. Handed in, so that tests and the simulator run on
 * a clock of their own. Nothing else in this package reads a clock or arms a timer.
 */
export type TimerHandle = unknown;

export interface Clock {
  /** Monotonic milliseconds; `performance.now()` on the system clock. */
  now(): number;
  setTimer(callback: () => void, afterMs: number): TimerHandle;
  clearTimer(handle: TimerHandle): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, afterMs) => setTimeout(callback, afterMs),
  clearTimer: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/**
 * `work`, or a rejection with `onTimeout()` after `afterMs`. The work itself goes on: its late result goes to `onLate`,
 * its late failure nowhere. The timer is cleared as soon as the work settles.
 */
export function withTimeout<T>(
  clock: Clock,
  work: Promise<T>,
  afterMs: number,
  onTimeout: () => Error,
  onLate?: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let late = false;
    const expire = () => {
      late = true;
      reject(onTimeout());
    };
    const timer = afterMs > 0 ? clock.setTimer(expire, afterMs) : expire();
    work.then(
      (value) => {
        if (late) {
          onLate?.(value);
          return;
        }
        clock.clearTimer(timer);
        resolve(value);
      },
      (error: unknown) => {
        if (late) return;
        clock.clearTimer(timer);
        reject(error);
      },
    );
  });
}
