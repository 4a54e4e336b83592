/** Waits between attempts to reach the console: doubling from 0.25 s to 5 s, each ± 20 % so that many open pages do not return at once. */
const FIRST_MS = 250;
const MAX_MS = 5_000;
const JITTER = 0.2;

/** `attempt` counts from 0; `random` is in [0, 1). */
export function backOffMs(attempt: number, random: number): number {
  const base = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(base * (1 - JITTER + 2 * JITTER * random));
}
