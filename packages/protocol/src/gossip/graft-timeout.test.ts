import { expect, test } from "vitest";
import { graftTimeoutMs } from "./graft-timeout.js";

test.each([
  ["no round trip known", 40, 1.5, undefined, 500, 40],
  ["a round trip shorter than the least", 40, 1.5, 20, 500, 40],
  ["loopback", 40, 1.5, 0, 500, 40],
  ["in between", 40, 1.5, 100, 500, 150],
  ["above the most", 40, 1.5, 5_000, 500, 500],
  ["switched off", 80, 0, 5_000, 500, 80],
  ["the least goes before the most", 400, 1.5, 5_000, 300, 400],
  ["nonsense from a driver", 40, 1.5, Number.NaN, 500, 40],
  ["a negative round trip", 40, 1.5, -7, 500, 40],
])("%s", (_what, leastMs, roundTrips, rttMs, maxMs, expected) => {
  expect(graftTimeoutMs(leastMs, roundTrips, rttMs, maxMs)).toBe(expected);
});
