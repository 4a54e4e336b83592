/**
 * Every metric family that `GET /metrics` may serve: type, help and the only labels it may carry (docs/monitoring/metrics.md is made
 * of it). Names by Prometheus's conventions: base units, `_total` on counters alone, `_cores` for CPU cores as Kubernetes has it.
 *
 * Cardinality: families with a `node` label are exported for at most `maxNodes` nodes (node-families.ts); meshes, types, kinds and
 * reasons are bounded where they are taken in.
 */
export interface MetricFamily {
  readonly type: "gauge" | "counter" | "histogram" | "summary";
  readonly help: string;
  readonly labels: readonly string[];
}

const NODE = ["node", "mesh", "type"] as const;

const MESH_FAMILIES = {
  meshwork_nodes: {
    type: "gauge",
    help: "Nodes by state as the console knows them; who left, died or expired is counted for 24 hours, 256 at most",
    labels: ["mesh", "type", "state"],
  },
  meshwork_mesh_live_nodes: {
    type: "gauge",
    help: "Nodes that the console's own directory lists; 0 for a mesh that it listed before",
    labels: ["mesh"],
  },
  meshwork_mesh_reporting_nodes: {
    type: "gauge",
    help: "Live nodes whose own report is not older than three minutes",
    labels: ["mesh"],
  },
  meshwork_mesh_changes_total: {
    type: "counter",
    help: "Changes of the console's directory (joined, left, dead, expired, suspected, refuted, updated) since it started",
    labels: ["mesh", "change"],
  },
  meshwork_mesh_cpu_used_cores: {
    type: "gauge",
    help: "CPU cores used, summed over the live nodes for which it is known",
    labels: ["mesh"],
  },
  meshwork_mesh_cpu_budget_cores: {
    type: "gauge",
    help: "CPU cores granted, summed over the live nodes",
    labels: ["mesh"],
  },
  meshwork_mesh_memory_used_bytes: {
    type: "gauge",
    help: "Resident memory, summed over the live nodes for which it is known",
    labels: ["mesh"],
  },
  meshwork_mesh_memory_budget_bytes: {
    type: "gauge",
    help: "Memory granted, summed over the live nodes",
    labels: ["mesh"],
  },
  meshwork_mesh_frames_total: {
    type: "counter",
    help: "Frames of all nodes that report, counted between their reports since the console started",
    labels: ["mesh", "kind", "direction"],
  },
  meshwork_mesh_bytes_total: {
    type: "counter",
    help: "Application bytes of all nodes that report, counted between their reports since the console started",
    labels: ["mesh", "kind", "direction"],
  },
  meshwork_mesh_connections_opened_total: {
    type: "counter",
    help: "Connections opened by all nodes that report, counted between their reports since the console started",
    labels: ["mesh", "direction"],
  },
  meshwork_mesh_connections_closed_total: {
    type: "counter",
    help: "Connections closed by all nodes that report, counted between their reports since the console started",
    labels: ["mesh", "reason"],
  },
  meshwork_mesh_probe_failures_total: {
    type: "counter",
    help: "Probes without an answer of all nodes that report, counted between their reports since the console started",
    labels: ["mesh"],
  },
  meshwork_mesh_peer_rtt_seconds: {
    type: "histogram",
    help: "Round trips to peers as all reporting nodes measured them, counted between their reports",
    labels: ["mesh"],
  },
  meshwork_mesh_request_duration_seconds: {
    type: "histogram",
    help: "Time from a request to its reply at the caller, of all nodes that report, counted between their reports",
    labels: ["mesh", "outcome"],
  },
} as const satisfies Record<string, MetricFamily>;

