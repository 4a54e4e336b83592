import { expect, test } from "vitest";
import { delayOf, routeOf } from "./switch.js";

const packet = Uint8Array.of(0x45, ...new Array(11).fill(0), 10, 77, 0, 1, 10, 77, 0, 2);

test("the route is read from an IPv4 header, and from nothing else", () => {
  expect(routeOf(packet)).toEqual({ from: "10.77.0.1", to: "10.77.0.2" });
  expect(routeOf(packet.subarray(0, 19))).toBeUndefined();
  expect(routeOf(Uint8Array.of(0x60, ...packet.subarray(1)))).toBeUndefined();
});

test.each([
  [undefined, 0.5, 0],
  [{ delayMs: 50 }, 0.5, 50],
  [{ delayMs: 50, jitterMs: 20 }, 0, 30],
  [{ delayMs: 50, jitterMs: 20 }, 0.999, 69.96],
  [{ delayMs: 5, jitterMs: 20 }, 0, 0],
  [{ delayMs: 50, cut: true }, 0.5, undefined],
  [{ delayMs: 50, lossPercent: 20 }, 0.19, undefined],
  [{ delayMs: 50, lossPercent: 20 }, 0.21, 50],
  [{ delayMs: 50, reorderPercent: 20 }, 0.19, 0],
  [{ delayMs: 50, reorderPercent: 20 }, 0.21, 50],
  [{ mtuBytes: 1_200 }, 0.5, 0],
  [{ mtuBytes: 1_199 }, 0.5, undefined],
])("%j with %d waits %s ms", (shape, drawn, expected) => {
  const delayMs = delayOf(shape, 1_200, () => drawn);
  if (expected === undefined) expect(delayMs).toBeUndefined();
  else expect(delayMs).toBeCloseTo(expected, 1);
});
