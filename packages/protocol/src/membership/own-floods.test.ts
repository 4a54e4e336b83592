import { expect, test } from "vitest";
import { OwnFloods } from "./own-floods.js";

const CONTENT = Uint8Array.of(1, 2, 3);

test("what was handed to the dead is broadcast again to the neighbours of then, until one of them is heard", () => {
  const floods = new OwnFloods();
  const heard = new Map([["a", 10_200]]);
  const due = (neighbors: readonly string[], nowMs: number) =>
    floods.due(new Set(neighbors), (peer) => heard.get(peer), nowMs);
  floods.sent("x", CONTENT, ["a", "b"], 10_000);
  expect(floods.nextAtMs).toBe(11_700);
  expect(due(["a"], 11_000)).toEqual([]);
  // A byte that was under way when the peer died proves nothing.
  expect(due(["c"], 11_700)).toEqual([CONTENT]);
  expect(due([], 13_400)).toEqual([]);
  expect(due(["c"], 15_100)).toEqual([CONTENT]);
  heard.set("c", 15_600);
  expect(due(["c"], 16_800)).toEqual([]);
  expect([floods.size, floods.nextAtMs]).toEqual([0, Number.POSITIVE_INFINITY]);
});

test("a neighbour that comes gets it at once, unless one that had it may yet be heard", () => {
  const floods = new OwnFloods();
  const due = (nowMs: number) => floods.due(new Set(["c"]), () => undefined, nowMs);
  floods.sent("x", CONTENT, ["a"], 1_000);
  floods.neighborUp(1_200);
  expect(floods.nextAtMs).toBe(1_500);
  expect(due(1_500)).toEqual([CONTENT]);
  floods.neighborUp(2_600);
  expect(due(2_600)).toEqual([CONTENT]);
  expect(floods.nextAtMs).toBe(4_300);
});

test("a carried broadcast is never repeated, a newer one of the same subject takes its place, and all end after 9 s", () => {
  const floods = new OwnFloods();
  floods.sent("x", CONTENT, ["a"], 0);
  expect(floods.due(new Set(["a"]), () => 600, 1_700)).toEqual([]);
  expect(floods.size).toBe(0);
  floods.sent("x", CONTENT, [], 10_000);
  floods.sent("x", Uint8Array.of(9), [], 11_000);
  expect(floods.size).toBe(1);
  let repeats = 0;
  for (let nowMs = 11_000; nowMs < 60_000; nowMs += 100) {
    const again = floods.due(new Set(["b"]), () => undefined, nowMs);
    if (again.length > 0) expect(again).toEqual([Uint8Array.of(9)]);
    repeats += again.length;
  }
  expect(repeats).toBe(5);
  expect(floods.size).toBe(0);
  for (let subject = 0; subject < 100; subject++) floods.sent(String(subject), CONTENT, [], 70_000);
  expect(floods.size).toBe(64);
  floods.forget("99");
  expect(floods.size).toBe(63);
});
