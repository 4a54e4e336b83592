/**
 * Gathers the facts from what the console has anyway: records of the directory, reports that nodes push to it once a minute, stats of
 * nodes that somebody looks at. Asks nobody.
 *
 * Owner: AlertWatch. Holds two counter windows per live node; they go with their node.
 */
import type { LinkView } from "../api-types.js";
import type { LiveState } from "../live/live-state.js";
import { isLive, type NodeRow } from "../live/node-row.js";
import type { AgedReport } from "../metrics/node-reports.js";
import type { ConsoleModel } from "../model.js";
import { CounterWindow } from "./counter-window.js";
import type { Facts, Figure, LinkFacts, MeshFacts, NodeFacts } from "./facts.js";

/** Stats come at most every 10 s, reports once a minute. */
const STATS_FRESH_MS = 30_000;
const REPORT_FRESH_MS = 150_000;
/** Of the record's own refresh interval. */
const RECORD_FRESH = 2.5;
const OPENED_WINDOW_MS = 60_000;
const MIN_RATE_MS = 20_000;
const DROPPED_WINDOW_MS = 300_000;
/** A node that was told to go still sends its last report. */
const LAST_REPORT_MS = 10_000;
/** The first record is made before the first neighbour is found. */
const FIRST_RECORD_MS = 45_000;

interface Windows {
  readonly opened: CounterWindow;
  readonly dropped: CounterWindow;
}

export interface ReportSource {
  reportOf(id: string): AgedReport | undefined;
  reports(): Iterable<AgedReport>;
}

export class FactsCollector {
  readonly #model: ConsoleModel;
  readonly #reports: ReportSource;
  readonly #windows = new Map<string, Windows>();
  readonly #rejected = new CounterWindow(DROPPED_WINDOW_MS);

  constructor(model: ConsoleModel, reports: ReportSource) {
    this.#model = model;
    this.#reports = reports;
  }

  collect(loopDelayMs: number): Facts {
    const { live, clock, store, node } = this.#model;
    const nowMs = clock.nowMs();
    const rows = [...live.rows()].filter((row) => isLive(row.state) && row.id !== null);
    const ids = new Set(rows.map((row) => row.id));
    for (const id of this.#windows.keys()) if (!ids.has(id)) this.#windows.delete(id);
    this.#rejected.add(nowMs, store.stats().rejectedSpans);
    return {
      nodes: rows.map((row) => this.#node(row, row.id!, nowMs)),
      links: linksOf(live, rows, nowMs),
      meshes: this.#meshes(rows, nowMs),
      console: { name: node.name, loopDelayMs, rejectedSpans: this.#rejected.grown()?.by ?? 0 },
    };
  }

  #node(row: NodeRow, id: string, nowMs: number): NodeFacts {
    const { entry, mesh } = row;
    const age = (thenMs: number) => Math.max(0, nowMs - thenMs);
    const stats = fresh(row.stats, age(row.statsAtMs), STATS_FRESH_MS);
    const aged = this.#reports.reportOf(id);
    const report = aged && fresh(aged.report, age(aged.atMs), REPORT_FRESH_MS);
    const recordAgeMs = entry === undefined ? 0 : age(entry.receivedAtMs);
    const record = entry && fresh(entry.record, recordAgeMs, entry.record.refreshIntervalMs * RECORD_FRESH);
    const settled = entry !== undefined && entry.receivedAtMs - entry.firstSeenAtMs > FIRST_RECORD_MS;
    const neighbors = record?.of.neighbors.length;
    const windows = this.#windowsOf(id);
    const opened = newest(
      figureOf(stats, ({ connectionsOpened }) => connectionsOpened),
      figureOf(report, (said) => (said.opened.size === 0 ? undefined : sumOf(said.opened.values()))),
    );
    if (opened !== undefined) windows.opened.add(nowMs - opened.ageMs, opened.value);
    const dropped = newest(
      figureOf(stats, ({ telemetryDropped }) => telemetryDropped),
      figureOf(report, ({ droppedSpans }) => droppedSpans),
    );
    if (dropped !== undefined) windows.dropped.add(nowMs - dropped.ageMs, dropped.value);
    return {
      ...{ id, name: row.name ?? row.key, mesh },
      record: entry && { ageMs: recordAgeMs, refreshIntervalMs: entry.record.refreshIntervalMs },
      cpuUsedCores: newest(
        figureOf(stats, (said) => said.cpuUsedCores),
        figureOf(report, (said) => said.cpuUsedCores),
        figureOf(record, (said) => said.cpuUsedCores),
      ),
      cpuBudgetCores: stats?.of.cpuBudgetCores ?? entry?.record.cpuBudgetCores,
      ramUsedBytes: newest(
        figureOf(stats, (said) => said.ramUsedBytes),
        figureOf(report, (said) => said.memoryUsedBytes),
        figureOf(record, (said) => said.ramUsedBytes),
      ),
      ramBudgetBytes: stats?.of.ramBudgetBytes ?? entry?.record.ramBudgetBytes,
      peers: newest(
        figureOf(stats, ({ activeViews }) => activeViews[mesh]?.length),
        figureOf(report, ({ activePeers }) => activePeers),
        settled || neighbors !== 0 ? figureOf(record, () => neighbors) : undefined,
      ),
      furtherConnections: figureOf(stats, ({ connections, sizes }) =>
        sizes.peers === undefined ? undefined : Math.max(0, connections - sizes.peers),
      ),
      connectionsOpenedPerMinute: opened && rateOf(windows.opened, nowMs),
      telemetryDropped: dropped && growthOf(windows.dropped, nowMs),
      ownMeshListed: newest(
        // A node that is in one mesh alone has only that one's directory.
        figureOf(stats, (said) => (Object.keys(said.activeViews).length === 1 ? said.directorySize : undefined)),
        figureOf(report, ({ directory }) => directory.find((line) => line.mesh === mesh)?.entries),
      ),
    };
  }

  #windowsOf(id: string): Windows {
    const held = this.#windows.get(id);
    if (held !== undefined) return held;
    const made = { opened: new CounterWindow(OPENED_WINDOW_MS), dropped: new CounterWindow(DROPPED_WINDOW_MS) };
    this.#windows.set(id, made);
    return made;
  }

  #meshes(rows: readonly NodeRow[], nowMs: number): MeshFacts[] {
    const live = new Map<string, number>();
    for (const { mesh } of rows) live.set(mesh, (live.get(mesh) ?? 0) + 1);
    const doubted = doubtedOf(rows, (id) => this.#model.live.doubtersOf(id));
    const cutOff = this.#cutOff(nowMs);
    return [...live].map(([mesh, count]) => ({
      mesh,
      live: count,
      doubted: doubted.filter((row) => row.mesh === mesh).map((row) => row.name ?? row.key),
      cutOff: cutOff.filter((row) => row.mesh === mesh).map((row) => row.name ?? row.key),
    }));
  }

  #cutOff(nowMs: number): NodeRow[] {
    const rows: NodeRow[] = [];
    for (const { report, atMs } of this.#reports.reports()) {
      const row = this.#model.live.rowOf(report.id);
      if (row === undefined || (row.state !== "dead" && row.state !== "expired")) continue;
      const goesOn = atMs > row.stateSinceMs + LAST_REPORT_MS && nowMs - atMs <= REPORT_FRESH_MS;
      if (goesOn && (report.activePeers ?? 0) > 0) rows.push(row);
    }
    return rows;
  }
}

