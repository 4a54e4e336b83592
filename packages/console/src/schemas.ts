/**
 * What the console's API serves and takes, as zod schemas; the OpenAPI document and the types come from them. Pure types for the
 * dashboard: api-types.ts.
 *
 * Ages: every `…AgeMs` is the age at the moment the response (or stream message) was made, by the console's monotonic clock.
 * A reader adds the time since it received that message; clocks of two machines are never compared. Fields named `…AtMs` are
 * wall-clock milliseconds since the epoch, for display only.
 *
 * Unknown is `null`, never 0. Ids are 64 lower-case hex digits, trace ids 32, span ids 16.
 */
import { z } from "@hono/zod-openapi";
import { AlertCounts, AlertView } from "./alert-schemas.js";
import { HistoryMark } from "./history-schemas.js";
import { BootState, NodeView, RuntimeView } from "./node-schemas.js";
import { ageMs, count, unknownOr } from "./schema-parts.js";

export * from "./action-schemas.js";
export * from "./node-schemas.js";
export { ErrorBody, NodeRef } from "./schema-parts.js";

export const Health = z.object({ status: z.literal("ok") }).openapi("Health");

/** A link, once per pair and mesh; `a` is the smaller id. */
export const LinkView = z
  .object({
    /** `<mesh>|<a>|<b>` */
    key: z.string(),
    mesh: z.string(),
    a: z.string(),
    b: z.string(),
    aName: unknownOr(z.string()),
    bName: unknownOr(z.string()),
    /** Whether this end's own active view holds the other; null where that end's stats are unknown. */
    aReports: unknownOr(z.boolean()),
    bReports: unknownOr(z.boolean()),
    /** Since an end first reported the link. */
    sinceMs: ageMs,
    /** Age of the newest report. In the stream a link is resent only when it changes: take the ends' `statsAgeMs` there. */
    ageMs: ageMs,
  })
  .openapi("Link");

/** A request or one-way message, from its spans. Bytes and outcome as the sender measured them. */
export const MessageView = z
  .object({
    /** `<trace id>-<span id>` of the client span (or of the server span where only that came). */
    key: z.string(),
    traceId: z.string(),
    /** Start by the sending node's clock. */
    atMs: z.number(),
    /** Since the span reached the console. */
    ageMs,
    from: unknownOr(z.string()),
    fromMesh: unknownOr(z.string()),
    to: unknownOr(z.string()),
    toMesh: unknownOr(z.string()),
    operation: unknownOr(z.string()),
    bytes: unknownOr(count),
    /** `ok` or the error's code. */
    outcome: unknownOr(z.string()),
    durationMs: unknownOr(z.number().nonnegative()),
    /** Both the sender's and the receiver's span have come. */
    paired: z.boolean(),
  })
  .openapi("Message");

export const TraceSummary = z
  .object({
    traceId: z.string(),
    /** Name of the root span; null where the root has not come. */
    rootName: unknownOr(z.string()),
    rootNode: unknownOr(z.string()),
    /** Of the root, where it is a message. */
    operation: unknownOr(z.string()),
    /** Of all messages in it, in order of their first span. */
    operations: z.array(z.string()),
    startedAtMs: z.number(),
    durationMs: z.number().nonnegative(),
    spanCount: count,
    errorCount: count,
    /** Node names that have spans in it, in order of their first span. */
    nodes: z.array(z.string()),
    meshes: z.array(z.string()),
    services: z.array(z.string()),
    /** Since its last span reached the console. */
    ageMs,
  })
  .openapi("TraceSummary");

const attributeValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number(), z.boolean()])),
]);
const attributes = z.record(z.string(), attributeValue);

export const SpanView = z
  .object({
    spanId: z.string(),
    parentSpanId: unknownOr(z.string()),
    /** The parent is named but not (or no longer) in the store. */
    orphan: z.boolean(),
    /** 0 for a root. Spans come in depth-first order, so depth alone draws the tree. */
    depth: count,
    name: z.string(),
    kind: z.enum(["unspecified", "internal", "server", "client", "producer", "consumer"]),
    /** `service.name`: the node's type. */
    service: unknownOr(z.string()),
    node: unknownOr(z.string()),
    mesh: unknownOr(z.string()),
    /** From the trace's earliest span, by the nodes' own clocks. */
    offsetMs: z.number().nonnegative(),
    durationMs: z.number().nonnegative(),
    status: z.enum(["unset", "ok", "error"]),
    statusMessage: z.string(),
    attributes,
    events: z.array(z.object({ name: z.string(), offsetMs: z.number(), attributes })),
  })
  .openapi("Span");

export const TraceView = TraceSummary.extend({ spans: z.array(SpanView) }).openapi("Trace");

