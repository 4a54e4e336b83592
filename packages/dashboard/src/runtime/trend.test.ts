import { expect, test } from "vitest";
import { type Course, Trend } from "./trend.js";

function trendOf(valueAt: (second: number) => number, seconds: number): Trend {
  const trend = new Trend(0, valueAt(0));
  for (let second = 1; second <= seconds; second += 1) trend.add(second * 1_000, valueAt(second));
  return trend;
}

test.each<[string, (second: number) => number, number, Course]>([
  ["the same", () => 7, 300, "steady"],
  ["up and down", (second) => 20 + (second % 7), 300, "grows"],
  ["down", (second) => 500 - second, 300, "shrinks"],
  ["one more each second", (second) => 10 + second, 300, "leak"],
  ["one more each second, for half a minute", (second) => 10 + second, 30, "grows"],
  ["a few more", (second) => 5 + Math.floor(second / 60), 300, "grows"],
  ["a step at the start", (second) => (second < 5 ? 10 : 60), 300, "grows"],
  ["growing with a fall in it", (second) => (second === 150 ? 3 : 10 + second), 300, "grows"],
  ["large and slowly growing", (second) => 10_000 + second, 300, "grows"],
  ["in steps of ten seconds", (second) => 10 + 10 * Math.floor(second / 10), 1_000, "leak"],
])("%s", (_, valueAt, seconds, course) => {
  expect(trendOf(valueAt, seconds).course()).toBe(course);
});

test("holds few samples however long, from the first to the last", () => {
  const trend = trendOf((second) => second, 86_400);
  expect(trend.samples.length).toBeLessThanOrEqual(33);
  expect(trend.samples.length).toBeGreaterThan(15);
  expect([trend.samples[0]?.value, trend.samples.at(-1)?.value, trend.change]).toEqual([0, 86_400, 86_400]);
  const gaps = trend.samples.slice(1).map(({ atMs }, at) => atMs - trend.samples[at]!.atMs);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(86_400_000 / 10);
});
