import fc from "fast-check";
import { expect, test } from "vitest";
import { EpochClock } from "./epoch-clock.js";

test("stays within a millisecond of a wall clock that drifts, steps and is read in whole milliseconds", () => {
  const step = fc.record({
    passMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
    driftMs: fc.double({ min: -3, max: 3, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      let wall = 1_790_000_000_000.25;
      let monotonic = 30;
      const clock = new EpochClock(
        () => Math.floor(wall),
        () => monotonic,
        wall - monotonic,
      );
      for (const { passMs, driftMs } of steps) {
        wall += passMs + driftMs;
        monotonic += passMs;
        expect(Math.abs(clock.at(monotonic) - wall)).toBeLessThanOrEqual(1.001);
      }
    }),
  );
});

test("keeps the parts of a millisecond while the clocks agree", () => {
  let now = 0;
  const clock = new EpochClock(
    () => Math.floor(1_790_000_000_000 + now),
    () => now,
    1_790_000_000_000,
  );
  for (now = 0.25; now < 10; now += 0.25) expect(clock.at(now)).toBe(1_790_000_000_000 + now);
  expect(clock.at(5)).toBe(1_790_000_000_005);
});
