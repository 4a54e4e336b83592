import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readThreads, threadShares } from "./thread-shares.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function thread(directory: string, id: number, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(directory, String(id)), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, String(id), name), text);
}

const onLinux = test.skipIf(process.platform !== "linux");

onLinux("nanoseconds where the kernel has them, ticks where not; a thread that ended meanwhile is left out", () => {
  const directory = mkdtempSync(join(tmpdir(), "meshwork-threads-"));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  const status = "Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t99\n";
  thread(directory, 10, { comm: "node\n", status, schedstat: "1500000 7 3\n" });
  thread(directory, 11, { comm: "tokio-rt ) x\n", status, stat: `11 (tokio-rt ) x) S ${"0 ".repeat(10)}30 12 0 0` });
  thread(directory, 12, {});
  expect(readThreads(directory)).toEqual(
    new Map([
      [10, { name: "node", cpuMs: 1.5, wakeUps: 12 }],
      [11, { name: "tokio-rt ) x", cpuMs: 420, wakeUps: 12 }],
    ]),
  );
});

onLinux("this process's main thread shows the CPU that it burns", () => {
  const before = readThreads();
  const cpu = process.cpuUsage();
  const until = performance.now() + 60;
  while (performance.now() < until) Math.sqrt(until);
  const { user, system } = process.cpuUsage(cpu);
  const after = readThreads();
  if (before === undefined || after === undefined) throw new Error("no threads on Linux");
  const shares = threadShares(before, after);
  expect(shares.filter(({ role }) => role === "main")).toHaveLength(1);
  const mainMs = shares.find(({ role }) => role === "main")?.cpuMs ?? 0;
  expect(mainMs).toBeGreaterThan(0.5 * ((user + system) / 1_000));
});

test("what a thread used between two readings; one that began in between from nothing, one that ended not at all", () => {
  const before = new Map([
    [1, { name: "node", cpuMs: 100, wakeUps: 10 }],
    [2, { name: "gone", cpuMs: 50, wakeUps: 5 }],
  ]);
  const after = new Map([
    [1, { name: "node", cpuMs: 103, wakeUps: 14 }],
    [3, { name: "v8:ProfEvntProc", cpuMs: 5, wakeUps: 7 }],
    [4, { name: "iroh", cpuMs: 1, wakeUps: 2 }],
  ]);
  expect(threadShares(before, after, 1)).toEqual([
    { name: "v8:ProfEvntProc", role: "profiler", cpuMs: 5, wakeUps: 7 },
    { name: "node", role: "main", cpuMs: 3, wakeUps: 4 },
    { name: "iroh", role: "other", cpuMs: 1, wakeUps: 2 },
  ]);
});

test("where the platform does not tell there are no rows", () => {
  expect(readThreads("/nonexistent/task")).toBeUndefined();
});
