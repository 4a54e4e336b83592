import { expect, test } from "vitest";
import { isPerfect, netemWords, shapeProblem } from "./shape.js";

test.each([
  [{}, true],
  [{ lossPercent: 0, delayMs: 0 }, true],
  [{ mtuBytes: 1_280 }, false],
  [{ delayMs: 5, reorderPercent: 10 }, false],
  [{ rateKbit: 0 }, false],
])("%j is perfect: %s", (shape, expected) => {
  expect(isPerfect(shape)).toBe(expected);
});

test.each([
  [{ delayMs: 5, reorderPercent: 10 }, undefined],
  [{ reorderPercent: 10 }, "reorderPercent"],
  [{ mtuBytes: 68 }, undefined],
  [{ mtuBytes: 67 }, "mtuBytes is 67"],
  [{ mtuBytes: 1_601 }, "mtuBytes is 1601"],
  [{ mtuBytes: Number.NaN }, "mtuBytes is NaN"],
])("%j is refused by its field, or not", (shape, expected) => {
  if (expected === undefined) expect(shapeProblem(shape)).toBeUndefined();
  else expect(shapeProblem(shape)).toContain(expected);
});

test("netem gets each part of the delay that there is", () => {
  expect(netemWords({ delayMs: 50 })).toEqual(["delay", "50ms"]);
  expect(netemWords({ delayMs: 50, jitterMs: 5, reorderPercent: 25 })).toEqual([
    ...["delay", "50ms", "5ms"],
    ...["reorder", "25%"],
  ]);
});
