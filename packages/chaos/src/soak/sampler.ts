/**
 * Reads what each process of the cluster uses: every 5 s what /proc says, every 10 s what the probes say, every 20 s with a collection
 * forced first. Of processes that carry slopes the least of each minute is kept by metric; of the others only their part in the totals.
 *
 * Owner: one part of a soak. One entry per process that runs, and the state's series.
 */
import type { ProbeClient } from "./probe/probe-client.js";
import { type ProcFigures, readProc } from "./proc.js";
import type { Consumer, SeriesState, SoakState } from "./state.js";
import { MinuteMinima } from "./statistics/minute-minima.js";

export interface SampledProcess {
  /** `node 4`, `console`, `launcher`. */
  readonly key: string;
  readonly label: string;
  readonly kind: SeriesState["kind"];
  readonly pid: number;
  readonly probe: ProbeClient;
  readonly steady: boolean;
}

export const SAMPLE_MS = 5_000;
const PROBES_EVERY = 2;
const COLLECT_EVERY = 4;

interface Last {
  readonly proc: ProcFigures;
  readonly atMs: number;
}

export class Sampler {
  readonly #state: SoakState;
  readonly #processes: () => readonly SampledProcess[];
  readonly #consoleSizes: () => Promise<Readonly<Record<string, number>>>;
  readonly #minima = new Map<string, Map<string, MinuteMinima>>();
  readonly #minuteSums = { minute: -1, samples: 0, cpuCores: 0, nodeCpuCores: 0 };
  readonly #part: number;
  readonly #partFromMs: number;
  #last = new Map<number, Last>();
  #ticks = 0;
  #newest: (Consumer & { readonly key: string })[] = [];

  constructor(
    state: SoakState,
    processes: () => readonly SampledProcess[],
    consoleSizes: () => Promise<Readonly<Record<string, number>>>,
  ) {
    this.#state = state;
    this.#processes = processes;
    this.#consoleSizes = consoleSizes;
    this.#part = state.parts.length - 1;
    this.#partFromMs = state.parts.at(-1)?.fromMs ?? 0;
  }

