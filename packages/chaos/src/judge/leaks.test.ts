import { expect, test } from "vitest";
import { randomFrom } from "./figures.js";
import { leaksOf, minuteMinima, normalQuantile, type Point, theilSen } from "./leaks.js";

const MB = 1e6;

/** An hour of a sample every 20 s: a saw-tooth of collections, noise, a tenth of wild points, and what leaks. */
function hour(mbPerHour: number, seed: number, minutes = 75): Point[] {
  const random = randomFrom(seed);
  return Array.from({ length: minutes * 3 }, (_, index) => {
    const atMs = index * 20_000;
    const leaked = (mbPerHour * MB * atMs) / 3_600_000;
    const wild = random() < 0.1 ? 20 * MB * random() : 0;
    return { atMs, bytes: 60 * MB + leaked + (index % 7) * 0.3 * MB + random() * 0.2 * MB + wild };
  });
}

const series = (leaking: number, seed: number) =>
  new Map(Array.from({ length: 9 }, (_, node) => [`n${node}`, hour(node === 4 ? leaking : 0, seed + node)]));

test.each([1, 101, 201])(
  "a leak of 4 MB an hour in one of nine nodes is found and named, and only that (seed %d)",
  (seed) => {
    const reports = leaksOf(series(4, seed));
    expect(reports.filter(({ verdict }) => verdict === "leak").map(({ series: name }) => name)).toEqual(["n4"]);
    expect(reports[4]?.slope).toBeGreaterThan(3.5);
    expect(reports[4]?.slope).toBeLessThan(4.5);
  },
);

test("six hours without a leak are clean", () => {
  const quiet = new Map(Array.from({ length: 9 }, (_, node) => [`n${node}`, hour(0, 50 + node, 375)]));
  expect(new Set(leaksOf(quiet).map(({ verdict }) => verdict))).toEqual(new Set(["clean"]));
});

test("without a leak nobody is accused", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    expect(leaksOf(series(0, seed * 1_000)).filter(({ verdict }) => verdict === "leak")).toEqual([]);
  }
});

test("what is too short, or just at the limit, is inconclusive and not called clean", () => {
  expect(leaksOf(new Map([["n", hour(4, 1, 20)]]))).toMatchObject([
    { verdict: "inconclusive", slope: null, minutes: 5 },
  ]);
  expect(leaksOf(new Map([["n", hour(0.5, 1)]]))).toMatchObject([{ verdict: "inconclusive" }]);
});

test("the first quarter of an hour does not count, and of each minute the smallest does", () => {
  const points = [14 * 60_000, 15 * 60_000, 15 * 60_000 + 1, 16 * 60_000].map((atMs, index) => ({
    atMs,
    bytes: 10 - index,
  }));
  expect(minuteMinima(points)).toEqual([
    { atMs: 15 * 60_000, bytes: 8 },
    { atMs: 16 * 60_000, bytes: 7 },
  ]);
});

test("the slope of a straight line is exact, and its interval a point", () => {
  const points = Array.from({ length: 10 }, (_, hour) => ({ atMs: hour * 3_600_000, bytes: hour * 2 * MB }));
  for (const value of Object.values(theilSen(points, 0.05))) expect(value).toBeCloseTo(2, 9);
});

test.each([
  [0.975, 1.96],
  [0.995, 2.5758],
  [0.9999, 3.719],
])("normal quantile of %d", (probability, expected) => expect(normalQuantile(probability)).toBeCloseTo(expected, 2));
