import { expect, test } from "vitest";
import { RateWindow } from "./rate-window.js";

test("counts over the uptime at first, then over the last minute", () => {
  const window = new RateWindow(0);
  expect(window.sample(10_000, 100)).toBeCloseTo(600);
  for (let t = 20_000; t <= 60_000; t += 10_000) window.sample(t, 100);
  expect(window.sample(60_000, 100)).toBeCloseTo(100);
  for (let t = 70_000; t <= 130_000; t += 10_000) window.sample(t, 100);
  expect(window.sample(130_000, 100)).toBe(0);
  expect(window.sample(135_000, 200)).toBeGreaterThan(80);
});
