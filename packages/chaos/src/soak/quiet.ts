/** Reads the counts of all processes that carry slopes while nothing is asked of them, and compares them with those of another quiet time. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Difference, differencesOf, type QuietCounts, QuietWindow } from "./baseline.js";
import { readProc } from "./proc.js";
import type { SampledProcess } from "./sampler.js";

/** Idle connections are closed after 30 s (transport's `idleMs`), and what gossip delivered is forgotten after 90 s. */
const SETTLE_MS = 45_000;
const WINDOW_MS = 30_000;
const READ_MS = 2_000;
/** A process that has not returned by then holds on: connections that carried requests stay for 300 s (transport's `idleWithStreamsMs`). */
const RETURN_TIMEOUT_MS = 340_000;

export interface QuietReader {
  readonly processes: () => readonly SampledProcess[];
  readonly consoleSizes: () => Promise<Readonly<Record<string, number>>>;
  readonly signal: AbortSignal;
}

export type Baseline = ReadonlyMap<string, QuietCounts>;

/** Settles, then keeps the least of each count over half a minute. */
export async function readBaseline(reader: QuietReader): Promise<Baseline> {
  await sleep(SETTLE_MS, undefined, { signal: reader.signal });
  const windows = new Map<string, QuietWindow>();
  for (let read = 0; read * READ_MS < WINDOW_MS; read++) {
    await readInto(reader, windows);
    await sleep(READ_MS, undefined, { signal: reader.signal });
  }
  return baselineOf(windows);
}

export interface Return {
  readonly settledMs: number;
  readonly compared: number;
  /** Of counts that are not what they were. */
  readonly differences: readonly Difference[];
}

/** Waits until every count has returned, or nobody can expect it any more. */
export async function awaitReturn(reader: QuietReader, baseline: Baseline): Promise<Return> {
  const windows = new Map<string, QuietWindow>();
  const startedAtMs = performance.now();
  for (;;) {
    await readInto(reader, windows);
    const now = baselineOf(windows);
    const differences = [...baseline].flatMap(([key, before]) => {
      const after = now.get(key);
      return after === undefined ? [] : differencesOf(key, before, after);
    });
    const settledMs = performance.now() - startedAtMs;
    const answered = [...baseline.keys()].every((key) => now.has(key));
    const returned = answered && differences.every((difference) => difference.returned);
    if ((returned && settledMs >= WINDOW_MS) || settledMs >= RETURN_TIMEOUT_MS) {
      const compared = [...baseline.values()].reduce((sum, { counts }) => sum + Object.keys(counts).length, 0);
      return { settledMs, compared, differences };
    }
    await sleep(READ_MS, undefined, { signal: reader.signal });
  }
}

function baselineOf(windows: ReadonlyMap<string, QuietWindow>): Map<string, QuietCounts> {
  return new Map(
    [...windows].flatMap(([key, window]) => {
      const counts = window.read();
      return counts === undefined ? [] : [[key, counts] as const];
    }),
  );
}

async function readInto(reader: QuietReader, windows: Map<string, QuietWindow>): Promise<void> {
  const steady = reader.processes().filter((process) => process.steady);
  await Promise.all(
    steady.map(async ({ key, kind, pid, probe }) => {
      const proc = readProc(pid);
      const figures = await probe.call("figures", { collect: false }).catch(() => undefined);
      if (proc === undefined || figures === undefined) return;
      const { handles, connections, sizes, links } = figures;
      const console = kind === "console" ? await reader.consoleSizes().catch(() => ({})) : {};
      const counts = {
        handles,
        fileDescriptors: proc.fileDescriptors,
        tcpConnections: proc.tcpConnections,
        threads: proc.threads,
        ...(connections === null ? {} : { connections }),
        ...sizes,
        ...console,
      };
      const window = windows.get(key) ?? new QuietWindow();
      windows.set(key, window);
      window.add(counts, links.length);
    }),
  );
}
