/**
 * The names of every span, attribute and metric that meshwork emits, so that nodes, console and tests cannot drift apart.
 *
 * Our own constants instead of `@opentelemetry/semantic-conventions` (10 MB installed); where OpenTelemetry has a name for
 * the thing (`service.name`, `error.type`, units in UCUM) it is that name. Attribute values have few distinct values on
 * metrics; node ids and addresses are on spans only. No key material in any attribute.
 */

/** Span names. Spans marked debug are per frame or per gossip message and are made only where `debugSpans` is on. */
export const SPAN = {
  nodeReady: "mesh.node.ready",
  nodeStopping: "mesh.node.stopping",
  bootIdentityLoaded: "mesh.boot.identity_loaded",
  bootIdentityMinted: "mesh.boot.identity_minted",
  bootEndpointCreated: "mesh.boot.endpoint_created",
  bootAlpnRegistered: "mesh.boot.alpn_registered",
  bootGossipStarted: "mesh.boot.gossip_started",
  bootAcceptLoopStarted: "mesh.boot.accept_loop_started",
  peerDiscovered: "mesh.peer.discovered",
  peerConnected: "mesh.peer.connected",
  peerDisconnected: "mesh.peer.disconnected",
  peerSuspected: "mesh.peer.suspected",
  peerDead: "mesh.peer.dead",
  peerRefuted: "mesh.peer.refuted",
  seedRetry: "mesh.seed.retry",
  seedGiveup: "mesh.seed.giveup",
  /** Debug. */
  gossipBroadcast: "mesh.gossip.broadcast",
  /** Debug. */
  gossipReceived: "mesh.gossip.received",
  gossipPruned: "mesh.gossip.pruned",
  directorySynced: "mesh.directory.synced",
  stalenessPruned: "mesh.staleness.pruned",
  /** Client span of a message. */
  messageSent: "mesh.message.sent",
  /** Server span of the same trace. */
  messageReceived: "mesh.message.received",
  /** The same for what the mesh asks of itself (`mesh.directory`): no traffic of the application, so no edge of its graph. */
  systemSent: "mesh.system.sent",
  systemReceived: "mesh.system.received",
  consoleRequest: "mesh.console.request",
  supervisorSpawned: "mesh.supervisor.spawned",
  supervisorExited: "mesh.supervisor.exited",
  chaosInjected: "mesh.chaos.injected",
  chaosDetected: "mesh.chaos.detected",
  chaosReverted: "mesh.chaos.reverted",
} as const;
export type SpanName = (typeof SPAN)[keyof typeof SPAN];

/** Boot steps in the order in which a node takes them; `identity_minted` stands in the place of `identity_loaded`. */
export const BOOT_STEPS = [
  SPAN.bootIdentityLoaded,
  SPAN.bootEndpointCreated,
  SPAN.bootAlpnRegistered,
  SPAN.bootGossipStarted,
  SPAN.bootAcceptLoopStarted,
] as const;

/** Attribute keys of spans, metrics and resources. */
export const ATTR = {
  serviceName: "service.name",
  serviceVersion: "service.version",
  processPid: "process.pid",
  meshId: "mesh.id",
  nodeName: "mesh.node.name",
  nodeId: "mesh.node.id",
  nodeType: "mesh.node.type",
  nodeState: "mesh.node.state",
  bindAddress: "mesh.bind.address",
  alpn: "mesh.alpn",
  /** Path of a file, or of a connection (`direct`, `relay`). */
  path: "mesh.path",
  reason: "mesh.reason",
  bootStalled: "mesh.boot.stalled",
  bootStalledStep: "mesh.boot.stalled_step",
  bootFailedStep: "mesh.boot.failed_step",
  bootLate: "mesh.boot.late",
  peerId: "mesh.peer.id",
  peerName: "mesh.peer.name",
  peerSource: "mesh.peer.source",
  /** Ids of those who signed an obituary, the issuer first. */
  accusedBy: "mesh.peer.accused_by",
  direction: "mesh.direction",
  seed: "mesh.seed",
  attempt: "mesh.attempt",
  delayMs: "mesh.delay_ms",
  topic: "mesh.topic",
  bytes: "mesh.bytes",
  hops: "mesh.hops",
  entries: "mesh.entries",
  removed: "mesh.removed",
  durationMs: "mesh.duration_ms",
  operation: "mesh.operation",
  /** Where a target was chosen by mesh and type: `<mesh>.<type>`. */
  selector: "mesh.selector",
  outcome: "mesh.outcome",
  collection: "mesh.collection.name",
  sink: "mesh.telemetry.sink",
  fault: "mesh.chaos.fault",
  errorType: "error.type",
  exitCode: "process.exit.code",
  httpMethod: "http.request.method",
  httpRoute: "http.route",
  urlPath: "url.path",
  httpStatusCode: "http.response.status_code",
} as const;
export type AttributeKey = (typeof ATTR)[keyof typeof ATTR];

