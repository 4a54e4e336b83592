import type { DirectoryLine, DirectoryView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { compared } from "./directory-difference.js";

const line = (id: string, parts: Partial<DirectoryLine> = {}): DirectoryLine => ({
  ...{ name: `m1.t.${id}`, id, idPrefix: id, mesh: "m1", type: "t", addresses: ["127.0.0.1:1"], location: null },
  ...{ state: "alive", stateAgeMs: 0, accusedBy: [], ageMs: 1_000 },
  ...parts,
});
const view = (entries: DirectoryLine[], departed: DirectoryLine[] = []): DirectoryView => ({
  ...{ as: "x", asked: true, entries, departed },
});
const about = (first: DirectoryView, second: DirectoryView) =>
  compared(first, second).differences.map(({ name, about }) => `${name}: ${about}`);

test("who is missing, who is seen otherwise, and who is elsewhere", () => {
  const first = view([line("a"), line("b"), line("c"), line("d"), line("e", { addresses: ["10.0.0.1:5"] })]);
  const second = view(
    [line("a"), line("c", { state: "suspected" }), line("e"), line("f")],
    [line("d", { state: "dead" })],
  );
  expect(about(first, second)).toEqual([
    "m1.t.b: only in the first",
    "m1.t.c: state",
    "m1.t.d: state",
    "m1.t.e: addresses",
    "m1.t.f: only in the second",
  ]);
  expect(compared(first, second).same).toBe(1);
});

test("a mesh that one of them is not in is not compared, and named", () => {
  const other = { mesh: "m2" };
  const { differences, same, notCompared } = compared(view([line("a"), line("z", other)]), view([line("a")]));
  expect([differences, same, notCompared]).toEqual([[], 1, ["m2"]]);
});

test("who is gone for one and unknown to the other is no difference, nor how it went or how addresses are ordered", () => {
  const gone = line("g", { state: "left" });
  expect(about(view([line("a")], [gone]), view([line("a")]))).toEqual([]);
  expect(about(view([line("a")], [gone]), view([line("a")], [line("g", { state: "dead" })]))).toEqual([]);
  const twice = (addresses: string[]) => view([line("a", { addresses })]);
  expect(about(twice(["x:1", "y:2"]), twice(["y:2", "x:1"]))).toEqual([]);
});

test("who came back is live, whatever was before", () => {
  const back = view([line("a"), line("b")], [line("b", { state: "dead" })]);
  expect(about(back, view([line("a"), line("b")]))).toEqual([]);
});
