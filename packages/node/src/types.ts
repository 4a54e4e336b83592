/**
 * The public face of a node. `startNode` (start-node.ts) returns a `MeshNode`; everything else a user touches hangs off it.
 */
import type { Departure, DirectoryChange, DirectoryEntry, MeshError } from "@meshwork/protocol";
import type { NodeProfile } from "./profile-types.js";

/** Options; each falls back to its `MESH_*` variable, then to the default (docs/how-to/configuration.md). */
export interface NodeOptions {
  /** Name of the mesh, `[a-z0-9][a-z0-9-]{0,62}`. Required, here or as MESH_ID. */
  readonly mesh?: string;
  /** `[a-z0-9][a-z0-9-]{0,62}`, free text to meshwork. Default MESH_NODE_TYPE. */
  readonly type?: string;
  readonly dataDir?: string;
  /** `ip:port`; default loopback of both families with free ports. */
  readonly bind?: string;
  /** `<node id>@<ip:port>` each. */
  readonly seeds?: readonly string[];
  /** Further meshes to watch without being a member; each may bring seeds of its own in `seeds`. */
  readonly observe?: readonly string[];
  readonly gossipIntervalMs?: number;
  readonly stalenessMs?: number;
  /** MESH_MAX_MEMBERS, default 20,000. */
  readonly maxMembers?: number;
  readonly cpuBudgetCores?: number;
  readonly ramBudgetBytes?: number;
  /** Where telemetry goes besides OTEL_EXPORTER_OTLP_ENDPOINT: the console's intake. */
  readonly telemetry?: { readonly url: string; readonly token: string };
  /**
   * Who may take CPU profiles of the process over the mesh: `mesh` lets members and observers of the node's own mesh, `off` nobody.
   * Default MESH_PROFILING, then `mesh` where the node listens on loopback alone, else `off` (docs/security.md).
   */
  readonly profiling?: "mesh" | "off";
  /** True where several nodes share this process: CPU and RAM are then unknown per node and reported as absent. */
  readonly sharedProcess?: boolean;
}

/** Address a message by full name or unique prefix of one, by node id (or prefix), or by selector. */
export type Target =
  | string
  | {
      readonly mesh: string;
      readonly type: string;
      /** `random` (default) or the least CPU against budget among the alive. */
      readonly pick?: "random" | "least-loaded";
    };

export interface RequestOptions {
  /** Deadline for the whole exchange; travels with the request. Default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface IncomingRequest {
  readonly operation: string;
  readonly body: Uint8Array;
  /** Proven by the connection. */
  readonly from: { readonly id: string; readonly name: string | undefined; readonly mesh: string };
  /** Aborted when the caller gave up, its deadline passed, or the node closes. */
  readonly signal: AbortSignal;
  /** Milliseconds left until the caller's deadline. */
  remainingMs(): number;
}

export interface OutgoingReply {
  readonly body?: Uint8Array | string;
}

/** What a handler gives back; nothing means an empty reply. A throw becomes `handler_failed` with the message. */
export type Handler = (request: IncomingRequest) => Promise<OutgoingReply | undefined> | OutgoingReply | undefined;

export interface Reply {
  readonly body: Uint8Array;
  text(): string;
  readonly from: { readonly id: string; readonly name: string };
  readonly roundTripMs: number;
  /** The way it took. */
  readonly path: { readonly address: string; readonly kind: "direct" | "relay" } | undefined;
  readonly traceId: string;
}

export interface DirectoryFilter {
  readonly mesh?: string;
  readonly type?: string;
}

export interface NodeDirectory {
  /** Live entries of the own mesh and of the observed ones; one under suspicion is live (`suspectedSinceMs`). */
  entries(filter?: DirectoryFilter): readonly DirectoryEntry[];
  /** Who has left, died or expired within 24 hours, newest first over all meshes; at most 256 a mesh. */
  departed(filter?: DirectoryFilter): readonly Departure[];
  /** By name, node id, or unique prefix of either. Throws MESH_E_UNKNOWN_NAME or MESH_E_AMBIGUOUS_NAME. */
  resolve(name: string): DirectoryEntry;
  readonly size: number;
  /** Changes from now on; ends when the node closes or the loop is left. Bounded: a slow reader gets one `lagged`. */
  changes(): AsyncIterableIterator<DirectoryChange>;
  /** As `changes`, by callback. Returns the unsubscribe. */
  onChange(listener: (change: DirectoryChange) => void): () => void;
}

