import type { RuntimeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { collections, growing, itemsOf } from "./growth.js";
import type { RuntimeRow } from "./runtime-state.js";
import { Trend } from "./trend.js";

function rowOf(key: string, courses: Record<string, (second: number) => number>, live = true): RuntimeRow {
  const trends = new Map<string, Trend>();
  for (const [name, at] of Object.entries(courses)) {
    const trend = new Trend(0, at(0));
    for (let second = 1; second <= 120; second += 1) trend.add(second * 1_000, at(second));
    trends.set(name, trend);
  }
  const sizes = Object.fromEntries([...trends].map(([name, { value }]) => [name, value]));
  return { view: { key, name: key, live, sizes } as RuntimeView, receivedAtMs: 0, trends };
}

test("leaks come first, then what grew most of what it was; memory only where it is a leak; the gone are left out", () => {
  const rows = [
    rowOf("a", { peers: (second) => (second > 60 ? 6 : 5), calls: (second) => (second > 60 ? 9 : 3), memory: () => 1 }),
    rowOf("b", { peers: () => 5, waiting: (second) => second, memory: (second) => 1_000 + second }),
    rowOf("d", { "console.spans": (second) => 1_000 + 20 * second }),
    rowOf("c", { waiting: (second) => second }, false),
  ];
  expect(growing(rows).map(({ row, collection, course }) => [row.view.key, collection, course])).toEqual([
    ["b", "waiting", "leak"],
    ["d", "console.spans", "grows"],
    ["a", "calls", "grows"],
    ["a", "peers", "grows"],
  ]);
});

test("a collection over all nodes: sum, most and where, change", () => {
  const rows = [rowOf("a", { peers: () => 5 }), rowOf("b", { peers: (second) => (second > 60 ? 9 : 8) })];
  expect(collections(rows)).toMatchObject([{ collection: "peers", nodes: 2, total: 14, most: 9, change: 1 }]);
  expect(collections(rows)[0]?.mostAt.view.key).toBe("b");
});

test("items are counted without bytes", () => {
  expect(itemsOf(rowOf("a", { peers: () => 5, bufferedBytes: () => 7_000 }))).toBe(5);
  expect(itemsOf({ ...rowOf("a", {}), view: { sizes: null } as RuntimeView })).toBeNull();
});
