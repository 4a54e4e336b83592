/**
 * Whether a memory series grows: `leak` when even the lower end of the slope's interval is above the limit, `clean` when the upper end
 * is below it, else `inconclusive`: the run was too short or too noisy to say, and says so. The interval holds all series of a run at 95 %
 * together: each gets its share of the 5 % (Bonferroni), so that a run with forty series does not find two leaks by chance.
 *
 * One step is no leak (an arena was added, code was compiled), but it tilts any line. So a leak must also show where a part is cut in two at
 * any minute and pairs are taken on either side alone; where one cut explains the growth it is `inconclusive`, and `oneStep` says so.
 */
import { MIN_POINTS, type Point, type SlopeInterval, slopeInterval } from "./slope.js";

export type LeakVerdict = "leak" | "clean" | "inconclusive";

export interface LeakFinding {
  readonly verdict: LeakVerdict;
  /** MB (1e6 bytes) per hour; null where there are too few points, an end is null where the points do not bound it. */
  readonly slope: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly points: number;
  /** The growth could be a single step. */
  readonly oneStep: boolean;
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
  const confidence = 1 - (1 - CONFIDENCE) / Math.max(1, seriesInAll);
  const interval = slopeInterval(settled, confidence);
  if (interval === undefined) {
    const points = settled.reduce((sum, part) => sum + part.length, 0);
    return { verdict: "inconclusive", slope: null, lower: null, upper: null, points, oneStep: false };
  }
  const { slope, lower, upper, points } = interval;
  const oneStep = lower > LEAK_MB_PER_HOUR && isOneStep(settled, confidence);
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return { verdict: verdictOf(interval, oneStep), slope, lower: finite(lower), upper: finite(upper), points, oneStep };
}

function verdictOf({ lower, upper }: SlopeInterval, oneStep: boolean): LeakVerdict {
  if (lower > LEAK_MB_PER_HOUR && !oneStep) return "leak";
  return upper < LEAK_MB_PER_HOUR ? "clean" : "inconclusive";
}

function isOneStep(parts: readonly (readonly Point[])[], confidence: number): boolean {
  return parts.some((part, index) => {
    const others = parts.filter((_, other) => other !== index);
    for (let cut = MIN_POINTS; cut <= part.length - MIN_POINTS; cut++) {
      const interval = slopeInterval([...others, part.slice(0, cut), part.slice(cut)], confidence);
      if (interval !== undefined && interval.lower <= LEAK_MB_PER_HOUR) return true;
    }
    return false;
  });
}
