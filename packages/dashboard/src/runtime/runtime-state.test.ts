import type { RuntimeView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { MEMORY, runtimeFrom, runtimeWith } from "./runtime-state.js";

const view = (key: string, parts: Partial<RuntimeView> = {}): RuntimeView => ({
  ...{ key, name: `m.t.${key}`, mesh: "m", type: "t", live: true, statsAgeMs: 0, uptimeMs: 1_000, shared: false },
  ...{ rssBytes: 100, handles: 9, eventLoopDelayP99Ms: 1, sizes: { peers: 3 } },
  ...parts,
});
const snapshot = (...runtime: RuntimeView[]) => ({ seq: 5, atMs: 0, runtime });

test("sizes are followed since the page looks, across a break of the stream", () => {
  const first = runtimeFrom(snapshot(view("a"), view("b", { statsAgeMs: null, sizes: null })), null, 100);
  const grown = { from: 5, seq: 6, atMs: 0, runtime: [view("a", { uptimeMs: 2_000, sizes: { peers: 5 } })] };
  const second = runtimeWith(first, grown, 1_200)!;
  expect(second.rows.get("a")?.trends.get("peers")?.change).toBe(2);
  expect(second.rows.get("b")?.trends.size).toBe(0);
  const third = runtimeFrom(snapshot(view("a", { uptimeMs: 3_000, sizes: { peers: 6 } })), second, 9_000);
  expect(third.rows.get("a")?.trends.get("peers")?.change).toBe(3);
  expect(third.sinceMs).toBe(100);
  expect([...third.rows.keys()]).toEqual(["a"]);
});

test("a node that started anew begins anew", () => {
  const first = runtimeFrom(snapshot(view("a", { uptimeMs: 60_000, rssBytes: 900 })), null, 100);
  const second = runtimeWith(first, { from: 5, seq: 6, atMs: 0, runtime: [view("a", { uptimeMs: 500 })] }, 200)!;
  expect(second.rows.get("a")?.trends.get(MEMORY)?.change).toBe(0);
});

test("what does not follow is refused, and who is gone leaves", () => {
  const first = runtimeFrom(snapshot(view("a")), null, 100);
  expect(runtimeWith(first, { from: 4, seq: 6, atMs: 0 }, 200)).toBeUndefined();
  expect(runtimeWith(first, { from: 5, seq: 6, atMs: 0, removedNodes: ["a"] }, 200)?.rows.size).toBe(0);
});