interface Fresh<T> {
  readonly of: T;
  readonly ageMs: number;
}

function fresh<T>(of: T | undefined, ageMs: number, maxAgeMs: number): Fresh<T> | undefined {
  return of === undefined || ageMs > maxAgeMs ? undefined : { of, ageMs };
}

function figureOf<T>(source: Fresh<T> | undefined, pick: (said: T) => number | undefined): Figure | undefined {
  const value = source && pick(source.of);
  return source === undefined || value === undefined ? undefined : { value, ageMs: source.ageMs };
}

function newest(...figures: readonly (Figure | undefined)[]): Figure | undefined {
  let best: Figure | undefined;
  for (const figure of figures)
    if (figure !== undefined && (best === undefined || figure.ageMs < best.ageMs)) best = figure;
  return best;
}

function rateOf(window: CounterWindow, nowMs: number): Figure | undefined {
  const grown = window.grown();
  if (grown === undefined || grown.overMs < MIN_RATE_MS) return undefined;
  return { value: (grown.by / grown.overMs) * 60_000, ageMs: Math.max(0, nowMs - grown.atMs) };
}

function growthOf(window: CounterWindow, nowMs: number): Figure | undefined {
  const grown = window.grown();
  return grown && { value: grown.by, ageMs: Math.max(0, nowMs - grown.atMs) };
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Live members with two doubters or more who are themselves not doubted so. */
function doubtedOf(rows: readonly NodeRow[], doubtersOf: (id: string) => readonly string[]): NodeRow[] {
  const doubters = new Map(rows.map((row) => [row.id!, doubtersOf(row.id!)]));
  const isDoubted = (id: string) => (doubters.get(id)?.length ?? 0) >= 2;
  return rows.filter((row) => doubters.get(row.id!)!.filter((id) => !isDoubted(id)).length >= 2);
}

/** Known only where both ends have said lately what they hold. */
function linksOf(live: LiveState, rows: readonly NodeRow[], nowMs: number): LinkFacts[] {
  const ages = new Map<string, number>();
  for (const row of rows) if (row.stats !== undefined) ages.set(row.id!, nowMs - row.statsAtMs);
  return live.links().map((link) => {
    const ageMs = Math.max(ages.get(link.a) ?? Number.POSITIVE_INFINITY, ages.get(link.b) ?? Number.POSITIVE_INFINITY);
    const { holder, other } = endsOf(link);
    const { key, mesh, aReports, bReports } = link;
    const known = aReports !== null && bReports !== null && ageMs <= STATS_FRESH_MS;
    return { key, mesh, holder, other, oneSided: known ? aReports !== bReports : undefined, ageMs: known ? ageMs : 0 };
  });
}

function endsOf({ a, b, aName, bName, aReports }: LinkView): Pick<LinkFacts, "holder" | "other"> {
  const [first, second] = [aName ?? a, bName ?? b];
  return aReports === false ? { holder: second, other: first } : { holder: first, other: second };
}
