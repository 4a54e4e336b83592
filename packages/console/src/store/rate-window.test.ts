import { expect, test } from "vitest";
import { RateWindow } from "./rate-window.js";

test("a rate needs ten seconds of counting, is exact for a steady flow, and goes down to nothing within a minute", () => {
  const window = new RateWindow(1_000);
  for (let nowMs = 1_000; nowMs < 10_000; nowMs += 500) window.add(nowMs);
  expect(window.perMinute(10_000, 1_000)).toBeNull();
  for (let nowMs = 10_000; nowMs < 200_000; nowMs += 500) window.add(nowMs);
  expect(window.perMinute(200_000, 1_000)).toBeCloseTo(120, 6);
  expect(window.perMinute(203_000, 1_000)).toBeCloseTo((120 * 60) / 63, 6);
  expect(window.perMinute(264_999, 1_000)).toBe(0);
  expect(window.perMinute(10_000_000, 1_000)).toBe(0);
});

test("what was counted in less than a minute is a rate over that time", () => {
  const window = new RateWindow(0);
  for (let nowMs = 0; nowMs < 20_000; nowMs += 1_000) window.add(nowMs);
  expect(window.perMinute(20_000, 0)).toBe(60);
});