const NODE_FAMILIES = {
  meshwork_node_live: {
    type: "gauge",
    help: "1 where the console's own directory lists the node, 0 where it is only known otherwise (started, gone, reporting)",
    labels: NODE,
  },
  meshwork_node_info: {
    type: "gauge",
    help: "Always 1; id and version as labels",
    labels: [...NODE, "id", "version"],
  },
  meshwork_node_start_time_seconds: {
    type: "gauge",
    help: "Start of the node since the epoch, by its own clock",
    labels: NODE,
  },
  meshwork_node_record_age_seconds: {
    type: "gauge",
    help: "Since the console's node received the newest record; budgets and record_* come from it, and CPU and memory where no report does",
    labels: NODE,
  },
  meshwork_node_report_age_seconds: {
    type: "gauge",
    help: "Since the node last pushed its own metrics to this console; absent for nodes that do not",
    labels: NODE,
  },
  meshwork_node_stats_age_seconds: {
    type: "gauge",
    help: "Since the node last sent stats, which it does only while somebody looks at the console; absent before",
    labels: NODE,
  },
  meshwork_node_cpu_used_cores: {
    type: "gauge",
    help: "CPU cores used by the node's process, from the newest of record, report and stats; absent where nodes share a process",
    labels: NODE,
  },
  meshwork_node_cpu_budget_cores: { type: "gauge", help: "CPU cores granted to the node", labels: NODE },
  meshwork_node_memory_used_bytes: {
    type: "gauge",
    help: "Resident memory of the node's process, from the newest of record, report and stats; absent where nodes share a process",
    labels: NODE,
  },
  meshwork_node_memory_budget_bytes: { type: "gauge", help: "Memory granted to the node", labels: NODE },
  meshwork_node_active_peers: {
    type: "gauge",
    help: "Neighbours in the active views of all its topics, from the newer of report and stats; its record's where neither came",
    labels: NODE,
  },
  meshwork_node_record_frames_total: {
    type: "counter",
    help: "Frames of all kinds as the node's record says: for every node, at the age of its record",
    labels: [...NODE, "direction"],
  },
  meshwork_node_frames_total: {
    type: "counter",
    help: "Frames by kind, from the newer of report and stats",
    labels: [...NODE, "kind", "direction"],
  },
  meshwork_node_bytes_total: {
    type: "counter",
    help: "Application bytes by kind, from the newer of report and stats",
    labels: [...NODE, "kind", "direction"],
  },
  meshwork_node_connections_opened_total: {
    type: "counter",
    help: "Connections opened, from the node's report",
    labels: [...NODE, "direction"],
  },
  meshwork_node_connections_closed_total: {
    type: "counter",
    help: "Connections closed, from the node's report; a reason is there from its first close on",
    labels: [...NODE, "reason"],
  },
  meshwork_node_directory_entries: {
    type: "gauge",
    help: "Entries of the node's own directory by their mesh and state, from its report",
    labels: [...NODE, "listed_mesh", "state"],
  },
  meshwork_node_peer_rtt_seconds: {
    type: "summary",
    help: "Round trips to its peers as the node measured them, from its report: sum and count",
    labels: NODE,
  },
  meshwork_node_telemetry_exported_spans_total: {
    type: "counter",
    help: "Spans that collectors took from the node, from its report",
    labels: NODE,
  },
  meshwork_node_telemetry_dropped_spans_total: {
    type: "counter",
    help: "Spans that the node lost on the way to its collectors, from the newer of report and stats",
    labels: NODE,
  },
  meshwork_node_event_loop_delay_seconds: {
    type: "gauge",
    help: "Delay of the node's event loop, p99 since the stats before; measured only while somebody looks at the console",
    labels: NODE,
  },
} as const satisfies Record<string, MetricFamily>;

