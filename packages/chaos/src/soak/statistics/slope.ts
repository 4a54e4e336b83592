/**
 * The slope of a series that has noise, steps and outliers, with an interval that holds it.
 *
 * Theil-Sen: the median of the slopes of all pairs of points. The interval is by ranks (Sen, "Estimates of the Regression Coefficient
 * Based on Kendall's Tau", JASA 1968, §4): the pairs' slopes at the ranks (N ± z·σ)/2, σ² being the variance of Kendall's S. Points of
 * one process are not independent of each other (a heap that grew a page keeps it), which would make that interval too narrow: σ² is
 * raised by the autocorrelation of the residuals' ranks (Hamed & Rao, J. Hydrology 1998, eq. 16), and never lowered.
 *
 * A series may come in parts (a soak that was continued has new processes): pairs are taken within each part, and the variances added, as
 * in the seasonal Kendall test (Hirsch & Slack 1984).
 */
import { normalQuantile } from "./normal.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface SlopeInterval {
  readonly slope: number;
  readonly lower: number;
  readonly upper: number;
  readonly points: number;
}

/** Fewer points say nothing that an interval could hold. */
export const MIN_POINTS = 8;

/** `confidence` within (0, 1), e.g. 0.95. Undefined where no part has enough points. */
export function slopeInterval(parts: readonly (readonly Point[])[], confidence: number): SlopeInterval | undefined {
  const usable = parts.filter((part) => part.length >= MIN_POINTS);
  const slopes = Float64Array.from(usable.flatMap(pairSlopes)).sort();
  if (slopes.length === 0) return undefined;
  const slope = quantileOf(slopes, 0.5);
  const variance = usable.reduce((sum, part) => sum + kendallVariance(part.length) * correction(part, slope), 0);
  const half = (normalQuantile(0.5 + confidence / 2) * Math.sqrt(variance)) / 2;
  const lowerRank = Math.floor(slopes.length / 2 - half);
  const upperRank = Math.ceil(slopes.length / 2 + half) - 1;
  return {
    slope,
    lower: lowerRank < 0 ? Number.NEGATIVE_INFINITY : (slopes[lowerRank] as number),
    upper: upperRank >= slopes.length ? Number.POSITIVE_INFINITY : (slopes[upperRank] as number),
    points: usable.reduce((sum, part) => sum + part.length, 0),
  };
}

function pairSlopes(points: readonly Point[]): number[] {
  const slopes: number[] = [];
  for (let later = 1; later < points.length; later++) {
    const b = points[later] as Point;
    for (let earlier = 0; earlier < later; earlier++) {
      const a = points[earlier] as Point;
      if (b.x !== a.x) slopes.push((b.y - a.y) / (b.x - a.x));
    }
  }
  return slopes;
}

const kendallVariance = (n: number) => (n * (n - 1) * (2 * n + 5)) / 18;

/** By how much the points' dependence widens the variance; at least 1. Only lags that are significant at 5 % count. */
function correction(points: readonly Point[], slope: number): number {
  const n = points.length;
  const ranks = ranksOf(points.map(({ x, y }) => y - slope * x));
  const mean = (n + 1) / 2;
  const spread = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
  if (spread === 0) return 1;
  let sum = 0;
  for (let lag = 1; lag < n - 3; lag++) {
    let product = 0;
    for (let index = lag; index < n; index++)
      product += ((ranks[index] as number) - mean) * ((ranks[index - lag] as number) - mean);
    const correlation = product / spread;
    // The first lag that is not significant ends it: what comes later is chance.
    if (correlation < 1.96 / Math.sqrt(n)) break;
    sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation;
  }
  return 1 + (2 / (n * (n - 1) * (n - 2))) * sum;
}

/** Ranks from 1, ties at their mean. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Array<number>(values.length).fill(0);
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1] as number] === values[order[first] as number]) last += 1;
    for (let index = first; index <= last; index++) ranks[order[index] as number] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return ranks;
}

/** Of ascending values, interpolated. */
export function quantileOf(sorted: ArrayLike<number>, quantile: number): number {
  const place = (sorted.length - 1) * quantile;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
