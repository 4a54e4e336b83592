/**
 * The environment of a node process, built from nothing: what is not listed here does not reach a node, whatever the
 * launcher was started with or a request asks for (the original passed PATH, LD_PRELOAD and data directories through from
 * HTTP). NODE_OPTIONS and RUST_BACKTRACE stay out: the first would run a debugger or loader in every node, with the second
 * each refused signature costs a stack walk and carries its text in the message.
 */
import type { NodeSpec, TelemetryIntake } from "./types.js";

const PASSED = new Set([
  "PATH",
  "HOME",
  "TMPDIR",
  "LANG",
  "LC_ALL",
  "TZ",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "NODE_V8_COVERAGE",
  "MESH_GOSSIP_INTERVAL_MS",
  "MESH_STALENESS_MS",
  "MESH_PROFILING",
  "MESH_TELEMETRY_MESH",
]);
const MAX_VALUE_LENGTH = 8_192;

/** One worker is enough for a node's sockets; a second costs a stack and wake-ups. One arena keeps glibc from reserving eight. */
const FIXED = { TOKIO_WORKER_THREADS: "1", MALLOC_ARENA_MAX: "1" } as const;

export function baseEnvironment(source: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined || value.length > MAX_VALUE_LENGTH) continue;
    if (PASSED.has(key) || /^OTEL_[A-Z0-9_]+$/.test(key)) env[key] = value;
  }
  return { ...env, ...FIXED };
}

export function nodeEnvironment(input: {
  readonly base: Readonly<Record<string, string>>;
  readonly spec: NodeSpec;
  readonly dataDir: string;
  readonly seeds: readonly string[];
  readonly observe: readonly string[];
  readonly bind: string | undefined;
  readonly intake: TelemetryIntake | undefined;
}): Record<string, string> {
  const { base, spec, dataDir, seeds, observe, bind, intake } = input;
  return {
    ...base,
    ...intakeEnvironment(intake),
    MESH_ID: spec.mesh,
    MESH_NODE_TYPE: spec.type,
    MESH_DATA_DIR: dataDir,
    ...(seeds.length > 0 ? { MESH_SEED_NODES: seeds.join(",") } : {}),
    ...(observe.length > 0 ? { MESH_OBSERVE: observe.join(",") } : {}),
    ...(bind === undefined ? {} : { MESH_BIND_ADDR: bind }),
    ...(spec.cpuBudgetCores === undefined ? {} : { MESH_CPU_BUDGET: String(spec.cpuBudgetCores) }),
    ...(spec.ramBudgetBytes === undefined ? {} : { MESH_RAM_BUDGET: String(spec.ramBudgetBytes) }),
  };
}

export function intakeEnvironment(intake: TelemetryIntake | undefined): Record<string, string> {
  return intake === undefined ? {} : { MESH_TELEMETRY_URL: intake.url, MESH_TELEMETRY_TOKEN: intake.token };
}