/** A node's own figures, as its stats stream carries them (JSON, tag 0x04). Unknown figures are absent, never zero. */
export interface NodeStats {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  readonly uptimeMs: number;
  /** Own process only; absent where nodes share a process. Cores over the last sampling window. */
  readonly cpuUsedCores?: number;
  readonly ramUsedBytes?: number;
  /** The process that holds this node, whether or not it is shared. */
  readonly process: {
    readonly pid: number;
    readonly shared: boolean;
    readonly cpuUsedCores: number;
    readonly rssBytes: number;
    /** What keeps its event loop alive now: sockets, timers, requests under way. */
    readonly handles?: number;
  };
  readonly cpuBudgetCores: number;
  readonly ramBudgetBytes: number;
  /** Totals since start, all kinds. */
  readonly framesSent: number;
  readonly framesReceived: number;
  /** Per kind (gossip, probe, sync, stats, telemetry, request, message, stream, hello). */
  readonly frames: Readonly<
    Record<string, { sent: number; received: number; sentBytes: number; receivedBytes: number }>
  >;
  /** Frames per minute, measured over the last 60 s (or the uptime, where shorter). */
  readonly framesSentPerMinute: number;
  readonly framesReceivedPerMinute: number;
  /** The active view of each topic this node is in, by mesh: ids. These are the links. */
  readonly activeViews: Readonly<Record<string, readonly string[]>>;
  readonly connections: number;
  readonly connectionsOpened: number;
  readonly directorySize: number;
  /** p99 since the last reading; measured only while somebody watches. */
  readonly eventLoopDelayP99Ms?: number;
  readonly telemetryDropped: number;
  readonly sizes: Readonly<Record<string, number>>;
}

export interface MeshNode {
  /** 64 lower-case hex digits: the Ed25519 public key. */
  readonly id: string;
  /** `<mesh>.<type>.<first 6 hex of the id>` */
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  readonly observes: readonly string[];
  readonly addresses: readonly string[];
  /** `<id>@<ip:port>`: what another node needs to join through this one. */
  readonly seed: string;
  /** Process start (or startNode call, in a shared process) to ready. */
  readonly bootMs: number;
  /** Trace id of the boot trace, 32 hex digits. */
  readonly bootTraceId: string;
  readonly directory: NodeDirectory;
  /** Registers the handler of an operation, `[a-z0-9][a-z0-9._-]{0,63}`, not starting with `mesh.`; returns its removal. */
  handle(operation: string, handler: Handler): () => void;
  request(target: Target, operation: string, body?: Uint8Array | string, options?: RequestOptions): Promise<Reply>;
  /** One-way: resolves when the message is handed to QUIC. At most once; no acknowledgement. */
  send(target: Target, operation: string, body?: Uint8Array | string, options?: RequestOptions): Promise<void>;
  /** Joins through further seeds, in the background, with the retries of a boot. Throws MESH_E_BAD_SEED. */
  join(seeds: readonly string[]): void;
  /** Ids of the active view of a mesh's topic (own mesh by default). */
  neighbors(mesh?: string): readonly string[];
  stats(): NodeStats;
  /** Another node's figures, every `intervalMs` (250 to 60,000), until the loop is left or the peer goes. */
  watchStats(target: Target, options?: { intervalMs?: number; signal?: AbortSignal }): AsyncIterableIterator<NodeStats>;
  /** Another node's own directory, asked over the mesh: its live members, then those it has seen go, as far as the answer has room. */
  directoryOf(target: Target, options?: RequestOptions): Promise<readonly RemoteDirectoryEntry[]>;
  /**
   * A CPU profile of another node's process (or its own), asked over the mesh: 100 to 60,000 ms, and up to 20 s before it in which
   * only counters are read. Throws MESH_E_REFUSED where the node does not let itself be profiled, MESH_E_OVERLOADED where its
   * process is being profiled or was just now.
   */
  profileOf(
    target: string,
    options: { readonly durationMs: number; readonly signal?: AbortSignal },
  ): Promise<NodeProfile>;
  /** Leaves (signed), drains handlers, closes connections, flushes telemetry; bounded to 4 s. Idempotent. */
  close(reason?: string): Promise<void>;
  readonly closed: Promise<void>;
  /** Why the node closed by itself (`MESH_E_DUPLICATE_IDENTITY`); undefined while it runs, and where it was told to. */
  readonly failure: MeshError | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One line of another node's directory, as JSON carries it. Ages are by that node's own clock, at the moment of its answer. */
export interface RemoteDirectoryEntry {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  readonly addresses: readonly string[];
  /** Since that node last received the record. */
  readonly ageMs: number;
  /** `alive` or `suspected` of its live members; `left`, `dead` or `expired` of those who have gone. Later versions may know more. */
  readonly state: string;
  /** Since it holds the member for this. Absent from nodes that do not tell. */
  readonly stateAgeMs?: number;
  /** Of the dead: who accused it, the issuer first. Absent from nodes that do not tell. */
  readonly by?: readonly RemoteAccuser[];
}

export interface RemoteAccuser {
  readonly id: string;
  /** Absent where that node does not know the id any more. */
  readonly name?: string;
}

export type { Departure, DirectoryChange, DirectoryEntry };
