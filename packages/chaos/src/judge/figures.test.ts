import { expect, test } from "vitest";
import { randomFrom, waitsOf } from "./figures.js";

test.each([
  [[], undefined],
  [[7], { p50: 7, p99: 7, max: 7 }],
  [[3, 1, 2], { p50: 2, p99: 3, max: 3 }],
  [Array.from({ length: 200 }, (_, index) => index + 1), { p50: 100, p99: 198, max: 200 }],
])("%j", (times, expected) => expect(waitsOf(times)).toEqual(expected));

test("a seed draws the same again, another seed does not", () => {
  const draw = (seed: number) => Array.from({ length: 5 }, randomFrom(seed));
  expect(draw(42)).toEqual(draw(42));
  expect(draw(42)).not.toEqual(draw(43));
  for (const value of draw(7)) expect(value >= 0 && value < 1).toBe(true);
});
