/**
 * The public face of the supervisor: what it is told, what it gives back, what it reports. `createSupervisor` is in
 * supervisor.ts. Times are ms; `…AtMs` are since the epoch, for display only.
 */
import type { Telemetry } from "@meshwork/telemetry";
import type { ConsoleHandle, ConsoleOptions } from "./console-process.js";

export interface SupervisorOptions {
  /** JavaScript file that runs one node and speaks the child protocol. */
  readonly nodeEntry: string;
  /** JavaScript file that hosts many nodes in one process. Where it is given, all nodes share that process. */
  readonly inlineEntry?: string;
  /** JavaScript file of the watchdog; default the one beside this module. A bundler needs to say where it put it. */
  readonly watchdogEntry?: string;
  /** Nodes keep their data in `<dataDir>/nodes/<slot>`. */
  readonly dataDir: string;
  /** Default 64. Parallel calls cannot pass it. */
  readonly maxNodes?: number;
  /** Where the allow-listed variables come from (see node-environment.ts). Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `ip:port` handed to the nodes as MESH_BIND_ADDR; the port is 0 unless there is one node only. */
  readonly bind?: string;
  /** The console's telemetry intake, handed to nodes as MESH_TELEMETRY_URL and MESH_TELEMETRY_TOKEN. */
  readonly intake?: TelemetryIntake;
  /** Meshes of this cluster, known before any node is up. */
  readonly meshes: readonly string[];
  /** Which further meshes a node observes. Default: type `gateway` observes all others, the rest none. */
  readonly observeFor?: (spec: NodeSpec, meshes: readonly string[]) => readonly string[];
  /** Nodes that boot at the same time. Default: the number of cores. */
  readonly bootConcurrency?: number;
  /** From fork to ready. Default 15,000. */
  readonly bootTimeoutMs?: number;
  /** From the stop message to SIGKILL. Default 4,000. */
  readonly stopGraceMs?: number;
  /** Where a process is started; asked for each start, of the console's too (slot `console`). Default: here, as it is. */
  readonly placeFor?: (slot: string, dataDir: string) => ProcessPlace;
  /** Arguments for Node itself, before the entry. Default none; the launcher's own are never handed on. */
  readonly nodeArgs?: readonly string[];
  /** Spans `mesh.supervisor.spawned` and `mesh.supervisor.exited`. */
  readonly telemetry?: Pick<Telemetry, "startSpan">;
  /** One line each, without a line feed: what a child writes to its standard output and error, and oddities. */
  readonly log?: (line: string) => void;
}

export interface ProcessPlace {
  /** A command, with its first arguments, that runs the rest of its line in its own stead (`exec`): pid and channel stay. Empty: none. */
  readonly prefix: readonly string[];
  /** Added to the process's environment, over what is there. */
  readonly env: Readonly<Record<string, string>>;
}

export interface TelemetryIntake {
  readonly url: string;
  readonly token: string;
}

export interface SpawnRequest {
  readonly mesh: string;
  readonly type: string;
  readonly cpuBudgetCores?: number | undefined;
  readonly ramBudgetBytes?: number | undefined;
}

export interface NodeSpec {
  readonly mesh: string;
  readonly type: string;
  readonly cpuBudgetCores: number | undefined;
  readonly ramBudgetBytes: number | undefined;
}

/** queued: waits for its turn to boot. exited: ended by itself; kept until it is restarted or stopped. */
export type NodeState = "queued" | "booting" | "ready" | "frozen" | "stopping" | "exited";

/** What a node says of itself when it is ready. */
export interface ReadyInfo {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  readonly addresses: readonly string[];
  /** `<id>@<ip:port>` */
  readonly seed: string;
  readonly bootMs: number;
  /** 32 hex digits. */
  readonly bootTraceId: string;
  readonly pid: number;
}