export const BootStep = z
  .object({
    name: z.string(),
    offsetMs: z.number().nonnegative(),
    durationMs: z.number().nonnegative(),
    status: z.enum(["unset", "ok", "error"]),
    statusMessage: z.string(),
    attributes,
  })
  .openapi("BootStep");

/** `mesh.node.ready` and its children, in order. */
export const BootTrace = z
  .object({
    name: z.string(),
    traceId: z.string(),
    state: BootState,
    startedAtMs: z.number(),
    durationMs: z.number().nonnegative(),
    /** The stalled or failed step. */
    step: unknownOr(z.string()),
    message: unknownOr(z.string()),
    steps: z.array(BootStep),
    ageMs,
  })
  .openapi("BootTrace");

export const ServiceRef = z.object({ mesh: z.string(), service: z.string() }).openapi("ServiceRef");

/** Over the last minute; null where the console has counted for less than ten seconds. */
const callsPerMinute = unknownOr(z.number().nonnegative());

/** Calls counted once per client span whose server span really came, since the console started. */
export const ServiceEdge = z
  .object({
    key: z.string(),
    from: ServiceRef,
    to: ServiceRef,
    operation: z.string(),
    calls: count,
    errors: count,
    meanMs: z.number().nonnegative(),
    maxMs: z.number().nonnegative(),
    /** Since the last call was counted. */
    ageMs,
    callsPerMinute,
  })
  .openapi("ServiceEdge");

export const NodeEdge = z
  .object({ key: z.string(), from: z.string(), to: z.string(), calls: count, errors: count, ageMs, callsPerMinute })
  .openapi("NodeEdge");

export const ServiceGraph = z
  .object({
    /** The counts cover this long. */
    windowMs: ageMs,
    services: z.array(ServiceRef),
    edges: z.array(ServiceEdge),
    /** The same calls between node names. */
    nodeEdges: z.array(NodeEdge),
    /** Client spans whose server span has not come (yet). */
    unpaired: count,
    /** Calls not counted because the edge table was full. */
    uncounted: count,
  })
  .openapi("ServiceGraph");

export const EventView = z
  .object({
    /** Grows by one with each event. */
    id: count,
    atMs: z.number(),
    ageMs,
    severity: z.enum(["info", "warn", "error"]),
    /**
     * Of members: node.joined, node.updated, node.restarted, node.suspected, node.refuted, node.dead, node.left, node.expired. Others:
     * boot.stalled, boot.failed, api.kill, api.spawn and so on.
     */
    kind: z.string(),
    node: unknownOr(z.string()),
    mesh: unknownOr(z.string()),
    /** Names: of a suspicion and its refutation the one observer whose they are, of a death those who signed, the issuer first. */
    by: z.array(z.string()),
    message: z.string(),
  })
  .openapi("Event");

export const StoreView = z
  .object({
    traces: count,
    spans: count,
    bytes: count,
    maxSpans: count,
    maxBytes: count,
    receivedSpans: count,
    /** Evicted with their traces to stay within the bounds. */
    evictedSpans: count,
    /** Refused at the intake (malformed or above a limit). */
    rejectedSpans: count,
    /** (evicted + rejected) / (received + rejected), 0 to 1; null before the first span. */
    droppedShare: unknownOr(z.number()),
  })
  .openapi("TraceStore");

export const MeshSummary = z
  .object({
    mesh: z.string(),
    live: count,
    /** Of the live, those that this console suspects. */
    suspected: count,
    byType: z.record(z.string(), count),
  })
  .openapi("MeshSummary");

/** The members are made up (`mesh up --synthetic`); null where they are nodes. Every answer of the API says so in a header as well. */
export const SyntheticView = z
  .object({
    /** Made up, those that carry their gossip counted. */
    nodes: count,
    /** The console lists them all, and they change. */
    populated: z.boolean(),
    /** Members that change in a second, by plan. */
    changedPerSecond: z.number().nonnegative(),
  })
  .openapi("Synthetic");

