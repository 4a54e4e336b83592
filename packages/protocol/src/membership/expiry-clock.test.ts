import { expect, test } from "vitest";
import { ExpiryClock } from "./expiry-clock.js";

test("members may expire every 5 s, and not before 15 s after a standstill", () => {
  const clock = new ExpiryClock();
  expect(clock.dueAtMs).toBe(Number.POSITIVE_INFINITY);
  clock.start(1_000);
  expect(clock.dueAtMs).toBe(6_000);
  // A timer that is late by less than an interval is no standstill.
  expect(clock.mayExpire(11_000)).toBe(true);
  expect(clock.dueAtMs).toBe(16_000);
  expect(clock.mayExpire(21_001)).toBe(false);
  expect(clock.dueAtMs).toBe(36_001);
  expect(clock.mayExpire(36_001)).toBe(true);
});
