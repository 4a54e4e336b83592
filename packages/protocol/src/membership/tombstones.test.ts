import { expect, test } from "vitest";
import { testId } from "./testing/records.js";
import { buries, type Tombstone, type TombstoneState, Tombstones, tombstoneTtlMs } from "./tombstones.js";

const DAY_MS = 86_400_000;
const grave = (number: number, state: TombstoneState, atMs = 0): Tombstone => ({
  id: testId(number),
  generation: 3,
  sequence: 10,
  state,
  atMs,
});

test.each<[TombstoneState, number, number, boolean]>([
  ["left", 3, 10, true],
  ["left", 3, 9, true],
  ["left", 3, 11, true],
  ["left", 2, 99, true],
  ["left", 4, 0, false],
  ["dead", 3, 10, true],
  ["dead", 3, 11, false],
  ["dead", 4, 0, false],
  ["dead", 2, 99, true],
  ["expired", 3, 10, true],
  ["expired", 3, 11, false],
])("%s at (3, 10) buries (%i, %i): %s", (state, generation, sequence, expected) => {
  expect(buries(grave(1, state), { generation, sequence })).toBe(expected);
});

test("they live for a day, or twice the longest staleness", () => {
  expect(tombstoneTtlMs(90_000)).toBe(DAY_MS);
  expect(tombstoneTtlMs(DAY_MS)).toBe(2 * DAY_MS);
  const graves = new Tombstones();
  graves.bury(grave(1, "left", 0), 1);
  graves.bury(grave(2, "expired", 1_000), 1);
  expect(graves.expire(DAY_MS, DAY_MS)).toBe(0);
  expect(graves.expire(DAY_MS + 1, DAY_MS)).toBe(1);
  expect(graves.get(testId(1))).toBeUndefined();
  expect(graves.get(testId(2))?.state).toBe("expired");
});

test("above the bound the expired go first, then the oldest left, the dead last", () => {
  const graves = new Tombstones();
  graves.bury(grave(0, "dead"), 0);
  for (let number = 1; number < 4_096; number++) graves.bury(grave(number, number === 4_000 ? "expired" : "left"), 0);
  expect(graves.size).toBe(4_096);
  graves.bury(grave(5_000, "left"), 0);
  expect(graves.size).toBe(4_096);
  expect(graves.get(testId(4_000))).toBeUndefined();
  graves.bury(grave(5_001, "left"), 0);
  expect(graves.get(testId(1))).toBeUndefined();
  expect(graves.get(testId(0))?.state).toBe("dead");
  // The bound grows with the mesh.
  graves.bury(grave(5_002, "left"), 2_000);
  expect(graves.size).toBe(4_097);
});

test("an id has one tombstone, the last", () => {
  const graves = new Tombstones();
  graves.bury(grave(1, "expired"), 1);
  graves.bury(grave(1, "left"), 1);
  expect(graves.size).toBe(1);
  expect(graves.get(testId(1))?.state).toBe("left");
  graves.delete(testId(1));
  graves.delete(testId(1));
  expect(graves.size).toBe(0);
});
