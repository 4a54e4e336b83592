/** The console's own families: HTTP, intake, trace store, supervisor, collections, process. */
import type { ConsoleModel } from "../model.js";
import type { Exposition } from "./exposition.js";

export interface ConsoleCounts {
  readonly version: string;
  readonly intake: Readonly<Record<string, number>>;
  readonly reports: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, number>>;
}

export function writeConsole(out: Exposition, model: ConsoleModel, counts: ConsoleCounts): void {
  out.add("meshwork_console_info", { node: model.node.name, version: counts.version }, 1);
  for (const [result, count] of Object.entries(counts.reports))
    out.add("meshwork_console_reports_total", { result }, count);
  for (const [result, count] of Object.entries(counts.intake))
    out.add("meshwork_console_intake_requests_total", { result }, count);
  out.add("meshwork_console_stream_clients", {}, model.streamClients());
  writeStore(out, model);
  writeHistory(out, model);
  writeSupervised(out, model);
  for (const [collection, size] of Object.entries(counts.sizes))
    out.add("meshwork_console_collection_items", { collection }, size);
  writeProcess(out);
}

function writeStore(out: Exposition, model: ConsoleModel): void {
  const store = model.store.stats();
  out.add("meshwork_console_trace_store_traces", {}, store.traces);
  out.add("meshwork_console_trace_store_spans", {}, store.spans);
  out.add("meshwork_console_trace_store_limit_spans", {}, store.maxSpans);
  out.add("meshwork_console_trace_store_bytes", {}, store.bytes);
  out.add("meshwork_console_trace_store_limit_bytes", {}, store.maxBytes);
  out.add("meshwork_console_trace_store_received_spans_total", {}, store.receivedSpans);
  out.add("meshwork_console_trace_store_evicted_spans_total", {}, store.evictedSpans);
  out.add("meshwork_console_trace_store_rejected_spans_total", {}, store.rejectedSpans);
}

function writeHistory(out: Exposition, model: ConsoleModel): void {
  const history = model.history.store();
  out.add("meshwork_console_history_bytes", {}, history.bytes);
  out.add("meshwork_console_history_limit_bytes", {}, history.maxBytes);
  out.add("meshwork_console_history_evicted_entries_total", {}, history.evictedEntries);
}

function writeSupervised(out: Exposition, model: ConsoleModel): void {
  const processes = model.live.lastProcesses;
  if (processes === undefined) return;
  const byState = new Map<string, number>();
  for (const { state } of processes.list) byState.set(state, (byState.get(state) ?? 0) + 1);
  for (const [state, count] of byState) out.add("meshwork_console_supervised_processes", { state }, count);
  const ageMs = Math.max(0, model.clock.nowMs() - processes.atMs);
  out.add("meshwork_console_supervised_age_seconds", {}, ageMs / 1_000);
}

/** All but the first carry the names that Prometheus's own client libraries give them. */
function writeProcess(out: Exposition): void {
  const { active } = performance.eventLoopUtilization();
  out.add("meshwork_console_event_loop_active_seconds_total", {}, active / 1_000);
  const { user, system } = process.cpuUsage();
  out.add("process_cpu_seconds_total", {}, (user + system) / 1e6);
  const { rss, heapUsed, external } = process.memoryUsage();
  out.add("process_resident_memory_bytes", {}, rss);
  out.add("nodejs_heap_size_used_bytes", {}, heapUsed);
  out.add("nodejs_external_memory_bytes", {}, external);
  out.add("process_start_time_seconds", {}, performance.timeOrigin / 1_000);
}
