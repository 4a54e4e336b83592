import { readFileSync } from "node:fs";
import { type CpuProfile, foldStacks } from "@meshwork/node/cpu-profile";
import { expect, test } from "vitest";
import { flameBoxes, flameDepth, flameTree, frameKind, nodeAt } from "./flame-tree.js";

const folded = "a x.js:1;b x.js:2 300\na x.js:1 100\nc y.js:1;b x.js:2 500\nno number\n";

test("stacks that begin alike are one branch, the widest first, and times add up", () => {
  const tree = flameTree(folded);
  expect(tree.totalUs).toBe(900);
  expect(tree.children.map(({ name, totalUs, selfUs }) => [name, totalUs, selfUs])).toEqual([
    ["c y.js:1", 500, 0],
    ["a x.js:1", 400, 100],
  ]);
});

test("boxes lie within their callers and side by side, and too narrow ones are left out", () => {
  const tree = flameTree(folded);
  const boxes = flameBoxes(tree, 0);
  expect(flameDepth(boxes)).toBe(3);
  for (const { depth, x, width, path } of boxes.filter(({ depth }) => depth > 0)) {
    const caller = boxes.find((box) => box.depth === depth - 1 && box.path.join() === path.slice(0, -1).join())!;
    expect(x).toBeGreaterThanOrEqual(caller.x - 1e-9);
    expect(x + width).toBeLessThanOrEqual(caller.x + caller.width + 1e-9);
  }
  expect(flameBoxes(tree, 0.4).map(({ node }) => node.name)).toEqual(["all", "c y.js:1", "b x.js:2", "a x.js:1"]);
});

test("a path finds its node again, and one that leads nowhere the whole", () => {
  const tree = flameTree(folded);
  expect(nodeAt(tree, ["all", "a x.js:1", "b x.js:2"]).totalUs).toBe(300);
  expect(nodeAt(tree, ["all", "gone"])).toBe(tree);
});

test("an empty profile is an empty picture", () => {
  expect(flameBoxes(flameTree(""), 0.001)).toEqual([]);
});

test("of a recorded profile, the whole is the sum of its folded lines", () => {
  const recorded = new URL("../../../node/test/small.cpuprofile", import.meta.url);
  const text = foldStacks(JSON.parse(readFileSync(recorded, "utf8")) as CpuProfile);
  const sum = text
    .trim()
    .split("\n")
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  expect(sum).toBeGreaterThan(0);
  expect(flameTree(text).totalUs).toBe(sum);
});

test.each([
  ["all", "all"],
  ["(garbage collector)", "engine"],
  ["(program)", "engine"],
  ["(anonymous) chunks/a.js:3", "own"],
  ["writev", "engine"],
  ["run node:internal/timers:562", "node"],
  ["decode protobufjs/src/reader.js:12", "library"],
  ["#tick dist/chunks.js:40", "own"],
] as const)("%s is %s", (label, kind) => {
  expect(frameKind(label)).toBe(kind);
});
