import { expect, test } from "vitest";
import { Crossing, FIRST_LOOK_MS, LOOK_AFTER_MS, MAX_RETURNED } from "./crossing.js";
import { testId } from "./testing/records.js";

const target = (number: number) => ({ id: testId(number), addresses: ["127.0.0.1:1"] });
const NONE: ReadonlySet<string> = new Set();
const GIVE_UP_MS = 600_000;

/** All looks until it rests: when, and who was dialled. */
function looks(crossing: Crossing, neighborsAt: (look: number) => ReadonlySet<string>): [number, string | undefined][] {
  const seen: [number, string | undefined][] = [];
  while (Number.isFinite(crossing.nextAtMs) && seen.length < 1_000) {
    const atMs = crossing.nextAtMs;
    seen.push([atMs, crossing.due(neighborsAt(seen.length), true, atMs)?.id]);
  }
  return seen;
}

/** The share of nodes that look where two of two came back, in a part of so many. */
function lookers(live: number): number {
  const draws = 3_000;
  let count = 0;
  for (let draw = 0; draw < draws; draw++) {
    const crossing = new Crossing(() => (draw + 0.5) / draws);
    for (const number of [1, 2]) crossing.returned(target(number), live, 0);
    if (crossing.nextAtMs < 2 * FIRST_LOOK_MS) count++;
  }
  return count / draws;
}

test("where two come back, three nodes of the part look, all of a small one; where one does, nobody", () => {
  expect(lookers(300)).toBeCloseTo(0.01, 3);
  expect(lookers(6)).toBeCloseTo(0.5, 2);
  expect(lookers(2)).toBe(1);
  const crossing = new Crossing(() => 0);
  crossing.returned(target(1), 1, 0);
  expect(looks(crossing, () => NONE)).toEqual([[60_000, undefined]]);
  expect(crossing.size).toBe(0);
});

test("without a link one who came back is dialled at each look, for ten minutes", () => {
  const crossing = new Crossing(() => 0.5);
  crossing.found(target(1), 0);
  const dialled = looks(crossing, () => new Set([testId(7)]));
  expect(dialled[0]).toEqual([FIRST_LOOK_MS, testId(1)]);
  expect(dialled[1]).toEqual([FIRST_LOOK_MS + LOOK_AFTER_MS, testId(1)]);
  expect(dialled).toHaveLength(GIVE_UP_MS / LOOK_AFTER_MS + 1);
  expect(dialled.at(-1)?.[1]).toBeUndefined();
  expect(crossing.size).toBe(0);
});

test("two looks that find a link, or make one, end it", () => {
  const returned = () => {
    const crossing = new Crossing(() => 0.5);
    crossing.returned(target(1), 2, 0);
    crossing.returned(target(2), 2, 0);
    return crossing;
  };
  const linked = new Set([testId(7), testId(2)]);
  const found = returned();
  expect(looks(found, () => linked).map(([, id]) => id)).toEqual([undefined, undefined]);
  expect(found.size).toBe(0);
  const made = returned();
  for (const atMs of [FIRST_LOOK_MS, FIRST_LOOK_MS + LOOK_AFTER_MS]) {
    const dialled = made.due(NONE, true, atMs);
    expect(dialled).toBeDefined();
    made.found(dialled!, atMs + 50);
  }
  expect([made.size, made.nextAtMs]).toEqual([0, Number.POSITIVE_INFINITY]);
});

test("who came back before a pause is of the own part: a link to it is none, and the lot is drawn anew", () => {
  const draws = [0.9, 0.1, 0.5];
  const crossing = new Crossing(() => draws.shift() ?? 0.5);
  for (const number of [1, 2]) crossing.returned(target(number), 6, 0);
  expect(crossing.nextAtMs).toBe(60_000);
  for (const number of [3, 4]) crossing.returned(target(number), 6, 20_000);
  expect(crossing.nextAtMs).toBeLessThan(20_000 + 2 * FIRST_LOOK_MS);
  expect([1, 2, 3, 4].map((number) => crossing.has(testId(number)))).toEqual([false, false, true, true]);
  expect(crossing.due(new Set([testId(1)]), true, crossing.nextAtMs)).toBeDefined();
});

test("while another dial is under way it waits, without asking at every instant", () => {
  const crossing = new Crossing(() => 0.5);
  crossing.found(target(1), 0);
  expect(crossing.due(NONE, false, FIRST_LOOK_MS)).toBeUndefined();
  expect(crossing.nextAtMs).toBe(FIRST_LOOK_MS + 1_000);
  expect(crossing.due(NONE, true, crossing.nextAtMs)).toEqual(target(1));
});

test("who is lost anew is out of it, and what comes back is bounded", () => {
  const crossing = new Crossing(() => 0.5);
  crossing.found(target(1), 0);
  crossing.delete(testId(1));
  expect(looks(crossing, () => NONE)).toEqual([[FIRST_LOOK_MS, undefined]]);
  for (let number = 0; number < 2 * MAX_RETURNED; number++) crossing.returned(target(number), 5_000, 0);
  expect(crossing.size).toBe(MAX_RETURNED);
});