export const ClusterSummary = z
  .object({
    atMs: z.number(),
    /** Live in the console's own directory, the console itself counted. */
    live: count,
    meshes: z.array(MeshSummary),
    links: count,
    console: z.object({
      name: z.string(),
      id: z.string(),
      mesh: z.string(),
      observes: z.array(z.string()),
      pid: count,
      uptimeMs: ageMs,
    }),
    /** Processes of the supervisor; null where it does not answer. */
    supervised: unknownOr(z.object({ processes: count, running: count, ageMs })),
    demo: unknownOr(z.object({ running: z.boolean() })),
    /** Faults that act now, and how often anything about the chaos runs has changed; null where the console may do no harm. */
    chaos: unknownOr(z.object({ running: count, changes: count })),
    /** How often anything about the runs of tests has changed; null where the console may run none. */
    tests: unknownOr(z.object({ changes: count })),
    /** Stats subscriptions: wanted, those with figures not older than three intervals, and the interval. */
    stats: z.object({ watched: count, fresh: count, intervalMs: count }),
    alerts: AlertCounts,
    /** Sums over the nodes whose stats are fresh; null where none is. */
    framesSentPerMinute: unknownOr(z.number()),
    framesReceivedPerMinute: unknownOr(z.number()),
    telemetryDropped: unknownOr(count),
    store: StoreView,
    streamClients: count,
    /** This console changes nothing: its actions are refused. */
    readOnly: z.boolean(),
    /** Address of the page of a Jaeger that gets the same traces; null where none is configured. */
    jaegerUrl: unknownOr(z.string()),
    synthetic: unknownOr(SyntheticView),
  })
  .openapi("Cluster");

/** Whether every node's own directory lists whom it must; asked over the mesh. */
export const Convergence = z
  .object({
    converged: z.boolean(),
    live: count,
    expected: unknownOr(count),
    elapsedMs: z.number().nonnegative(),
    /** Nodes that were expected or listed and did not answer for their own directory. */
    unanswered: z.array(z.object({ name: z.string(), reason: z.string() })),
    /** Who lacks whom. */
    missing: z.array(z.object({ at: z.string(), lacks: z.array(z.string()) })),
    /** Who lists whom it must not. */
    unexpected: z.array(z.object({ at: z.string(), lists: z.array(z.string()) })),
  })
  .openapi("Convergence");

// Stream: event names `snapshot`, `delta` and `ping`; the SSE id is `<run>-<seq>`.

export const Snapshot = z
  .object({
    seq: count,
    atMs: z.number(),
    cluster: ClusterSummary,
    nodes: z.array(NodeView),
    links: z.array(LinkView),
    /** The newest first, at most 100. */
    messages: z.array(MessageView),
    /** The newest first, at most 100. */
    events: z.array(EventView),
    services: ServiceGraph,
    /** Newest first, resolved ones among them. */
    alerts: z.array(AlertView),
  })
  .openapi("Snapshot");

/** The snapshot of `/api/stream?only=events`, whose deltas hold events alone and which makes no node send figures. */
export const EventSnapshot = Snapshot.pick({ seq: true, atMs: true, events: true }).openapi("EventSnapshot");

/** The snapshot of `/api/stream?only=runtime`: what each node holds. */
export const RuntimeSnapshot = z
  .object({ seq: count, atMs: z.number(), runtime: z.array(RuntimeView) })
  .openapi("RuntimeSnapshot");

/**
 * What changed since `from`, which is the `seq` of the message before on this stream (or the Last-Event-ID). Nodes, links and
 * messages replace the one with the same key; `services` and `cluster` replace the whole. Absent means unchanged.
 */
export const Delta = z
  .object({
    from: count,
    seq: count,
    atMs: z.number(),
    cluster: ClusterSummary.optional(),
    nodes: z.array(NodeView).optional(),
    removedNodes: z.array(z.string()).optional(),
    links: z.array(LinkView).optional(),
    removedLinks: z.array(z.string()).optional(),
    messages: z.array(MessageView).optional(),
    events: z.array(EventView).optional(),
    /** In `only=runtime` alone. */
    runtime: z.array(RuntimeView).optional(),
    /** What happened, for the timeline; oldest first, at most 200. `GET /api/history` has those before. */
    marks: z.array(HistoryMark).optional(),
    /** Those that changed; newest first. */
    alerts: z.array(AlertView).optional(),
    removedAlerts: z.array(count).optional(),
    services: ServiceGraph.optional(),
  })
  .openapi("Delta");

/** Comes when nothing else did for 2 s: a stream silent for longer than 5 s is stale. */
export const Ping = z.object({ seq: count, atMs: z.number() }).openapi("Ping");

// Lists are wrapped, so that they can grow fields.

export const NodeList = z.object({ atMs: z.number(), nodes: z.array(NodeView) }).openapi("NodeList");
export const LinkList = z.object({ atMs: z.number(), links: z.array(LinkView) }).openapi("LinkList");
export const MessageList = z.object({ atMs: z.number(), messages: z.array(MessageView) }).openapi("MessageList");
export const EventList = z.object({ atMs: z.number(), events: z.array(EventView) }).openapi("EventList");
export const TraceList = z
  .object({ atMs: z.number(), traces: z.array(TraceSummary), store: StoreView })
  .openapi("TraceList");
