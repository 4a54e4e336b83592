/**
 * The families with a `node` label, and the sums of meshes over what is known of their nodes now.
 *
 * Three sources, none of them asked for by a scrape: the node's record (every node; renewed at its refresh interval), its report (those
 * that have this console as collector; once a minute), its stats (only while somebody looks at the console). Each figure is the newest
 * source's that has it; the ages of all three are families of their own.
 */
import type { DirectoryEntry, NodeStats } from "@meshwork/node";
import type { Exposition, Labels } from "./exposition.js";
import type { NodeReport } from "./report.js";

export interface KnownNode {
  readonly id: string;
  readonly mesh: string;
  readonly type: string;
  readonly live: boolean;
  readonly record: Aged<DirectoryEntry["record"]> | undefined;
  readonly report: Aged<NodeReport> | undefined;
  readonly stats: Aged<NodeStats> | undefined;
}

export interface Aged<T> {
  readonly value: T;
  readonly ageMs: number;
}

/** What is known of a node's load, whatever the source. */
export interface NodeLoad {
  readonly cpuUsedCores: number | undefined;
  readonly cpuBudgetCores: number | undefined;
  readonly memoryUsedBytes: number | undefined;
  readonly memoryBudgetBytes: number | undefined;
}

const SECOND = 1_000;

export function loadOf(node: KnownNode): NodeLoad {
  const { record, report, stats } = node;
  return {
    cpuUsedCores: newest(
      [record?.ageMs, record?.value.cpuUsedCores],
      [report?.ageMs, report?.value.cpuUsedCores],
      [stats?.ageMs, stats?.value.cpuUsedCores],
    ),
    cpuBudgetCores: newest(
      [record?.ageMs, record?.value.cpuBudgetCores],
      [report?.ageMs, report?.value.cpuBudgetCores],
      [stats?.ageMs, stats?.value.cpuBudgetCores],
    ),
    memoryUsedBytes: newest(
      [record?.ageMs, record?.value.ramUsedBytes],
      [report?.ageMs, report?.value.memoryUsedBytes],
      [stats?.ageMs, stats?.value.ramUsedBytes],
    ),
    memoryBudgetBytes: newest(
      [record?.ageMs, record?.value.ramBudgetBytes],
      [report?.ageMs, report?.value.memoryBudgetBytes],
      [stats?.ageMs, stats?.value.ramBudgetBytes],
    ),
  };
}

function newest(...sources: readonly (readonly [ageMs: number | undefined, value: number | undefined])[]) {
  let best: { ageMs: number; value: number } | undefined;
  for (const [ageMs, value] of sources)
    if (ageMs !== undefined && value !== undefined && (best === undefined || ageMs < best.ageMs))
      best = { ageMs, value };
  return best?.value;
}

/** `name` is unique in the exposition. */
export function writeNode(out: Exposition, name: string, node: KnownNode): void {
  const { id, mesh, type, record, report, stats } = node;
  const labels = { node: name, mesh, type };
  out.add("meshwork_node_live", labels, node.live ? 1 : 0);
  out.add("meshwork_node_info", { ...labels, id, version: record?.value.version ?? "" }, 1);
  out.add("meshwork_node_start_time_seconds", labels, seconds(record?.value.startedAtMs));
  out.add("meshwork_node_record_age_seconds", labels, seconds(record?.ageMs));
  out.add("meshwork_node_report_age_seconds", labels, seconds(report?.ageMs));
  out.add("meshwork_node_stats_age_seconds", labels, seconds(stats?.ageMs));
  const load = loadOf(node);
  out.add("meshwork_node_cpu_used_cores", labels, load.cpuUsedCores);
  out.add("meshwork_node_cpu_budget_cores", labels, load.cpuBudgetCores);
  out.add("meshwork_node_memory_used_bytes", labels, load.memoryUsedBytes);
  out.add("meshwork_node_memory_budget_bytes", labels, load.memoryBudgetBytes);
  out.add("meshwork_node_active_peers", labels, activePeersOf(node));
  for (const [direction, frames] of [
    ["sent", record?.value.framesSent],
    ["received", record?.value.framesReceived],
  ] as const)
    out.add("meshwork_node_record_frames_total", { ...labels, direction }, frames);
  writeTraffic(out, labels, node);
  if (report !== undefined) writeReport(out, labels, report.value);
  out.add("meshwork_node_telemetry_dropped_spans_total", labels, droppedOf(node));
  out.add("meshwork_node_event_loop_delay_seconds", labels, seconds(stats?.value.eventLoopDelayP99Ms));
}

function activePeersOf({ record, report, stats }: KnownNode): number | undefined {
  const views = stats && Object.values(stats.value.activeViews);
  const told = newest(
    [report?.ageMs, report?.value.activePeers],
    [stats?.ageMs, views?.reduce((sum, view) => sum + view.length, 0)],
  );
  return told ?? record?.value.neighbors.length;
}

function droppedOf({ report, stats }: KnownNode): number | undefined {
  return newest([report?.ageMs, report?.value.droppedSpans], [stats?.ageMs, stats?.value.telemetryDropped]);
}

function writeTraffic(out: Exposition, labels: Labels, { report, stats }: KnownNode): void {
  const fromStats = stats !== undefined && (report === undefined || stats.ageMs < report.ageMs);
  const kinds = fromStats ? Object.entries(stats.value.frames) : (report?.value.frames ?? []);
  for (const [kind, totals] of kinds) {
    const sent = { ...labels, kind, direction: "sent" };
    const received = { ...labels, kind, direction: "received" };
    out.add("meshwork_node_frames_total", sent, totals.sent);
    out.add("meshwork_node_frames_total", received, totals.received);
    out.add("meshwork_node_bytes_total", sent, totals.sentBytes);
    out.add("meshwork_node_bytes_total", received, totals.receivedBytes);
  }
}

function writeReport(out: Exposition, labels: Labels, report: NodeReport): void {
  for (const [direction, count] of report.opened)
    out.add("meshwork_node_connections_opened_total", { ...labels, direction }, count);
  for (const [reason, count] of report.closed)
    if (count > 0) out.add("meshwork_node_connections_closed_total", { ...labels, reason }, count);
  for (const { mesh, state, entries } of report.directory)
    out.add("meshwork_node_directory_entries", { ...labels, listed_mesh: mesh, state }, entries);
  if (report.peerRtt !== undefined) out.summary("meshwork_node_peer_rtt_seconds", labels, report.peerRtt);
  out.add("meshwork_node_telemetry_exported_spans_total", labels, report.exportedSpans);
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / SECOND;
}