  /** `elapsedMs` of the schedule. */
  async sample(elapsedMs: number): Promise<void> {
    const tick = this.#ticks++;
    const processes = this.#processes();
    this.#sampleProc(processes, elapsedMs);
    if (tick % PROBES_EVERY !== 0) return;
    const collect = tick % COLLECT_EVERY === 0;
    const minute = this.#minuteOfPart(elapsedMs);
    await Promise.all(processes.map((process) => this.#sampleProbe(process, minute, collect)));
    const consoleProcess = processes.find(({ kind }) => kind === "console");
    if (consoleProcess === undefined) return;
    // A console that is just being asked for much may be late: the next reading comes.
    const sizes = await this.#consoleSizes().catch(() => ({}));
    for (const [name, size] of Object.entries(sizes)) this.#add(consoleProcess, `size.${name}`, minute, size);
  }

  /** Who uses most now, first. */
  consumers(): Consumer[] {
    return this.#newest
      .toSorted((a, b) => b.cpuCores - a.cpuCores)
      .map(({ name, links, cpuCores, pssBytes }) => ({ name, links, cpuCores, pssBytes }));
  }

  #sampleProc(processes: readonly SampledProcess[], elapsedMs: number): void {
    const now = new Map<number, Last>();
    const minute = this.#minuteOfPart(elapsedMs);
    const sums = { cpuCores: 0, nodeCpuCores: 0, pssBytes: 0, rssBytes: 0, nodes: 0, rated: 0 };
    const consumers: (Consumer & { key: string })[] = [];
    for (const process of processes) {
      const proc = readProc(process.pid);
      if (proc === undefined) continue;
      const atMs = performance.now();
      now.set(process.pid, { proc, atMs });
      const before = this.#last.get(process.pid);
      const cpuCores = before === undefined ? null : (proc.cpuMs - before.proc.cpuMs) / (atMs - before.atMs);
      sums.pssBytes += proc.pssBytes;
      sums.rssBytes += proc.rssBytes;
      if (process.kind === "node") sums.nodes += 1;
      if (cpuCores !== null) {
        sums.cpuCores += cpuCores;
        if (process.kind === "node") {
          sums.nodeCpuCores += cpuCores;
          sums.rated += 1;
        }
        this.#add(process, "cpuCores", minute, cpuCores);
        const links = this.#newest.find(({ key }) => key === process.key)?.links ?? null;
        consumers.push({ key: process.key, name: process.label, links, cpuCores, pssBytes: proc.pssBytes });
      }
      this.#add(process, "pssBytes", minute, proc.pssBytes);
      this.#add(process, "rssBytes", minute, proc.rssBytes);
      this.#add(process, "fileDescriptors", minute, proc.fileDescriptors);
      this.#add(process, "tcpConnections", minute, proc.tcpConnections);
      this.#add(process, "threads", minute, proc.threads);
    }
    if (this.#last.size > 0) this.#addTotals(Math.floor(elapsedMs / 60_000), sums);
    this.#last = now;
    if (consumers.length > 0) this.#newest = consumers;
  }

  #addTotals(
    minute: number,
    sums: { cpuCores: number; nodeCpuCores: number; pssBytes: number; rssBytes: number; nodes: number; rated: number },
  ): void {
    const { totals } = this.#state;
    const least = (values: (number | null)[], value: number) => {
      while (values.length <= minute) values.push(null);
      values[minute] = Math.min(values[minute] ?? Number.POSITIVE_INFINITY, value);
    };
    least(totals.pssBytes, sums.pssBytes);
    least(totals.rssBytes, sums.rssBytes);
    least(totals.nodes, sums.nodes);
    const mean = this.#minuteSums;
    if (mean.minute !== minute) Object.assign(mean, { minute, samples: 0, cpuCores: 0, nodeCpuCores: 0 });
    mean.samples += 1;
    mean.cpuCores += sums.cpuCores;
    mean.nodeCpuCores += sums.nodeCpuCores / Math.max(1, sums.rated);
    for (const name of ["cpuCores", "nodeCpuCores"] as const) {
      while (totals[name].length <= minute) totals[name].push(null);
      totals[name][minute] = mean[name] / mean.samples;
    }
  }

  async #sampleProbe(process: SampledProcess, minute: number, collect: boolean): Promise<void> {
    // Who is frozen or was just ended does not answer; that is a gap in its series.
    const figures = await process.probe.call("figures", { collect: collect && process.steady }).catch(() => undefined);
    if (figures === undefined) return;
    const { heapBytes, handles, connections, sizes, links } = figures;
    this.#newest = this.#newest.map((consumer) =>
      consumer.key === process.key && process.kind === "node" ? { ...consumer, links: links.length } : consumer,
    );
    if (heapBytes !== null) this.#add(process, "heapBytes", minute, heapBytes);
    if (connections !== null) this.#add(process, "connections", minute, connections);
    this.#add(process, "handles", minute, handles);
    for (const [name, size] of Object.entries(sizes)) this.#add(process, `size.${name}`, minute, size);
  }

  #add(process: SampledProcess, metric: string, minute: number, value: number): void {
    if (!process.steady) return;
    const series = this.#seriesOf(process);
    const known = this.#minima.get(process.key) ?? new Map<string, MinuteMinima>();
    this.#minima.set(process.key, known);
    const minima = known.get(metric) ?? new MinuteMinima();
    known.set(metric, minima);
    minima.add(minute, value);
    const part = series.parts[this.#part] as Record<string, readonly (number | null)[]>;
    part[metric] = minima.values();
  }

  #seriesOf({ key, label, kind }: SampledProcess): SeriesState {
    this.#state.series[key] ??= { label, kind, parts: [] };
    const series = this.#state.series[key];
    series.label = label;
    while (series.parts.length <= this.#part) series.parts.push({});
    return series;
  }

  #minuteOfPart(elapsedMs: number): number {
    return Math.floor((elapsedMs - this.#partFromMs) / 60_000);
  }
}
