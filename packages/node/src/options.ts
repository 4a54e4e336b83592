/**
 * Options of a node: arguments first, then `MESH_*` variables, then defaults; checked here once, with errors that say which
 * value was wrong and where it came from. What comes out is complete: nothing behind this file looks at the environment.
 */
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import {
  DEFAULT_MAX_MEMBERS,
  isMeshName,
  isNodeType,
  MeshError,
  type MeshErrorCode,
  parseSeedList,
  type Seed,
} from "@meshwork/protocol";
import type { TelemetrySink } from "@meshwork/telemetry";
import type { NodeOptions } from "./types.js";
import { type Environment, type NodeVariable, readVariable } from "./variables.js";

export interface ResolvedOptions {
  readonly mesh: string;
  readonly type: string;
  readonly dataDir: string;
  readonly bind: string | undefined;
  readonly seeds: readonly Seed[];
  readonly observe: readonly string[];
  readonly gossipIntervalMs: number;
  readonly stalenessMs: number | undefined;
  readonly maxMembers: number;
  readonly cpuBudgetCores: number;
  readonly ramBudgetBytes: number;
  readonly sinks: readonly TelemetrySink[];
  /** Whether the console's sink may or must go over the mesh. */
  readonly telemetryMesh: "auto" | "always" | "off";
  readonly sampleRatio: number;
  readonly metricsIntervalMs: number;
  readonly sharedProcess: boolean;
  /** Undefined: as the bound addresses decide. */
  readonly profiling: "mesh" | "off" | undefined;
}

const MAX_SEEDS = 64;
const MAX_OBSERVED = 32;

export function resolveOptions(options: NodeOptions, env: Environment): ResolvedOptions {
  refuseUnbuilt(env);
  const mesh = options.mesh ?? readVariable(env, "MESH_ID");
  if (mesh === undefined || mesh === "") throw new MeshError("MESH_E_NO_MESH", "");
  if (!isMeshName(mesh)) throw new MeshError("MESH_E_BAD_MESH", JSON.stringify(mesh));
  const type = options.type ?? readVariable(env, "MESH_NODE_TYPE");
  if (type === undefined || type === "") throw new MeshError("MESH_E_NO_TYPE", "");
  if (!isNodeType(type)) throw new MeshError("MESH_E_BAD_TYPE", JSON.stringify(type));
  const seedText = options.seeds?.join(",") ?? readVariable(env, "MESH_SEED_NODES") ?? "";
  const seeds = parseSeedList(seedText);
  if (seeds.length > MAX_SEEDS) throw new MeshError("MESH_E_BAD_SEED", `${seeds.length} seeds, at most ${MAX_SEEDS}`);
  const observe = [...new Set(options.observe ?? list(readVariable(env, "MESH_OBSERVE")))].filter(
    (name) => name !== mesh,
  );
  if (observe.length > MAX_OBSERVED) throw new MeshError("MESH_E_BAD_OPTION", `observe names ${observe.length} meshes`);
  for (const name of observe) {
    if (!isMeshName(name)) throw new MeshError("MESH_E_BAD_MESH", `${JSON.stringify(name)} in observe / MESH_OBSERVE`);
  }
  return {
    mesh,
    type,
    dataDir: resolve(options.dataDir ?? readVariable(env, "MESH_DATA_DIR") ?? join(".mesh", `${mesh}.${type}`)),
    bind: options.bind ?? readVariable(env, "MESH_BIND_ADDR"),
    seeds,
    observe,
    gossipIntervalMs: number(options.gossipIntervalMs, env, "MESH_GOSSIP_INTERVAL_MS", 2_000, 200, 60_000),
    stalenessMs: optionalNumber(options.stalenessMs, env, "MESH_STALENESS_MS", 1_000, Number.MAX_SAFE_INTEGER),
    maxMembers: Math.floor(number(options.maxMembers, env, "MESH_MAX_MEMBERS", DEFAULT_MAX_MEMBERS, 16, 1_000_000)),
    cpuBudgetCores: number(options.cpuBudgetCores, env, "MESH_CPU_BUDGET", availableParallelism(), 0.01, 4_096),
    ramBudgetBytes: number(options.ramBudgetBytes, env, "MESH_RAM_BUDGET", memoryLimitBytes(), 1 << 20, 2 ** 50),
    sinks: telemetrySinks(options, env),
    telemetryMesh: telemetryMesh(env),
    sampleRatio: number(undefined, env, "OTEL_TRACES_SAMPLER_ARG", 1, 0, 1),
    metricsIntervalMs: number(undefined, env, "OTEL_METRIC_EXPORT_INTERVAL", 60_000, 0, 3_600_000),
    sharedProcess: options.sharedProcess ?? false,
    profiling: profiling(options.profiling, env),
  };
}

