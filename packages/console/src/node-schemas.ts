/**
 * Nodes and directories as the console's API serves them (schemas.ts says what ages and nulls mean).
 *
 * A member's state is always somebody's view. `state` of a row is what the console's own directory says; `observers` are the nodes
 * that say something else. A suspicion belongs to one observer; a death is the mesh's, signed by two.
 */
import { z } from "@hono/zod-openapi";
import { ageMs, count, unknownOr } from "./schema-parts.js";

export const FrameCounts = z
  .object({ sent: count, received: count, sentBytes: count, receivedBytes: count })
  .openapi("FrameCounts");

/** One end of a link as the reporting node knows it; `name` is null where the console's directory does not hold the id. */
export const PeerRef = z.object({ id: z.string(), name: unknownOr(z.string()) }).openapi("PeerRef");

/** The process that holds the node. From the supervisor where it is supervised, from the node's own stats where not. */
export const ProcessView = z
  .object({
    pid: unknownOr(count),
    /** True where several nodes share the process: CPU and RAM are then the process's and not the node's. */
    shared: unknownOr(z.boolean()),
    cpuUsedCores: unknownOr(z.number().nonnegative()),
    rssBytes: unknownOr(count),
    supervised: z.boolean(),
    /** As the supervisor says it; null where it is not supervised or the supervisor does not answer. */
    state: unknownOr(z.string()),
  })
  .openapi("Process");

export const BootState = z.enum(["ready", "running", "stalled", "failed"]);

/** The boot as far as the trace store or the supervisor knows it. */
export const BootView = z
  .object({
    state: BootState,
    /** Of the boot trace: first step to ready (or to where it stands). Null where no trace came. */
    durationMs: unknownOr(z.number().nonnegative()),
    traceId: unknownOr(z.string()),
    /** The step that is open, stalled or failed, e.g. `mesh.boot.gossip_started`. */
    step: unknownOr(z.string()),
    message: unknownOr(z.string()),
  })
  .openapi("Boot");

/**
 * What the console's own directory says: `alive`, `suspected` (silent towards the console, still a live member), `left` (said goodbye),
 * `dead` (declared dead by the mesh), `expired` (no refresh). Who is gone stays listed for 24 hours, 256 at most. `starting` and
 * `exited` are supervised processes that no directory lists.
 */
export const NodeState = z.enum(["starting", "alive", "suspected", "left", "dead", "expired", "exited"]);

/** What another node says of a member: asked for its directory, or told by the spans that it exports. Forgotten after a minute. */
export const ObserverView = z
  .object({
    observer: z.string(),
    state: z.string(),
    /** Since that node holds the member for this, as far as it was told. */
    stateAgeMs: ageMs,
    /** Since it said so. */
    toldAgeMs: ageMs,
  })
  .openapi("ObserverView");

export const NodeView = z
  .object({
    /** Stable key of the row: the id, or the supervisor's own id as long as the node id is unknown. */
    key: z.string(),
    id: unknownOr(z.string()),
    /** `<mesh>.<type>.<6 hex>`; null while a started process has not said its name. */
    name: unknownOr(z.string()),
    mesh: z.string(),
    type: z.string(),
    state: NodeState,
    /** Since the state was taken. */
    stateAgeMs: ageMs,
    /** Listed by the console's directory: `alive` or `suspected`. */
    live: z.boolean(),
    /** Who says so: of the dead those who signed, the issuer first; of the suspected this console. Ids where no name is known. */
    accusedBy: z.array(z.string()),
    /** Nodes that say something else than `state`; at most 8. */
    observers: z.array(ObserverView),
    /** How many other nodes have said the same as `state` lately. */
    agreeing: count,
    /** Since the console first learned of the id in its present generation. */
    knownForMs: unknownOr(ageMs),
    /** Since the newest record was received. The record carries addresses, load class, version, generation, sequence. */
    recordAgeMs: unknownOr(ageMs),
    /** Since the newest stats were received. All figures below come from them. */
    statsAgeMs: unknownOr(ageMs),
    /** The node's own, as of its stats: add `statsAgeMs`. */
    uptimeMs: unknownOr(z.number().nonnegative()),
    addresses: unknownOr(z.array(z.string())),
    /** Where it is reached: `ip:port` of the first address, else the relay; null where neither is known. */
    location: unknownOr(z.string()),
    loadClass: unknownOr(z.enum(["idle", "normal", "high", "full"])),
    version: unknownOr(z.string()),
    generation: unknownOr(count),
    sequence: unknownOr(count),
    /** The node's own active view of each topic it is in, by mesh: these are the links. */
    activeViews: unknownOr(z.record(z.string(), z.array(PeerRef))),
    cpuUsedCores: unknownOr(z.number().nonnegative()),
    cpuBudgetCores: unknownOr(z.number().nonnegative()),
    ramUsedBytes: unknownOr(z.number().nonnegative()),
    ramBudgetBytes: unknownOr(z.number().nonnegative()),
    framesSentPerMinute: unknownOr(z.number().nonnegative()),
    framesReceivedPerMinute: unknownOr(z.number().nonnegative()),
    framesSent: unknownOr(count),
    framesReceived: unknownOr(count),
    /** Totals since start by kind: gossip, probe, sync, stats, telemetry, request, message, stream, hello. */
    frames: unknownOr(z.record(z.string(), FrameCounts)),
    connections: unknownOr(count),
    connectionsOpened: unknownOr(count),
    directorySize: unknownOr(count),
    eventLoopDelayP99Ms: unknownOr(z.number().nonnegative()),
    telemetryDropped: unknownOr(count),
    process: unknownOr(ProcessView),
    /** Process start to ready, as the node told its supervisor; longer than the boot trace by the loading of the code. */
    bootMs: unknownOr(z.number().nonnegative()),
    boot: unknownOr(BootView),
  })
  .openapi("Node");

