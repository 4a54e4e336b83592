/**
 * Whether memory grows: the slope of a process's per-minute minima from minute 15, by Theil and Sen (the median of all pairwise slopes: a
 * third of the points may be nonsense), with an interval by Sen 1968 §4, corrected for the number of series by Bonferroni. One that could
 * be either is called inconclusive, and longer runs decide it.
 */
export const WARM_UP_MINUTES = 15;
/** Megabytes (10^6 bytes) an hour. */
export const LEAK_MB_PER_HOUR = 0.5;
/** Below this an interval says nothing: with 8 points 28 slopes. */
const MIN_POINTS = 8;
/** Pairwise slopes are squared: of a longer series every so many points are taken. */
const MAX_POINTS = 500;

export interface Point {
  readonly atMs: number;
  readonly bytes: number;
}

export type LeakVerdict = "leak" | "clean" | "inconclusive";

export interface LeakReport {
  readonly series: string;
  readonly verdict: LeakVerdict;
  readonly minutes: number;
  /** Megabytes an hour; null where there are too few points. */
  readonly slope: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export function leaksOf(series: ReadonlyMap<string, readonly Point[]>): LeakReport[] {
  const share = 0.05 / Math.max(1, series.size);
  return [...series].map(([name, points]) => judgeSeries(name, minuteMinima(points), share));
}

/** The smallest of each minute: what garbage collection leaves. */
export function minuteMinima(points: readonly Point[]): Point[] {
  const minima = new Map<number, number>();
  for (const { atMs, bytes } of points) {
    const minute = Math.floor(atMs / 60_000);
    if (minute >= WARM_UP_MINUTES) minima.set(minute, Math.min(bytes, minima.get(minute) ?? Number.POSITIVE_INFINITY));
  }
  return [...minima].sort(([a], [b]) => a - b).map(([minute, bytes]) => ({ atMs: minute * 60_000, bytes }));
}

function judgeSeries(series: string, minima: readonly Point[], share: number): LeakReport {
  const step = Math.ceil(minima.length / MAX_POINTS);
  const points = minima.filter((_, index) => index % Math.max(1, step) === 0);
  const minutes = minima.length;
  if (points.length < MIN_POINTS)
    return { series, verdict: "inconclusive", minutes, slope: null, low: null, high: null };
  const { slope, low, high } = theilSen(points, share);
  const verdict = low > LEAK_MB_PER_HOUR ? "leak" : high < LEAK_MB_PER_HOUR ? "clean" : "inconclusive";
  return { series, verdict, minutes, slope, low, high };
}

/** In megabytes an hour; `share` is the chance, both sides together, that the interval misses the slope. */
export function theilSen(points: readonly Point[], share: number): { slope: number; low: number; high: number } {
  const slopes: number[] = [];
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) slopes.push(((b.bytes - a.bytes) / 1e6 / (b.atMs - a.atMs)) * 3_600_000);
  }
  slopes.sort((a, b) => a - b);
  const n = points.length;
  const spread = normalQuantile(1 - share / 2) * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number) => slopes[Math.min(slopes.length - 1, Math.max(0, rank))] as number;
  const middle = slopes.length / 2;
  return {
    slope: (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2,
    low: at(Math.floor((slopes.length - spread) / 2) - 1),
    high: at(Math.ceil((slopes.length + spread) / 2)),
  };
}

/** Inverse of the normal distribution, by bisection of its tail (Abramowitz and Stegun 7.1.26, error below 2e-7). */
export function normalQuantile(probability: number): number {
  let low = 0;
  let high = 8;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (normal(middle) < probability) low = middle;
    else high = middle;
  }
  return low;
}

function normal(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return 1 - (series * Math.exp(-x * x)) / 2;
}