/** A variable that would be ignored in silence is worse than an error. */
function refuseUnbuilt(env: Environment): void {
  for (const name of ["MESH_RELAY_URLS", "MESH_MDNS_ENABLE"] as const) {
    if (readVariable(env, name) !== undefined) {
      throw new MeshError(
        "MESH_E_BAD_OPTION",
        `${name} is set, but this version has neither relays nor mDNS yet; unset it`,
      );
    }
  }
}

function list(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function number(
  given: number | undefined,
  env: Environment,
  name: NodeVariable,
  fallback: number,
  min: number,
  max: number,
) {
  return optionalNumber(given, env, name, min, max) ?? fallback;
}

function optionalNumber(given: number | undefined, env: Environment, name: NodeVariable, min: number, max: number) {
  const text = readVariable(env, name);
  const value = given ?? (text === undefined ? undefined : Number(text));
  if (value === undefined) return undefined;
  if (!Number.isFinite(value) || value < min || value > max) {
    const code: MeshErrorCode = "MESH_E_BAD_OPTION";
    throw new MeshError(
      code,
      `${name} (or its option) is ${given ?? JSON.stringify(text)}; it must be a number from ${min} to ${max}`,
    );
  }
  return value;
}

function profiling(given: NodeOptions["profiling"], env: Environment): ResolvedOptions["profiling"] {
  const value: string | undefined = given ?? readVariable(env, "MESH_PROFILING");
  if (value === undefined || value === "mesh" || value === "off") return value;
  throw new MeshError(
    "MESH_E_BAD_OPTION",
    `MESH_PROFILING (or its option) is ${JSON.stringify(value)}; it must be mesh or off`,
  );
}

function telemetryMesh(env: Environment): ResolvedOptions["telemetryMesh"] {
  const value = readVariable(env, "MESH_TELEMETRY_MESH") ?? "auto";
  if (value === "auto" || value === "always" || value === "off") return value;
  throw new MeshError(
    "MESH_E_BAD_OPTION",
    `MESH_TELEMETRY_MESH is ${JSON.stringify(value)}; it must be auto, always or off`,
  );
}

/** The cgroup's limit where there is one: `constrainedMemory` answers nonsense above the machine's memory when there is none. */
function memoryLimitBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

function telemetrySinks(options: NodeOptions, env: Environment): TelemetrySink[] {
  const sinks: TelemetrySink[] = [];
  const url = options.telemetry?.url ?? readVariable(env, "MESH_TELEMETRY_URL");
  const token = options.telemetry?.token ?? readVariable(env, "MESH_TELEMETRY_TOKEN");
  if (url !== undefined) {
    sinks.push({
      name: "console",
      url: checkedUrl(url, "MESH_TELEMETRY_URL"),
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
  }
  const collector = readVariable(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (collector !== undefined) {
    const headers = Object.fromEntries(
      list(readVariable(env, "OTEL_EXPORTER_OTLP_HEADERS")).map((pair) => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      }),
    );
    sinks.push({ name: "otlp", url: checkedUrl(collector, "OTEL_EXPORTER_OTLP_ENDPOINT"), headers });
  }
  return sinks;
}

function checkedUrl(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new MeshError("MESH_E_BAD_OPTION", `${name} is ${JSON.stringify(text)}; it must be an http(s) URL`);
  }
  return text.replace(/\/+$/, "");
}
