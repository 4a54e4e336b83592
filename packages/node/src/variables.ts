/**
 * The environment variables a node reads: the one table that code, docs (docs/how-to/configuration.md) and their test share.
 * Everything that reads `process.env` for a node goes through `readVariable`, so that an undocumented variable cannot creep in.
 */
export const NODE_VARIABLES = {
  MESH_ID: { unit: "name", default: "none: required", text: "The mesh this node is a member of." },
  MESH_NODE_TYPE: {
    unit: "name",
    default: "none: required",
    text: "What the node is: a word of your own, such as broker.",
  },
  MESH_DATA_DIR: {
    unit: "path",
    default: "./.mesh/<mesh>.<type>",
    text: "Where the identity lives (0700; one live node per directory).",
  },
  MESH_BIND_ADDR: {
    unit: "ip:port",
    default: "127.0.0.1:0 and [::1]:0",
    text: "Address to listen on. Nothing outside the machine reaches a node unless this is set.",
  },
  MESH_SEED_NODES: {
    unit: "<node id>@<ip:port>,…",
    default: "none",
    text: "Nodes to join through, own mesh and observed ones in any order.",
  },
  MESH_OBSERVE: { unit: "name,…", default: "none", text: "Further meshes to watch without being a member." },
  MESH_GOSSIP_INTERVAL_MS: {
    unit: "ms",
    default: "2000",
    text: "Shortest time between two publications of this node's record (200 to 60,000).",
  },
  MESH_STALENESS_MS: {
    unit: "ms",
    default: "3 × the sender's declared refresh interval",
    text: "Upper bound on the age of a directory entry before it expires (1,000 and more).",
  },
  MESH_MAX_MEMBERS: {
    unit: "members",
    default: "20000",
    text: "Most members of one mesh that are kept (16 and more). When full, ids that never connected to this node go first.",
  },
  MESH_CPU_BUDGET: {
    unit: "cores",
    default: "the machine's cores",
    text: "What the load class and the console compare CPU with.",
  },
  MESH_RAM_BUDGET: { unit: "bytes", default: "the machine's (or cgroup's) memory", text: "What RAM is compared with." },
  MESH_PROFILING: {
    unit: "mesh or off",
    default: "mesh where only loopback is listened on, else off",
    text: "Who may take CPU profiles of the process over the mesh: members and observers of the node's mesh, or nobody.",
  },
  MESH_TELEMETRY_URL: {
    unit: "URL",
    default: "none",
    text: "Base of the console's OTLP/HTTP intake; set by `mesh up` for the nodes that it starts.",
  },
  MESH_TELEMETRY_MESH: {
    unit: "auto, always or off",
    default: "auto",
    text: "Telemetry over the mesh to a node of type console: where MESH_TELEMETRY_URL does not answer, always and without a URL, or never.",
  },
  MESH_TELEMETRY_TOKEN: { unit: "text", default: "none", text: "Bearer token for MESH_TELEMETRY_URL." },
  MESH_RELAY_URLS: { unit: "URL,…", default: "none", text: "Not built yet: setting it is refused." },
  MESH_MDNS_ENABLE: { unit: "boolean", default: "none", text: "Not built yet: setting it is refused." },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    unit: "URL",
    default: "none",
    text: "A further OTLP/HTTP collector; each span goes there once too.",
  },
  OTEL_EXPORTER_OTLP_HEADERS: { unit: "key=value,…", default: "none", text: "Headers for that collector." },
  OTEL_TRACES_SAMPLER_ARG: { unit: "share", default: "1", text: "Share of root traces that are sampled, 0 to 1." },
  OTEL_METRIC_EXPORT_INTERVAL: {
    unit: "ms",
    default: "60000",
    text: "Time between two exports of metrics; 0 switches them off.",
  },
} as const satisfies Record<string, { unit: string; default: string; text: string }>;

export type NodeVariable = keyof typeof NODE_VARIABLES;
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable's trimmed value, or `undefined` where unset or empty. */
export function readVariable(env: Environment, name: NodeVariable): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === "" ? undefined : value;
}
