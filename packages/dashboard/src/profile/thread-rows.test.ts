import type { ProfileWindow } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { threadRows } from "./thread-rows.js";

const windowOf = (threads: ProfileWindow["threads"]): ProfileWindow => ({
  ...{ durationMs: 1_000, cpuMs: 10, connectionsOpened: 0, frames: {}, threads },
});

test("a pool is one row, counted by the greater of both windows; the busiest first", () => {
  const main = { name: "node", role: "main" as const, cpuMs: 3, wakeUps: 30 };
  const worker = { name: "libuv-worker", role: "other" as const, cpuMs: 2, wakeUps: 4 };
  const sampler = { name: "sampler", role: "profiler" as const, cpuMs: 9, wakeUps: 900 };
  expect(threadRows(windowOf([main, worker, worker]), windowOf([main, worker, sampler]))).toEqual([
    { name: "libuv-worker", role: "other", threads: 2, quietMs: 4, wakeUps: 8, sampledMs: 2 },
    { name: "node", role: "main", threads: 1, quietMs: 3, wakeUps: 30, sampledMs: 3 },
    { name: "sampler", role: "profiler", threads: 1, quietMs: 0, wakeUps: 0, sampledMs: 9 },
  ]);
});
