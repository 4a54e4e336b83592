import type { HistoryMark } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { isShown, markBins, timeTicks } from "./mark-bins.js";
import { LANES, laneOf } from "./mark-kinds.js";

const markOf = (atMs: number, kind: string, parts: Partial<HistoryMark> = {}): HistoryMark => ({
  ...{
    id: atMs,
    atMs,
    ageMs: 0,
    kind,
    severity: "info",
    node: "m1.t.a",
    mesh: "m1",
    peer: null,
    message: `at ${atMs}`,
  },
  ...parts,
});

test("marks of one lane in one column are one shape with their number, the worst severity, the newest text", () => {
  const marks = [markOf(100, "node.dead", { severity: "warn" }), markOf(104, "node.dead"), markOf(900, "node.dead")];
  const bins = markBins([...marks, markOf(101, "link.up")], { fromMs: 0, toMs: 1_000 }, 10);
  expect(bins).toEqual([
    { lane: "deaths", x: 0.15, count: 2, severity: "warn", atMs: 104, message: "at 104" },
    { lane: "deaths", x: 0.95, count: 1, severity: "info", atMs: 900, message: "at 900" },
    { lane: "links", x: 0.15, count: 1, severity: "info", atMs: 101, message: "at 101" },
  ]);
});

test("ten thousand marks are no more shapes than columns and lanes", () => {
  const kinds = ["node.joined", "node.dead", "link.up", "node.suspected"];
  const marks = Array.from({ length: 10_000 }, (_, at) => markOf(at, kinds[at % 4]!));
  expect(markBins(marks, { fromMs: 0, toMs: 10_000 }, 200)).toHaveLength(800);
  expect(markBins(marks, { fromMs: 0, toMs: 10_000 }, 0)).toEqual([]);
});

test("what lies outside of the axis is not drawn", () => {
  expect(markBins([markOf(5, "node.left"), markOf(99, "node.left")], { fromMs: 10, toMs: 20 }, 5)).toEqual([]);
});

test("every kind has a lane", () => {
  const kinds = ["node.refuted", "api.kill", "process.frozen", "boot.stalled", "chaos.partition", "alert.raised", "x"];
  expect(kinds.map(laneOf)).toEqual(["suspicions", "faults", "faults", "faults", "faults", "alerts", "other"]);
});

test.each([
  [{ mesh: "m1" }, true],
  [{ mesh: "m2" }, false],
  [{ node: "t.a" }, true],
  [{ node: "t.z" }, true],
  [{ node: "t.y" }, false],
  [{ lanes: new Set(["deaths"] as const) }, false],
])("filter %o: %s", (parts, shown) => {
  const filter = { lanes: new Set(LANES), mesh: null, node: "", ...parts };
  expect(isShown(markOf(1, "link.up", { peer: "m1.t.z" }), filter)).toBe(shown);
});

test("ticks are round times before the end, few enough to read", () => {
  const texts = (toMs: number) => timeTicks({ fromMs: 0, toMs }).map(({ text }) => text);
  expect(texts(1_800_000)).toEqual(["now", "−5 min", "−10 min", "−15 min", "−20 min", "−25 min", "−30 min"]);
  expect(texts(150_000)).toEqual(["now", "−30 s", "−1 min", "−90 s", "−2 min", "−150 s"]);
  expect(texts(5_000)).toEqual(["now"]);
  expect(timeTicks({ fromMs: 0, toMs: 20_000 }).map(({ x }) => x)).toEqual([1, 0.5, 0]);
});