export interface ExitInfo {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A snapshot; figures that are not known (yet) are undefined. */
export interface ManagedNode {
  readonly slot: string;
  readonly mesh: string;
  readonly type: string;
  readonly state: NodeState;
  /** Shares its process with other nodes. */
  readonly shared: boolean;
  readonly pid: number | undefined;
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly addresses: readonly string[];
  readonly seed: string | undefined;
  readonly bootMs: number | undefined;
  readonly bootTraceId: string | undefined;
  readonly cpuBudgetCores: number | undefined;
  readonly ramBudgetBytes: number | undefined;
  readonly observes: readonly string[];
  readonly startedAtMs: number | undefined;
  readonly lastStep: string | undefined;
  readonly restarts: number;
  readonly exit: ExitInfo | undefined;
}

/** A node that has come up. */
export interface ReadyNode extends ManagedNode {
  readonly pid: number;
  readonly name: string;
  readonly id: string;
  readonly seed: string;
  readonly bootMs: number;
  readonly bootTraceId: string;
}

/** How a stop ended: by itself with exit code 0; by a signal or with another code; or it was not running. */
export type StopOutcome = "graceful" | "forced" | "already-gone";

export type SupervisorEvent = { readonly atMs: number } & (
  | { readonly kind: "spawned"; readonly node: ManagedNode }
  | { readonly kind: "step"; readonly node: ManagedNode; readonly step: string }
  | { readonly kind: "ready"; readonly node: ReadyNode }
  | { readonly kind: "failed"; readonly node: ManagedNode; readonly code: string; readonly message: string }
  /** `expected`: the supervisor had asked for it. */
  | { readonly kind: "exited"; readonly node: ManagedNode; readonly exit: ExitInfo; readonly expected: boolean }
  | { readonly kind: "frozen"; readonly node: ManagedNode }
  | { readonly kind: "thawed"; readonly node: ManagedNode }
  /** Gone for good, data directory included. */
  | { readonly kind: "removed"; readonly node: ManagedNode }
  | { readonly kind: "console-listening"; readonly pid: number; readonly url: string; readonly restarts: number }
  | { readonly kind: "console-ready"; readonly info: ReadyInfo }
  | { readonly kind: "console-exited"; readonly pid: number | undefined; readonly exit: ExitInfo }
  | { readonly kind: "watchdog-restarted"; readonly restarts: number }
);

/** Of one process, from /proc: for those that do not answer. */
export interface ProcessFigures {
  readonly rssBytes: number;
  /** User and system, since the process started. */
  readonly cpuTimeMs: number;
}

export interface SpawnManyResult {
  readonly spawned: readonly ReadyNode[];
  readonly failed: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

export interface Supervisor {
  /** Resolves when the node is ready. MESH_E_POOL_FULL, _BAD_REQUEST, _SPAWN_FAILED, _BOOT_TIMEOUT, _SUPERVISOR_CLOSED. */
  spawn(request: SpawnRequest): Promise<ReadyNode>;
  /** `count` nodes alike; the pool takes all of them or MESH_E_POOL_FULL is thrown before any starts. */
  spawnMany(request: SpawnRequest & { readonly count: number }): Promise<SpawnManyResult>;
  /** Graceful, then by force after 4 s; the data directory goes with it. Idempotent. MESH_E_BAD_REQUEST, _STOP_TIMEOUT. */
  stop(name: string, reason?: string): Promise<StopOutcome>;
  /** SIGKILL. `keepData` leaves identity and entry for a later `restart`. MESH_E_NO_SUCH_NODE, _SHARED_PROCESS. */
  kill(name: string, options?: { readonly keepData?: boolean }): Promise<void>;
  /** Same identity again; `hard` by SIGKILL. MESH_E_NO_SUCH_NODE and those of `spawn`. */
  restart(name: string, options?: { readonly hard?: boolean }): Promise<ReadyNode>;
  /** SIGSTOP / SIGCONT; idempotent. MESH_E_NO_SUCH_NODE, _SHARED_PROCESS, _BAD_STATE. */
  freeze(name: string): void;
  thaw(name: string): void;
  list(): readonly ManagedNode[];
  get(name: string): ManagedNode | undefined;
  /** Up to `count` seeds of ready nodes of a mesh, the console's own included. */
  seeds(mesh: string, count: number): readonly string[];
  figures(name: string): ProcessFigures | undefined;
  /** Known only when the console listens, where its port is chosen by the system. */
  setIntake(intake: TelemetryIntake): void;
  /** One console; started again within 5 s when it dies. Resolves when it listens for the first time. */
  startConsole(options: ConsoleOptions): Promise<ConsoleHandle>;
  /** A file that must not outlive the launcher (console.json): removed at close and after a crash. */
  ownFile(path: string): void;
  on(listener: (event: SupervisorEvent) => void): () => void;
  readonly watchdogPid: number | undefined;
  sizes(): Readonly<Record<string, number>>;
  /** Ends all of it within 5 s, frozen ones included, and removes directories and files. `graceMs` until SIGKILL:
   * default and most 3,500. Idempotent: the first call's grace holds. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}
