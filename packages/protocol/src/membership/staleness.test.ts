import fc from "fast-check";
import { expect, test } from "vitest";
import { REFRESH_JITTER, refreshIntervalMs, stalenessLimitMs } from "./staleness.js";

test.each([
  [1, undefined, 30_000],
  [7, undefined, 30_000],
  [8, undefined, 32_000],
  [18, undefined, 72_000],
  [2_000, undefined, 8_000_000],
  [18, 30_000, 10_000],
  [1, 600_000, 30_000],
  [1, 1_000, 333],
])("%i members, bound %s: refresh every %i ms", (live, bound, intervalMs) => {
  expect(refreshIntervalMs(live, bound)).toBe(intervalMs);
});

test.each([
  [30_000, 30_000, undefined, 90_000],
  [1_000, 30_000, undefined, 10_000],
  [0, 30_000, undefined, 10_000],
  [1_000_000, 30_000, undefined, 360_000],
  [10_000, 30_000, 30_000, 30_000],
  [2_000, 30_000, 5_000, 5_000],
  // The bound gives way to one refresh of the sender: it must not make a live node flap.
  [30_000, 30_000, 30_000, 37_500],
  [1_000_000, 30_000, 30_000, 360_000],
])("declared %i, own %i, bound %s: stale after %i ms", (declared, own, bound, limitMs) => {
  expect(stalenessLimitMs(declared, own, bound)).toBe(limitMs);
});

test("a refresh always comes before expiry, whatever the bound, among nodes that know of each other", () => {
  const bound = fc.option(fc.integer({ min: 1_000, max: 10_000_000 }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20_000 }),
      fc.integer({ min: 1, max: 9 }),
      bound,
      bound,
      (live, factor, theirs, ours) => {
        const declaredMs = refreshIntervalMs(live, theirs);
        // The receiver may know of up to nine times fewer members than the sender.
        const ownMs = refreshIntervalMs(Math.ceil(live / factor));
        expect(stalenessLimitMs(declaredMs, ownMs, ours)).toBeGreaterThan(declaredMs * (1 + REFRESH_JITTER));
      },
    ),
    { numRuns: 1_000 },
  );
});
