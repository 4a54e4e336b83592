import * as fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../random.js";
import { judgeLeak, LEAK_MB_PER_HOUR } from "./leak-verdict.js";
import { MinuteMinima } from "./minute-minima.js";
import { normalQuantile } from "./normal.js";
import { type Point, quantileOf, slopeInterval } from "./slope.js";

const SERIES = 33;

/** Minutes 0 to `minutes`, from 30 MB on: a slope, noise, and whatever else `further` adds, in MB. */
function series(seed: number, minutes: number, mbPerHour: number, noiseMb: number, further = (_minute: number) => 0) {
  const random = seededRandom(seed, "series");
  const noise = () => noiseMb * (random() + random() + random() - 1.5);
  return Array.from({ length: minutes }, (_, x): Point => {
    return { x, y: 1e6 * (30 + (mbPerHour * x) / 60 + noise() + further(x)) };
  });
}

test.each([
  [0.5, 0],
  [0.975, 1.959964],
  [0.995, 2.575829],
  [0.9999, 3.719016],
  [0.01, -2.326348],
])("the normal quantile of %d is %d", (probability, expected) => {
  expect(normalQuantile(probability)).toBeCloseTo(expected, 5);
});

test("the least of each minute is kept, gaps stay gaps", () => {
  const minima = new MinuteMinima([5]);
  minima.add(0, 7);
  minima.add(2, 9);
  minima.add(2, 8);
  minima.add(2, Number.NaN);
  expect(minima.values()).toEqual([5, null, 8]);
});

test("a line is its own interval", () => {
  const points = Array.from({ length: 20 }, (_, x) => ({ x, y: 3 * x }));
  expect(slopeInterval([points], 0.95)).toEqual({ slope: 3, lower: 3, upper: 3, points: 20 });
});

test("Sen's own interval: the ranks of the pairs' slopes", () => {
  // n = 10 and independent residuals: σ² = 125, z·σ = 21.9, so of 45 slopes the 11.5th and the 33.5th from below.
  const y = [1, 3, 2, 5, 4, 6, 5, 8, 7, 9];
  const points = y.map((value, x) => ({ x, y: value }));
  const slopes = points.flatMap((b) => points.filter((a) => a.x < b.x).map((a) => (b.y - a.y) / (b.x - a.x)));
  slopes.sort((a, b) => a - b);
  expect(slopeInterval([points], 0.95)).toMatchObject({ lower: slopes[11], upper: slopes[33] });
});

test("what is planted is within the interval, as often as it says", () => {
  let held = 0;
  for (let seed = 0; seed < 200; seed++) {
    const interval = slopeInterval([series(seed, 45, 2, 1)], 0.95);
    if (interval !== undefined && interval.lower <= 2e6 / 60 && 2e6 / 60 <= interval.upper) held += 1;
  }
  // 190 expected; 177 is 4 standard deviations below.
  expect(held).toBeGreaterThanOrEqual(177);
});

test("a slope of 4 MB/h in noise is a leak within the hour", () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0.01, max: 0.6, noNaN: true }), (seed, noiseMb) => {
      expect(judgeLeak([series(seed, 60, 4, noiseMb)], SERIES)).toMatchObject({ verdict: "leak" });
    }),
    { seed: 42 },
  );
});

test("a leak that goes up by whole pages is a leak", () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0.1, max: 0.5, noNaN: true }), (seed, pageMb) => {
      const paged = (x: number) => Math.floor((4 * x) / 60 / pageMb) * pageMb;
      expect(judgeLeak([series(seed, 60, 0, 0.05, paged)], SERIES)).toMatchObject({ verdict: "leak" });
    }),
  );
});

test("flat noise is never a leak, whatever steps and outliers are in it", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0.001, max: 2, noNaN: true }),
      fc.integer({ min: 16, max: 59 }),
      fc.double({ min: -8, max: 8, noNaN: true }),
      fc.uniqueArray(fc.integer({ min: 15, max: 59 }), { maxLength: 6 }),
      fc.double({ min: -50, max: 50, noNaN: true }),
      (seed, noiseMb, stepAt, stepMb, outliers, outlierMb) => {
        const extra = (x: number) => (x >= stepAt ? stepMb : 0) + (outliers.includes(x) ? outlierMb : 0);
        expect(judgeLeak([series(seed, 60, 0, noiseMb, extra)], SERIES).verdict).not.toBe("leak");
      },
    ),
    { numRuns: 300, seed: 42 },
  );
});

test("where one step explains the growth, that is said", () => {
  const extra = (x: number) => (x >= 18 ? 1.555211100998246 : 0) + ([42, 49, 57].includes(x) ? 0.833367863653766 : 0);
  const points = series(1687961710, 60, 0, 0.721446071390754, extra);
  expect(judgeLeak([points], SERIES)).toMatchObject({ verdict: "inconclusive", oneStep: true });
});

test("flat and quiet is clean, and the interval says how sure", () => {
  const finding = judgeLeak([series(7, 60, 0, 0.1)], SERIES);
  expect(finding).toMatchObject({ verdict: "clean", points: 45 });
  expect(finding.upper).toBeLessThan(LEAK_MB_PER_HOUR);
});

test("too few minutes are inconclusive, not clean", () => {
  expect(judgeLeak([series(7, 20, 0, 0.1)], SERIES)).toEqual({
    verdict: "inconclusive",
    slope: null,
    lower: null,
    upper: null,
    points: 5,
    oneStep: false,
  });
  expect(judgeLeak([series(7, 25, 4, 0.5)], SERIES).verdict).toBe("inconclusive");
});

test("a continued soak's parts are judged together, without the jump between them", () => {
  const shifted = series(2, 40, 0, 0.1, () => 20);
  expect(judgeLeak([series(1, 40, 0, 0.1), shifted], SERIES).verdict).toBe("clean");
  expect(judgeLeak([series(1, 40, 4, 0.1), series(2, 40, 4, 0.1, () => 20)], SERIES).verdict).toBe("leak");
});

test("quantiles are interpolated", () => {
  expect(quantileOf([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantileOf([1], 0.99)).toBe(1);
  expect(quantileOf([], 0.5)).toBeNaN();
});
