/**
 * Whether a memory series grows: `leak` when even the lower end of the slope's interval is above the limit, `clean` when the upper end
 * is below it, else `inconclusive`: the run was too short or too noisy to say, and says so. The interval holds all series of a run at 95 %
 * together: each gets its share of the 5 % (Bonferroni), so that a run with forty series does not find two leaks by chance.
 */
import { type Point, slopeInterval } from "./slope.js";

export type LeakVerdict = "leak" | "clean" | "inconclusive";

export interface LeakFinding {
  readonly verdict: LeakVerdict;
  /** MB (1e6 bytes) per hour; null where there are too few points, an end is null where the points do not bound it. */
  readonly slope: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly points: number;
}

/** Design, "Numbers to beat": memory growth in churn. */
export const LEAK_MB_PER_HOUR = 0.5;
/** Until then caches fill and V8 sizes its heap. */
export const SETTLED_FROM_MINUTE = 15;
const CONFIDENCE = 0.95;

/** `parts`: x in minutes since the start of the part's processes, y in bytes. */
export function judgeLeak(parts: readonly (readonly Point[])[], seriesInAll: number): LeakFinding {
  const settled = parts.map((part) =>
    part.filter(({ x }) => x >= SETTLED_FROM_MINUTE).map(({ x, y }) => ({ x: x / 60, y: y / 1e6 })),
  );
  const interval = slopeInterval(settled, 1 - (1 - CONFIDENCE) / Math.max(1, seriesInAll));
  if (interval === undefined) {
    const points = settled.reduce((sum, part) => sum + part.length, 0);
    return { verdict: "inconclusive", slope: null, lower: null, upper: null, points };
  }
  const { slope, lower, upper, points } = interval;
  const verdict = lower > LEAK_MB_PER_HOUR ? "leak" : upper < LEAK_MB_PER_HOUR ? "clean" : "inconclusive";
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return { verdict, slope, lower: finite(lower), upper: finite(upper), points };
}
