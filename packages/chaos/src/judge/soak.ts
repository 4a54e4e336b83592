/**
 * A soak: faults drawn from a seed, at an interval, for a time; between them each process is measured. Of processes that live long enough
 * it is judged whether their memory grows (leaks.ts).
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../cluster/agent-protocol.js";
import type { Cluster } from "../cluster/cluster.js";
import type { Fault } from "../faults/fault.js";
import { randomFrom, type Waits, waitsOf } from "./figures.js";
import { type LeakReport, leaksOf, type Point } from "./leaks.js";
import { runChaos, type SessionOptions, type SessionReport } from "./session.js";

export interface SoakOptions extends Omit<SessionOptions, "faults" | "between" | "seed"> {
  readonly faults: readonly Fault[];
  readonly durationMs: number;
  /** From the start of one fault to the start of the next, where the fault itself does not take longer. */
  readonly intervalMs: number;
  readonly seed: number;
}

export interface SoakSample {
  readonly atMs: number;
  readonly name: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly rssBytes: number;
  /** Shared pages counted once; null where the kernel does not tell. */
  readonly pssBytes: number | null;
  readonly descriptors: number;
  readonly threads: number;
  readonly connections: number;
  /** Entries of all its collections. */
  readonly entries: number;
}

export interface SoakReport extends SessionReport {
  readonly samples: readonly SoakSample[];
  /** Of each process that lived to the end. */
  readonly leaks: readonly LeakReport[];
  /** How long survivors waited to know of a death, over all kills. */
  readonly deathsKnownMs?: Waits;
}

/** 18 nodes, a sample each after every fault: a day of them at one a minute. */
const MAX_SAMPLES = 30_000;
const DEATHS = new Set(["kill-node", "memory-pressure", "disk-full"]);

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { faults, durationMs, intervalMs, seed } = options;
  const random = randomFrom(seed ^ 0x50a6);
  const startedAtMs = monotonicMs();
  const endsAtMs = startedAtMs + durationMs;
  let faultAtMs = startedAtMs;
  const samples: SoakSample[] = [];
  function* drawn(): Generator<Fault> {
    while (monotonicMs() < endsAtMs) {
      const fault = faults[Math.floor(random() * faults.length)];
      if (fault === undefined) return;
      faultAtMs = monotonicMs();
      yield fault;
    }
  }
  const report = await runChaos({
    ...options,
    faults: drawn(),
    between: async (cluster, signal) => {
      if (samples.length < MAX_SAMPLES) samples.push(...(await sampleAll(cluster, startedAtMs)));
      const pauseMs = Math.min(faultAtMs + intervalMs, endsAtMs) - monotonicMs();
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => {});
    },
  });
  const waited = report.verdicts
    .filter(({ fault }) => DEATHS.has(fault))
    .flatMap(({ witnesses = [] }) => witnesses.flatMap(({ waitedMs }) => (waitedMs === null ? [] : [waitedMs])));
  const deathsKnownMs = waitsOf(waited);
  return {
    ...report,
    samples,
    leaks: leaksOf(seriesOf(samples)),
    ...(deathsKnownMs === undefined ? {} : { deathsKnownMs }),
  };
}

/** By process, since each life starts anew; those that are there at the end. PSS where the kernel tells it. */
export function seriesOf(samples: readonly SoakSample[]): Map<string, Point[]> {
  const lastMs = samples.at(-1)?.atMs;
  const series = new Map<string, Point[]>();
  const living = new Set(samples.filter(({ atMs }) => atMs === lastMs).map(({ pid }) => pid));
  for (const { atMs, name, pid, pssBytes, rssBytes } of samples) {
    if (!living.has(pid)) continue;
    const key = `${name} (process ${pid})`;
    const points = series.get(key) ?? [];
    points.push({ atMs, bytes: pssBytes ?? rssBytes });
    series.set(key, points);
  }
  return series;
}

async function sampleAll(cluster: Cluster, startedAtMs: number): Promise<SoakSample[]> {
  const atMs = Math.round(monotonicMs() - startedAtMs);
  const samples = await Promise.all(
    cluster.nodes.map(async (node) => {
      const stats = await node.call("stats", {}).catch(() => undefined);
      if (stats === undefined) return [];
      return [
        {
          atMs,
          name: node.name,
          pid: node.agent.pid,
          uptimeMs: Math.round(stats.uptimeMs),
          rssBytes: stats.process.rssBytes,
          ...processFigures(node.agent.pid),
          connections: stats.connections,
          entries: Object.values(stats.sizes).reduce((sum, size) => sum + size, 0),
        },
      ];
    }),
  );
  return samples.flat();
}

function processFigures(pid: number): Pick<SoakSample, "pssBytes" | "descriptors" | "threads"> {
  const count = (directory: string) => {
    try {
      return readdirSync(`/proc/${pid}/${directory}`).length;
    } catch {
      return 0;
    }
  };
  return { pssBytes: pssOf(pid), descriptors: count("fd"), threads: count("task") };
}

function pssOf(pid: number): number | null {
  try {
    const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1_024;
  } catch {
    return null;
  }
}
