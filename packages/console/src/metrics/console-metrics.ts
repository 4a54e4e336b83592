/**
 * `GET /metrics`: what is counted all the time, and the exposition made of it and of the model at a scrape. A scrape asks no node: an
 * idle console costs the mesh nothing that a node does not (node-families.ts says where each figure comes from).
 * Owner: startConsole; ends with `close`.
 */
import type { IntakePoint } from "@meshwork/telemetry/intake";
import { isLive, type NodeRow } from "../live/node-row.js";
import type { ConsoleModel } from "../model.js";
import { writeConsole } from "./console-families.js";
import { DirectoryChanges } from "./directory-changes.js";
import { Exposition } from "./exposition.js";
import { HttpRequests } from "./http-requests.js";
import { MeshSum } from "./mesh-families.js";
import { type KnownNode, writeNode } from "./node-families.js";
import { type AgedReport, NodeReports } from "./node-reports.js";

export interface ConsoleMetricsOptions {
  readonly model: ConsoleModel;
  /** Paths of the API document. */
  readonly routes: readonly string[];
  readonly version: string;
  /** Of the intake's requests, by their end; read at each scrape. */
  readonly intakeCounts: Readonly<Record<string, number>>;
  /** Nodes with series of their own, about 60 each. Default 250. */
  readonly maxNodes: number | undefined;
}

const DEFAULT_MAX_NODES = 250;
/** Who is gone keeps its series as long as a report is kept of who is not live. */
const GONE_SHOWN_MS = 600_000;
/** Mesh, type and state come from records, and a hostile mesh may have many types. */
const MAX_NODE_COUNTS = 500;

export class ConsoleMetrics {
  readonly http: HttpRequests;
  readonly #options: ConsoleMetricsOptions;
  readonly #reports = new NodeReports();
  readonly #changes: DirectoryChanges;

  constructor(options: ConsoleMetricsOptions) {
    this.#options = options;
    this.http = new HttpRequests(options.routes);
    this.#changes = new DirectoryChanges(options.model.node.directory);
    this.#changes.seen(options.model.node.mesh);
  }

  close(): void {
    this.#changes.close();
  }

  /** The points of an OTLP request. */
  take(points: readonly IntakePoint[]): void {
    this.#reports.take(points, this.#options.model.clock.nowMs());
  }

  /** The newest report of a node. */
  reportOf(id: string): AgedReport | undefined {
    return this.#reports.get(id);
  }

  reports(): IterableIterator<AgedReport> {
    return this.#reports.entries();
  }

  sizes(): Readonly<Record<string, number>> {
    return { nodeReports: this.#reports.size, meshTotals: this.#reports.totals.size };
  }

  text(): string {
    const { model, version, intakeCounts } = this.#options;
    model.live.sync();
    const nodes = this.#nodes();
    const out = new Exposition();
    this.#writeStates(out);
    this.#writeMeshes(out, nodes);
    this.#writeNodes(out, nodes);
    this.http.write(out);
    const sizes = { ...model.sizes(), ...this.sizes() };
    writeConsole(out, model, { version, intake: intakeCounts, reports: this.#reports.counts, sizes });
    return out.toString();
  }

  /** The live, those known longest first; then who went lately or reports without being a member. */
  #nodes(): KnownNode[] {
    const { model } = this.#options;
    const nowMs = model.clock.nowMs();
    const nodes: KnownNode[] = [];
    const gone: KnownNode[] = [];
    const listed = new Set<string>();
    const live = new Set<string>();
    for (const row of model.live.rows()) {
      if (row.id === null) continue;
      const report = this.#reports.get(row.id);
      listed.add(row.id);
      if (isLive(row.state)) {
        live.add(row.id);
        nodes.push(knownOf(row, row.id, true, report, nowMs));
      } else if (report !== undefined || since(nowMs, row.stateSinceMs) <= GONE_SHOWN_MS)
        gone.push(knownOf(row, row.id, false, report, nowMs));
    }
    this.#reports.sweep((id) => live.has(id), nowMs);
    for (const aged of this.#reports.entries()) if (!listed.has(aged.report.id)) gone.push(reportingOnly(aged, nowMs));
    return [...nodes, ...gone];
  }

  #writeStates(out: Exposition): void {
    const counts = new Map<string, { labels: Record<string, string>; count: number }>();
    for (const { mesh, type, state } of this.#options.model.live.rows()) {
      const labels = { mesh, type: counts.size < MAX_NODE_COUNTS ? type : "other", state };
      const key = `${mesh} ${labels.type} ${state}`;
      const count = counts.get(key) ?? { labels, count: 0 };
      count.count += 1;
      counts.set(key, count);
    }
    for (const { labels, count } of counts.values()) out.add("meshwork_nodes", labels, count);
  }

  #writeMeshes(out: Exposition, nodes: readonly KnownNode[]): void {
    const sums = new Map<string, MeshSum>();
    for (const node of nodes) {
      if (!node.live) continue;
      this.#changes.seen(node.mesh);
      const sum = sums.get(node.mesh) ?? new MeshSum();
      sums.set(node.mesh, sum);
      sum.add(node);
    }
    for (const mesh of this.#changes.meshes()) (sums.get(mesh) ?? new MeshSum()).write(out, mesh);
    this.#changes.write(out);
    this.#reports.totals.write(out);
  }

  /** Who has series keeps them when others come. */
  #writeNodes(out: Exposition, nodes: readonly KnownNode[]): void {
    const names = new Set<string>();
    for (const node of nodes.slice(0, this.#options.maxNodes ?? DEFAULT_MAX_NODES)) {
      const name = uniqueName(node, names);
      names.add(name);
      writeNode(out, name, node);
    }
    out.add("meshwork_console_nodes_exported", {}, names.size);
    out.add("meshwork_console_nodes_left_out", {}, nodes.length - names.size);
  }
}

function knownOf(row: NodeRow, id: string, live: boolean, report: AgedReport | undefined, nowMs: number): KnownNode {
  const { mesh, type, entry, stats } = row;
  return {
    ...{ id, mesh, type, live },
    record: entry && { value: entry.record, ageMs: since(nowMs, entry.receivedAtMs) },
    report: report && { value: report.report, ageMs: since(nowMs, report.atMs) },
    stats: stats && { value: stats, ageMs: since(nowMs, row.statsAtMs) },
  };
}

/** A node that the directory does not list (any more), and which reports all the same. */
function reportingOnly({ report, atMs }: AgedReport, nowMs: number): KnownNode {
  const { id, mesh, type } = report;
  const aged = { value: report, ageMs: since(nowMs, atMs) };
  return { id, mesh, type, live: false, record: undefined, report: aged, stats: undefined };
}

/** The name, with more of the id where two ids share six digits: two series with the same labels would break the whole scrape. */
function uniqueName({ id, mesh, type }: KnownNode, taken: ReadonlySet<string>): string {
  for (const digits of [6, 12, 24]) {
    const name = `${mesh}.${type}.${id.slice(0, digits)}`;
    if (!taken.has(name)) return name;
  }
  return `${mesh}.${type}.${id}`;
}

const since = (nowMs: number, thenMs: number) => Math.max(0, nowMs - thenMs);
