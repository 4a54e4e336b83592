import { expect, test } from "vitest";
import { differencesOf, kindOf, QuietWindow } from "./baseline.js";

const quiet = (counts: Record<string, number>, links = 3) => ({ counts, links });

test("one handle more is not a return, one less is", () => {
  expect(
    differencesOf("p", quiet({ handles: 9, fileDescriptors: 20 }), quiet({ handles: 10, fileDescriptors: 19 })),
  ).toEqual([
    { process: "p", count: "handles", kind: "exact", before: 9, after: 10, returned: false },
    { process: "p", count: "fileDescriptors", kind: "exact", before: 20, after: 19, returned: true },
  ]);
});

test("a collection that nobody named is exact", () => {
  expect(kindOf("someNewCollection")).toBe("exact");
  expect(differencesOf("p", quiet({}), quiet({ someNewCollection: 1 }))[0]?.returned).toBe(false);
});

test("a link may bring one of each, and no more", () => {
  const of = (after: number, links: number) =>
    differencesOf("p", quiet({ holds: 6 }, 3), quiet({ holds: after }, links))[0]?.returned;
  expect(of(7, 3)).toBe(false);
  expect(of(7, 4)).toBe(true);
  expect(of(8, 4)).toBe(false);
  expect(of(5, 2)).toBe(true);
});

test("one connection to each listed member, and no more", () => {
  const of = (after: number) =>
    differencesOf(
      "p",
      quiet({ connections: 6, directoryEntries: 9 }),
      quiet({ connections: after, directoryEntries: 9 }),
    )[0]?.returned;
  expect([of(5), of(9), of(10)]).toEqual([true, true, false]);
});

test("what counts for ever is no size", () => {
  expect(kindOf("telemetryBatchesOverMesh")).toBe("tally");
});

test("streams are held to their connections", () => {
  const of = (after: number) =>
    differencesOf(
      "p",
      quiet({ gossipStreamsIn: 3, connections: 4 }),
      quiet({ gossipStreamsIn: after, connections: 4 }),
    )[0]?.returned;
  expect(of(8)).toBe(true);
  expect(of(9)).toBe(false);
});

test("what goes by is held to its cap", () => {
  const of = (after: number) => differencesOf("p", quiet({ closing: 1 }), quiet({ closing: after }))[0]?.returned;
  expect(of(128)).toBe(true);
  expect(of(129)).toBe(false);
});

test("the past is held to its cap", () => {
  const of = (after: number) =>
    differencesOf("p", quiet({ directoryTombstones: 0 }), quiet({ directoryTombstones: after }))[0]?.returned;
  expect(of(8_192)).toBe(true);
  expect(of(8_193)).toBe(false);
});

test("a quiet window keeps the least of each", () => {
  const window = new QuietWindow();
  expect(window.read()).toBeUndefined();
  window.add({ handles: 5, probes: 1 }, 3);
  window.add({ handles: 6, probes: 0, late: 2 }, 4);
  expect(window.read()).toEqual({ counts: { handles: 5, probes: 0, late: 0 }, links: 4 });
});