const CONSOLE_FAMILIES = {
  meshwork_console_info: {
    type: "gauge",
    help: "Always 1; the console's node and version as labels",
    labels: ["node", "version"],
  },
  meshwork_console_nodes_exported: {
    type: "gauge",
    help: "Nodes that have series of their own in this exposition",
    labels: [],
  },
  meshwork_console_nodes_left_out: {
    type: "gauge",
    help: "Nodes above the cap that have none; the families of the mesh count them all the same",
    labels: [],
  },
  meshwork_console_reports_total: {
    type: "counter",
    help: "Reports of nodes (OTLP metrics) taken, and refused for having no valid identity",
    labels: ["result"],
  },
  meshwork_console_directory_missed_changes_total: {
    type: "counter",
    help: "Changes of the directory that the console was too slow to be told of one by one",
    labels: [],
  },
  meshwork_console_event_loop_active_seconds_total: {
    type: "counter",
    help: "Time that the console's event loop had work; its rate is the share of one core",
    labels: [],
  },
  meshwork_console_stream_clients: { type: "gauge", help: "Open live streams (server-sent events)", labels: [] },
  meshwork_console_http_requests_total: {
    type: "counter",
    help: "HTTP requests by route of the API document; `page` are the page's files, `unknown` what is no route; status 0: the caller left before its answer",
    labels: ["method", "route", "status"],
  },
  meshwork_console_http_request_duration_seconds: {
    type: "summary",
    help: "Time from a request's headers to the end of its answer, live streams left out: sum and count",
    labels: ["route"],
  },
  meshwork_console_connections_refused_total: {
    type: "counter",
    help: "TCP connections closed at once because too many were open",
    labels: [],
  },
  meshwork_console_intake_requests_total: {
    type: "counter",
    help: "OTLP requests: traces, metrics, refused",
    labels: ["result"],
  },
  meshwork_console_trace_store_traces: { type: "gauge", help: "Traces in the trace store", labels: [] },
  meshwork_console_trace_store_spans: { type: "gauge", help: "Spans in the trace store", labels: [] },
  meshwork_console_trace_store_limit_spans: { type: "gauge", help: "Spans that the trace store may hold", labels: [] },
  meshwork_console_trace_store_bytes: { type: "gauge", help: "Bytes of the trace store, estimated", labels: [] },
  meshwork_console_trace_store_limit_bytes: {
    type: "gauge",
    help: "Bytes that the trace store may hold",
    labels: [],
  },
  meshwork_console_trace_store_received_spans_total: { type: "counter", help: "Spans taken in", labels: [] },
  meshwork_console_trace_store_evicted_spans_total: {
    type: "counter",
    help: "Spans that went with the oldest traces to stay within the bounds",
    labels: [],
  },
  meshwork_console_trace_store_rejected_spans_total: {
    type: "counter",
    help: "Spans refused because one trace or one request was too large",
    labels: [],
  },
  meshwork_console_history_bytes: { type: "gauge", help: "Bytes of the history, estimated", labels: [] },
  meshwork_console_history_limit_bytes: { type: "gauge", help: "Bytes that the history may hold", labels: [] },
  meshwork_console_history_evicted_entries_total: {
    type: "counter",
    help: "Entries of the history that went before their half hour was over, to stay within the bounds",
    labels: [],
  },
  meshwork_console_supervised_processes: {
    type: "gauge",
    help: "Node processes of the launcher by state, as it last said",
    labels: ["state"],
  },
  meshwork_console_supervised_age_seconds: {
    type: "gauge",
    help: "Since the launcher last said which processes it has; it does so at each change and while somebody looks",
    labels: [],
  },
  meshwork_console_collection_items: {
    type: "gauge",
    help: "Items in the console's own collections",
    labels: ["collection"],
  },
  process_cpu_seconds_total: { type: "counter", help: "User and system CPU time of the console's process", labels: [] },
  process_resident_memory_bytes: { type: "gauge", help: "Resident memory of the console's process", labels: [] },
  nodejs_heap_size_used_bytes: {
    type: "gauge",
    help: "JavaScript heap of the console's process, garbage included until it is collected: its lowest points are what is held",
    labels: [],
  },
  nodejs_external_memory_bytes: {
    type: "gauge",
    help: "Memory outside the JavaScript heap that objects in it hold",
    labels: [],
  },
  process_start_time_seconds: { type: "gauge", help: "Start of the console's process since the epoch", labels: [] },
} as const satisfies Record<string, MetricFamily>;

export const METRIC_FAMILIES = { ...MESH_FAMILIES, ...NODE_FAMILIES, ...CONSOLE_FAMILIES } as const satisfies Record<
  string,
  MetricFamily
>;
export type MetricName = keyof typeof METRIC_FAMILIES;