/** `GET /api/nodes/{name}` adds what a list does not need. */
export const NodeDetail = NodeView.extend({
  /** Sizes of the node's own bounded collections. */
  sizes: unknownOr(z.record(z.string(), z.number())),
  /** What its last record declared, against which `activeViews` can be held. */
  declaredNeighbors: unknownOr(z.array(PeerRef)),
}).openapi("NodeDetail");

/** What a node holds, as its newest stats say: for `/api/stream?only=runtime`. */
export const RuntimeView = z
  .object({
    key: z.string(),
    name: unknownOr(z.string()),
    mesh: z.string(),
    type: z.string(),
    live: z.boolean(),
    /** Since the newest stats were received; all below comes from them. */
    statsAgeMs: unknownOr(ageMs),
    uptimeMs: unknownOr(z.number().nonnegative()),
    /** Whether several nodes share the process: memory and handles are then of all of them. */
    shared: unknownOr(z.boolean()),
    rssBytes: unknownOr(count),
    /** What keeps the event loop of its process alive: sockets, timers, requests under way. */
    handles: unknownOr(count),
    eventLoopDelayP99Ms: unknownOr(z.number().nonnegative()),
    /** Sizes of its own bounded collections and queues; of the console's node also the console's, as `console.…`. */
    sizes: unknownOr(z.record(z.string(), z.number())),
  })
  .openapi("Runtime");

export const DirectoryLine = z
  .object({
    name: z.string(),
    id: z.string(),
    /** First 6 hex digits of the id. */
    idPrefix: z.string(),
    mesh: z.string(),
    type: z.string(),
    addresses: z.array(z.string()),
    location: unknownOr(z.string()),
    state: z.string(),
    /** Since that node holds the member for this, by its own clock; null where it does not tell. */
    stateAgeMs: unknownOr(ageMs),
    /** Of the dead: who signed, the issuer first. Ids where no name is known. */
    accusedBy: z.array(z.string()),
    /** Since the node whose directory this is received the record, by its own clock. */
    ageMs,
  })
  .openapi("DirectoryLine");

export const DirectoryView = z
  .object({
    /** Whose directory it is. */
    as: z.string(),
    /** True where that node was asked over the mesh just now; false for the console's own. */
    asked: z.boolean(),
    /** Its live members: alive or suspected. */
    entries: z.array(DirectoryLine),
    /** Those that it has seen go within 24 hours, newest first; at most 256 a mesh. */
    departed: z.array(DirectoryLine),
  })
  .openapi("Directory");

/** What the members of a node's mesh say of it, each of its own directory, asked just now. */
export const SeenView = z
  .object({
    name: z.string(),
    /** Live members of its mesh besides itself and this console. */
    members: count,
    /** How many of them were asked: at most 24. */
    asked: count,
    by: z.array(
      z.object({
        observer: z.string(),
        /** Its state in that directory; `absent` where it is not in it. */
        state: z.string(),
        /** Since that node holds it for this, by that node's clock. */
        stateAgeMs: unknownOr(ageMs),
      }),
    ),
    /** Asked, without an answer in time. */
    unanswered: z.array(z.string()),
  })
  .openapi("Seen");
