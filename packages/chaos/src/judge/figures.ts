/** Waiting times as they are reported: by rank, no interpolation (the largest is the p99 of fewer than a hundred). */
export interface Waits {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function waitsOf(times: readonly number[]): Waits | undefined {
  if (times.length === 0) return undefined;
  const sorted = [...times].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] as number;
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}

/** mulberry32: a run's choices from its seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
