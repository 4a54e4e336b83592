/** The judge of soaks in virtual time, judged: each check fails where what it looks at is broken. */
import { Histogram } from "@meshwork/simulator";
import { expect, test } from "vitest";
import { buildVirtualReport } from "./report.js";
import type { FinishedVirtualSoak } from "./run.js";

const HOUR_MS = 3_600_000;

function waits(...ms: number[]) {
  const histogram = new Histogram();
  for (const one of ms) histogram.add(one);
  return histogram.data();
}

const good: FinishedVirtualSoak = {
  options: { seed: 1, nodes: 18, durationMs: HOUR_MS, everyMs: 1_000, quietMs: 25 * HOUR_MS },
  verdicts: [
    {
      ...{ fault: "kill-node", targets: [1], withinMs: 5_000, reasons: [], healedMs: 500, atMs: 0 },
      waitedMs: waits(3_000, 3_500),
    },
  ],
  falseDeaths: [],
  falseExpiries: 0,
  divergentAtEnd: undefined,
  before: [{ node: 0, neighbors: 5, sizes: { directoryEntries: 18, syncSessions: 0, passive: 12 } }],
  after: [
    { node: 0, neighbors: 5, sizes: { directoryEntries: 18, syncSessions: 0, passive: 20, directoryTombstones: 0 } },
  ],
  peaks: { passive: 30, directoryTombstones: 40 },
  identities: 19,
  virtualMs: 26 * HOUR_MS,
  events: 1,
  trace: "0",
  cpuSeconds: 1,
  seconds: 1,
  stopped: false,
};

const failed = (change: Partial<FinishedVirtualSoak>) =>
  buildVirtualReport({ ...good, ...change })
    .checks.filter(({ outcome }) => outcome === "failed")
    .map(({ id }) => id);
const [verdict] = good.verdicts as [FinishedVirtualSoak["verdicts"][number]];
const after = (sizes: Record<string, number>) => [{ node: 0, neighbors: 5, sizes }];

test("a good run passes every check", () => {
  expect(buildVirtualReport(good).counts).toEqual({ passed: 9, failed: 0, skipped: 0 });
});

test.each<[string, Partial<FinishedVirtualSoak>, string[]]>([
  ["a fault that failed", { verdicts: [{ ...verdict, reasons: ["late"] }] }, ["kill-node"]],
  ["deaths known late", { verdicts: [{ ...verdict, waitedMs: waits(5_100) }] }, ["survivors learn of deaths"]],
  ["no deaths at all", { verdicts: [] }, ["survivors learn of deaths"]],
  ["a false death", { falseDeaths: [{ observer: 1, accused: 2, atMs: 1 }] }, ["false deaths"]],
  ["an expiry", { falseExpiries: 1 }, ["nobody who runs and can be reached expires"]],
  ["unequal directories", { divergentAtEnd: "1 directory" }, ["directories equal in the end"]],
  ["a session too many", { after: after({ directoryEntries: 18, syncSessions: 1 }) }, ["return to the baseline"]],
  ["nobody read", { after: [] }, ["return to the baseline"]],
  ["a tombstone that stays", { after: after({ directoryTombstones: 1 }) }, ["what is remembered of the departed ends"]],
  ["a peak above the cap", { peaks: { passive: 31 } }, ["every collection below its cap"]],
  ["a run cut short", { stopped: true }, ["ran its whole time"]],
])("%s is found", (_, change, expected) => {
  expect(failed(change)).toEqual(expected);
});

test("a quiet that is too short to see memories end says so", () => {
  const { checks } = buildVirtualReport({ ...good, options: { ...good.options, quietMs: HOUR_MS } });
  expect(checks.filter(({ outcome }) => outcome === "skipped").map(({ id }) => id)).toEqual([
    "what is remembered of the departed ends",
  ]);
});
