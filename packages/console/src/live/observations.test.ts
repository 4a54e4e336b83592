import fc from "fast-check";
import { expect, test } from "vitest";
import { Observations } from "./observations.js";

const nobodyGone = () => false;
const told = (observerId: string, state: string, nowMs: number, sinceMs = nowMs) => ({
  observerId,
  state,
  sinceMs,
  toldMs: nowMs,
});

test("what is told again keeps its time; another state begins anew", () => {
  const views = new Observations();
  expect(views.told("m", told("a", "suspected", 1_000))).toBe(true);
  expect(views.told("m", told("a", "suspected", 3_000, 2_900))).toBe(false);
  expect(views.of("m")).toEqual([told("a", "suspected", 3_000, 1_000)]);
  expect(views.told("m", told("a", "alive", 4_000))).toBe(true);
  expect(views.of("m")).toEqual([told("a", "alive", 4_000)]);
});

test("a view is forgotten after a minute, and with its observer", () => {
  const views = new Observations();
  views.told("m", told("a", "suspected", 0));
  views.told("m", told("b", "suspected", 30_000));
  views.told("n", told("b", "alive", 30_000));
  expect(views.sweep(60_000, nobodyGone)).toEqual([]);
  expect(views.sweep(60_001, nobodyGone)).toEqual(["m"]);
  expect(views.of("m").map(({ observerId }) => observerId)).toEqual(["b"]);
  expect(views.sweep(60_001, (id) => id === "b")).toEqual(["m", "n"]);
  expect(views.size).toBe(0);
});

test("whatever is told, it stays within 16 observers of each of 2,048 members", () => {
  const views = new Observations();
  const ids = fc.integer({ min: 0, max: 5_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, ids), { minLength: 4_000, maxLength: 5_000, size: "max" }), (tellings) => {
      for (const [member, observer] of tellings) views.told(`m${member}`, told(`o${observer}`, "dead", 0));
      for (let observer = 0; observer < 40; observer++) views.told("m1", told(`o${observer}`, "alive", 0));
      expect(views.of("m1").length).toBeLessThanOrEqual(16);
      expect(views.size).toBeLessThanOrEqual(16 * 2_048);
    }),
    { seed: 7, numRuns: 20 },
  );
});
