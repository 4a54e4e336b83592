import { expect, test } from "vitest";
import { Pace } from "./pace.js";

function shownIn(pace: Pace, atMs: number, ...costsMs: readonly number[]): number {
  for (const costMs of costsMs) {
    pace.begin(atMs)(atMs + costMs);
    atMs += costMs;
  }
  return atMs;
}

test("what fits a frame never waits", () => {
  const pace = new Pace();
  expect(pace.waitMs(0)).toBe(0);
  const nowMs = shownIn(pace, 0, 10, 12, 11);
  expect(pace.waitMs(nowMs)).toBe(0);
});

test("what takes longer waits for a multiple of its cost, from when it was last begun, and no longer than half a second", () => {
  const pace = new Pace();
  pace.begin(1_000)(1_040);
  // Half of 40 ms so far.
  expect(pace.waitMs(1_040)).toBe(280);
  expect(pace.waitMs(1_320)).toBe(0);
  const endMs = shownIn(pace, 2_000, 400, 400, 400);
  expect(pace.waitMs(endMs)).toBe(100);
});

test("one that was slow by chance is forgotten again", () => {
  const pace = new Pace();
  const nowMs = shownIn(pace, 0, 300, ...Array<number>(6).fill(4));
  expect(pace.waitMs(nowMs)).toBe(0);
});