export type MetricKind = "counter" | "upDownCounter" | "gauge" | "histogram";

/** A metric: OpenTelemetry name, UCUM unit, instrument, and the only attribute keys it may carry. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricKind;
  readonly description: string;
  readonly attributes: readonly AttributeKey[];
}

export const METRIC = {
  framesSent: {
    name: "mesh.frame.sent",
    unit: "{frame}",
    kind: "counter",
    description: "Frames sent",
    attributes: [ATTR.operation],
  },
  framesReceived: {
    name: "mesh.frame.received",
    unit: "{frame}",
    kind: "counter",
    description: "Frames received",
    attributes: [ATTR.operation],
  },
  bytesSent: {
    name: "mesh.io.sent",
    unit: "By",
    kind: "counter",
    description: "Application bytes sent",
    attributes: [ATTR.operation],
  },
  bytesReceived: {
    name: "mesh.io.received",
    unit: "By",
    kind: "counter",
    description: "Application bytes received",
    attributes: [ATTR.operation],
  },
  requestDuration: {
    name: "mesh.request.duration",
    unit: "s",
    kind: "histogram",
    description: "Time from a request to its reply, at the caller",
    attributes: [ATTR.operation, ATTR.outcome],
  },
  peerRtt: {
    name: "mesh.peer.rtt",
    unit: "s",
    kind: "histogram",
    description: "Round trip to peers, as probes measure it",
    attributes: [],
  },
  probeFailures: {
    name: "mesh.probe.failures",
    unit: "{probe}",
    kind: "counter",
    description: "Probes without an answer",
    attributes: [ATTR.reason],
  },
  directoryNodes: {
    name: "mesh.directory.nodes",
    unit: "{node}",
    kind: "gauge",
    description: "Entries of the directory",
    attributes: [ATTR.meshId, ATTR.nodeState],
  },
  connectionsOpened: {
    name: "mesh.connection.opened",
    unit: "{connection}",
    kind: "counter",
    description: "Connections opened",
    attributes: [ATTR.direction, ATTR.reason],
  },
  connectionsClosed: {
    name: "mesh.connection.closed",
    unit: "{connection}",
    kind: "counter",
    description: "Connections closed",
    attributes: [ATTR.reason],
  },
  collectionSize: {
    name: "mesh.collection.size",
    unit: "{item}",
    kind: "gauge",
    description: "Items in a long-lived collection",
    attributes: [ATTR.collection],
  },
  cpuUsed: {
    name: "mesh.cpu.used",
    unit: "{cpu}",
    kind: "gauge",
    description: "CPU cores used by the process",
    attributes: [],
  },
  cpuBudget: {
    name: "mesh.cpu.budget",
    unit: "{cpu}",
    kind: "gauge",
    description: "CPU cores granted to the node",
    attributes: [],
  },
  memoryUsed: {
    name: "mesh.memory.used",
    unit: "By",
    kind: "gauge",
    description: "Resident memory of the process",
    attributes: [],
  },
  memoryBudget: {
    name: "mesh.memory.budget",
    unit: "By",
    kind: "gauge",
    description: "Memory granted to the node",
    attributes: [],
  },
  eventLoopDelay: {
    name: "mesh.event_loop.delay",
    unit: "s",
    kind: "gauge",
    description: "Delay of the event loop, p99 of the last interval",
    attributes: [],
  },
  spansExported: {
    name: "mesh.telemetry.spans.exported",
    unit: "{span}",
    kind: "counter",
    description: "Spans that a collector took",
    attributes: [ATTR.sink],
  },
  spansDropped: {
    name: "mesh.telemetry.spans.dropped",
    unit: "{span}",
    kind: "counter",
    description: "Spans lost on the way to a collector",
    attributes: [ATTR.sink],
  },
} as const satisfies Record<string, MetricDefinition>;
