/** The two clocks of the console: ages and time-outs by the monotonic one, display by the wall clock. Handed in, so tests can hold them. */
export interface ConsoleClock {
  /** Monotonic milliseconds; the same base as the node's `DirectoryEntry.receivedAtMs`. */
  nowMs(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
}

export const systemClock: ConsoleClock = { nowMs: () => performance.now(), wallMs: () => Date.now() };
