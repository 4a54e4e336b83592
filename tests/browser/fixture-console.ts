/**
 * Stands in for the console in tests of states that a healthy cluster does not show: a stalled boot, links that one end alone reports,
 * nodes that share a process, ids that nobody knows, a stream that falls silent. It speaks the API's shapes and serves the built page;
 * the figures are made up for the test and never leave it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import type {
  BootTrace,
  Delta,
  LinkView,
  NodeView,
  ServiceEdge,
  Snapshot,
  SpanView,
  TraceView,
} from "@meshwork/console/api-types";

export const DIST = join(import.meta.dirname, "..", "..", "packages", "dashboard", "dist");
const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export const TOKEN = "fixture-token";

export const idOf = (seed: string): string => createHash("sha256").update(seed).digest("hex");

export function nodeOf(mesh: string, type: string, seed: number, changes: Partial<NodeView> = {}): NodeView {
  const id = idOf(`${mesh}.${type}.${seed}`);
  const small = parseInt(id.slice(6, 10), 16) / 65_536;
  const counts = (sent: number, received: number) => ({
    sent,
    received,
    sentBytes: sent * 180,
    receivedBytes: received * 180,
  });
  return {
    key: id,
    id,
    name: `${mesh}.${type}.${id.slice(0, 6)}`,
    mesh,
    type,
    state: "alive",
    stateAgeMs: 90_000,
    live: true,
    accusedBy: [],
    observers: [],
    agreeing: 0,
    knownForMs: 90_000,
    recordAgeMs: 12_000 + small * 20_000,
    statsAgeMs: 400,
    uptimeMs: 92_000,
    addresses: [`127.0.0.1:${40_000 + Math.floor(small * 20_000)}`],
    location: `127.0.0.1:${40_000 + Math.floor(small * 20_000)}`,
    loadClass: "idle",
    version: "0.1.0",
    generation: 1,
    sequence: 4,
    activeViews: {},
    cpuUsedCores: 0.002 + small * 0.01,
    cpuBudgetCores: { broker: 4, compute: 1 }[type] ?? 2,
    ramUsedBytes: 70_000_000 + small * 20_000_000,
    ramBudgetBytes: { broker: 2 ** 31, compute: 2 ** 29 }[type] ?? 2 ** 30,
    framesSentPerMinute: 60 + small * 100,
    framesReceivedPerMinute: 50 + small * 110,
    framesSent: 1_200,
    framesReceived: 1_180,
    frames: {
      gossip: counts(640, 655),
      probe: counts(300, 298),
      sync: counts(12, 11),
      stats: counts(90, 2),
      request: counts(130, 128),
      message: counts(0, 0),
      hello: counts(6, 6),
    },
    connections: 6,
    connectionsOpened: 7,
    directorySize: 10,
    eventLoopDelayP99Ms: 11.2,
    telemetryDropped: 0,
    bootMs: 210,
    process: {
      pid: 4_000 + seed,
      shared: false,
      cpuUsedCores: 0.004,
      rssBytes: 80_000_000,
      supervised: true,
      state: "running",
    },
    boot: {
      state: "ready",
      durationMs: 62,
      traceId: idOf(`boot ${id}`).slice(0, 32),
      step: null,
      message: null,
    },
    ...changes,
  };
}

/** Two meshes as the demo has them. */
export function demoNodes(): NodeView[] {
  const counts = { gateway: 2, broker: 3, compute: 2, registry: 2 };
  const nodes = ["mesh1", "mesh2"].flatMap((mesh, at) =>
    Object.entries(counts).flatMap(([type, count]) =>
      Array.from({ length: count }, (_, each) => nodeOf(mesh, type, at * 100 + each)),
    ),
  );
  return [...nodes, nodeOf("mesh1", "console", 7)];
}

export function linkOf(mesh: string, one: string, other: string, changes: Partial<LinkView> = {}): LinkView {
  const [a, b] = one < other ? [one, other] : [other, one];
  return {
    key: `${mesh}|${a}|${b}`,
    mesh,
    a,
    b,
    aName: null,
    bName: null,
    aReports: true,
    bReports: true,
    sinceMs: 60_000,
    ageMs: 500,
    ...changes,
  };
}

export function demoLinks(nodes: readonly NodeView[]): LinkView[] {
  const links = new Map<string, LinkView>();
  const put = (link: LinkView) => links.set(link.key, link);
  for (const mesh of ["mesh1", "mesh2"]) {
    const members = nodes.filter((node) => node.mesh === mesh).map((node) => node.id!);
    members.forEach((id, at) => {
      for (const step of [1, 3]) put(linkOf(mesh, id, members[(at + step) % members.length]!));
    });
    const observers = nodes.filter((node) => node.mesh !== mesh && ["gateway", "console"].includes(node.type));
    observers.forEach((node, at) => {
      for (const step of [0, 4]) put(linkOf(mesh, node.id!, members[(at * 2 + step) % members.length]!));
    });
  }
  return [...links.values()];
}

/** `count` members of two meshes, three of four brokers and computes; always the same ones. */
export function manyNodes(count: number): NodeView[] {
  const types = ["broker", "compute", "broker", "compute", "gateway", "broker", "compute", "registry"];
  return Array.from({ length: count }, (_, at) =>
    nodeOf(at % 2 === 0 ? "mesh1" : "mesh2", types[Math.floor(at / 2) % types.length]!, at, { uptimeMs: 60_000 + at }),
  );
}

/** Each links with the next ones of its mesh at growing distances: five links a node, and a few hubs. */
export function manyLinks(nodes: readonly NodeView[]): LinkView[] {
  const links = new Map<string, LinkView>();
  for (const mesh of ["mesh1", "mesh2"]) {
    const ids = nodes.filter((node) => node.mesh === mesh).map(({ key }) => key);
    ids.forEach((id, at) => {
      for (const step of [1, 7, at % 2 === 0 ? 41 : ids.length - (at % 97)]) {
        const other = ids[(at + step) % ids.length]!;
        const oneSided = at % 50 === 0 ? { bReports: false } : {};
        if (other !== id) links.set(`${id} ${step}`, linkOf(mesh, id, other, oneSided));
      }
    });
  }
  return [...new Map([...links.values()].map((link) => [link.key, link])).values()];
}

const STEPS: readonly (readonly [string, number, number])[] = [
  ["identity_loaded", 0.2, 3.1],
  ["endpoint_created", 3.6, 41.2],
  ["alpn_registered", 45.1, 1.2],
  ["gossip_started", 46.6, 9.4],
  ["accept_loop_started", 56.4, 2.2],
];

export function bootOf(node: NodeView): BootTrace {
  const factor = 0.8 + parseInt(node.key.slice(0, 2), 16) / 400;
  const stalled = node.boot?.state === "stalled";
  const steps = STEPS.slice(0, stalled ? 4 : 5).map(([step, offset, duration], at) => ({
    name: `mesh.boot.${step}`,
    offsetMs: offset * factor,
    durationMs: stalled && at === 3 ? 240 : duration * factor,
    status: stalled && at === 3 ? ("error" as const) : ("unset" as const),
    statusMessage: stalled && at === 3 ? "stalled" : "",
    attributes: {},
  }));
  const last = steps.at(-1)!;
  return {
    name: node.name ?? "",
    traceId: node.boot?.traceId ?? "",
    state: node.boot?.state ?? "running",
    startedAtMs: 1_800_000_000_000,
    durationMs: last.offsetMs + last.durationMs,
    step: node.boot?.step ?? null,
    message: node.boot?.message ?? null,
    steps,
    ageMs: 60_000,
  };
}

function edgeOf(from: string, to: string, operation: string, calls: number, errors = 0): ServiceEdge {
  const ref = (text: string) => ({ mesh: text.split(".")[0]!, service: text.split(".")[1]! });
  return {
    key: `${from}>${to}>${operation}`,
    from: ref(from),
    to: ref(to),
    operation,
    calls,
    errors,
    meanMs: 0.8,
    maxMs: 4.2,
    ageMs: 900,
    callsPerMinute: calls / 2,
  };
}

export const EDGES = [
  ...["mesh1", "mesh2"].flatMap((mesh) => [
    edgeOf(`${mesh}.gateway`, `${mesh}.broker`, "produce", 412),
    edgeOf(`${mesh}.gateway`, `${mesh}.compute`, "run", 208, mesh === "mesh1" ? 3 : 0),
    edgeOf(`${mesh}.broker`, `${mesh}.registry`, "schema", 130),
    edgeOf(`${mesh}.compute`, `${mesh}.broker`, "fetch", 190),
  ]),
  edgeOf("mesh1.gateway", "mesh2.broker", "produce", 77),
  edgeOf("mesh2.gateway", "mesh1.broker", "produce", 69),
];

/** Each gateway calls two brokers of the other mesh. */
function crossEdges(nodes: readonly NodeView[]) {
  const gateways = nodes.filter(({ type, name }) => type === "gateway" && name !== null);
  return gateways.flatMap((gateway, at) => {
    const brokers = nodes.filter(({ type, mesh, name }) => type === "broker" && mesh !== gateway.mesh && name !== null);
    return [0, 1].flatMap((step) => {
      const to = brokers[(at + step) % Math.max(1, brokers.length)]?.name;
      if (to == null) return [];
      const [from, calls] = [gateway.name ?? "", 30 + 8 * at + step];
      return [{ key: `${from}>${to}`, from, to, calls, errors: 0, ageMs: 700, callsPerMinute: calls / 2 }];
    });
  });
}

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

function traceOf(nodes: readonly NodeView[]): TraceView {
  const [gateway, broker, registry] = [
    nodes.find((node) => node.mesh === "mesh1" && node.type === "gateway")!,
    nodes.find((node) => node.mesh === "mesh2" && node.type === "broker")!,
    nodes.find((node) => node.mesh === "mesh2" && node.type === "registry")!,
  ];
  const span = (
    node: NodeView,
    spanId: string,
    parent: string | null,
    depth: number,
    offsetMs: number,
    durationMs: number,
    kind: SpanView["kind"],
    operation: string,
  ): SpanView => ({
    spanId,
    parentSpanId: parent,
    orphan: false,
    depth,
    name: kind === "client" ? "mesh.message.sent" : "mesh.message.received",
    kind,
    service: node.type,
    node: node.name,
    mesh: node.mesh,
    offsetMs,
    durationMs,
    status: "ok",
    statusMessage: "",
    attributes: { "mesh.operation": operation, "mesh.bytes": 200, "mesh.outcome": "ok" },
    events: [],
  });
  return {
    traceId: TRACE_ID,
    rootName: "mesh.message.sent",
    rootNode: gateway.name,
    operation: "produce",
    operations: ["produce", "schema"],
    startedAtMs: 1_800_000_000_000,
    durationMs: 1.9,
    spanCount: 4,
    errorCount: 0,
    nodes: [gateway.name!, broker.name!, registry.name!],
    meshes: ["mesh1", "mesh2"],
    services: ["gateway", "broker", "registry"],
    ageMs: 1_200,
    spans: [
      span(gateway, "a000000000000001", null, 0, 0, 1.9, "client", "produce"),
      span(broker, "a000000000000002", "a000000000000001", 1, 0.4, 1.2, "server", "produce"),
      span(broker, "a000000000000003", "a000000000000002", 2, 0.5, 0.8, "client", "schema"),
      span(registry, "a000000000000004", "a000000000000003", 3, 0.8, 0.2, "server", "schema"),
    ],
  };
}

export function snapshotOf(nodes: readonly NodeView[], links: readonly LinkView[]): Snapshot {
  const live = nodes.filter((node) => node.live);
  const own = nodes.find((node) => node.type === "console");
  const meshes = [...new Set(live.map((node) => node.mesh))].sort();
  return {
    seq: 100,
    atMs: Date.now(),
    cluster: {
      atMs: Date.now(),
      live: live.length,
      meshes: meshes.map((mesh) => ({
        ...{ mesh, live: live.filter((node) => node.mesh === mesh).length, byType: {} },
        suspected: live.filter((node) => node.mesh === mesh && node.state === "suspected").length,
      })),
      links: links.length,
      console: {
        name: own?.name ?? "",
        id: own?.id ?? "",
        mesh: "mesh1",
        observes: ["mesh2"],
        pid: 4_007,
        uptimeMs: 95_000,
      },
      supervised: { processes: 18, running: 18, ageMs: 100 },
      demo: { running: true },
      chaos: null,
      tests: null,
      jaegerUrl: null,
      stats: { watched: 18, fresh: 18, intervalMs: 1_000 },
      alerts: { open: 0, acknowledged: 0, resolved: 0, unknown: 0, leftOut: 0 },
      framesSentPerMinute: 1_840,
      framesReceivedPerMinute: 1_833,
      telemetryDropped: 0,
      store: storeOf(),
      streamClients: 1,
      readOnly: false,
      synthetic: null,
    },
    nodes: [...nodes],
    links: [...links],
    messages: Array.from({ length: 30 }, (_, at) => ({
      key: `message-${at}`,
      traceId: TRACE_ID,
      atMs: Date.now() - at * 700,
      ageMs: at * 700,
      from: nodes[at % 2]!.name,
      fromMesh: nodes[at % 2]!.mesh,
      to: nodes[(at * 5 + 3) % nodes.length]!.name,
      toMesh: nodes[(at * 5 + 3) % nodes.length]!.mesh,
      operation: at % 3 === 0 ? "run" : "produce",
      bytes: 200,
      outcome: at === 4 ? "timeout" : "ok",
      durationMs: 0.4 + (at % 7) / 10,
      paired: at !== 4,
    })),
    events: nodes.slice(0, 12).map((node, at) => ({
      id: 12 - at,
      atMs: Date.now(),
      ageMs: 4_000 * at,
      severity: at === 2 ? ("warn" as const) : ("info" as const),
      kind: "node.joined",
      node: node.name,
      mesh: node.mesh,
      by: [],
      message: `${node.name} joined`,
    })),
    services: {
      windowMs: 92_000,
      services: meshes.flatMap((mesh) =>
        ["gateway", "broker", "compute", "registry"].map((service) => ({ mesh, service })),
      ),
      edges: EDGES,
      nodeEdges: crossEdges(nodes),
      unpaired: 2,
      uncounted: 0,
    },
    alerts: [],
  };
}

function storeOf() {
  return {
    traces: 1,
    spans: 4,
    bytes: 2_400,
    maxSpans: 100_000,
    maxBytes: 64_000_000,
    receivedSpans: 4,
    evictedSpans: 0,
    rejectedSpans: 0,
    droppedShare: 0,
  };
}

export interface FixtureConsole {
  readonly url: string;
  readonly token: string;
  /** Sends a delta to all streams; `from` and `seq` are filled in. */
  send(parts: Partial<Delta>): void;
  /** While true, streams stay open and say nothing. */
  setSilent(silent: boolean): void;
  /** What GETs of this path are answered from now on. */
  setAnswer(path: string, body: object): void;
  /** Paths that were asked for so far, the stream's aside. */
  readonly asked: readonly string[];
  /** Ends all streams; the next one starts with a snapshot of what was last set. */
  breakStreams(): void;
  /** Last-Event-ID of each stream request so far; null where there was none. */
  readonly resumed: readonly (string | null)[];
  close(): Promise<void>;
}

export async function startFixture(nodes: readonly NodeView[], links: readonly LinkView[]): Promise<FixtureConsole> {
  const streams = new Set<ServerResponse>();
  const resumed: (string | null)[] = [];
  const answers = new Map<string, object>();
  const asked: string[] = [];
  let silent = false;
  let seq = 100;
  const write = (response: ServerResponse, event: string, data: object) =>
    response.write(`id: fixture-${seq}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const timer = setInterval(() => {
    if (!silent) for (const response of streams) write(response, "ping", { seq, atMs: Date.now() });
  }, 1_000);

  const answer = (response: ServerResponse, body: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fixture");
    if (!pathname.startsWith("/api/")) return serveFile(pathname, response);
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return answer(
        response,
        { code: "MESH_E_UNAUTHORIZED", message: "the bearer token is missing or wrong", hint: "send it" },
        401,
      );
    if (pathname === "/api/stream") {
      resumed.push((request.headers["last-event-id"] as string | undefined) ?? null);
      response.writeHead(200, { "content-type": "text/event-stream" });
      streams.add(response);
      response.once("close", () => streams.delete(response));
      if (!silent) write(response, "snapshot", { ...snapshotOf(nodes, links), seq });
      return undefined;
    }
    asked.push(pathname);
    const set = answers.get(pathname);
    if (set !== undefined) return answer(response, set);
    if (pathname === "/api/links") return answer(response, { atMs: Date.now(), links });
    if (pathname === "/api/traces")
      return answer(response, { atMs: Date.now(), traces: [traceOf(nodes)], store: storeOf() });
    if (pathname === `/api/traces/${TRACE_ID}`) return answer(response, traceOf(nodes));
    const node = nodes.find((each) => pathname === `/api/boot/${each.name}`);
    if (node?.boot != null) return answer(response, bootOf(node));
    if (pathname === "/api/directory") {
      const as = searchParams.get("as");
      const lines = (live: boolean) =>
        nodes
          .filter((each) => each.live === live && (as === null || each.mesh === as.split(".")[0]))
          .map((each) => ({
            ...{ name: each.name, id: each.id, idPrefix: each.id?.slice(0, 6), mesh: each.mesh, type: each.type },
            ...{ addresses: each.addresses ?? [], location: each.location, ageMs: each.recordAgeMs ?? 0 },
            ...{ state: each.state, stateAgeMs: each.stateAgeMs, accusedBy: live ? [] : each.accusedBy },
          }));
      return answer(response, {
        as: as ?? "console",
        asked: as !== null,
        entries: lines(true),
        departed: lines(false),
      });
    }
    return answer(
      response,
      { code: "MESH_E_NO_BOOT_TRACE", message: "no boot trace of this node is in the store", hint: "wait" },
      404,
    );
  };

  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: TOKEN,
    resumed,
    asked,
    setAnswer(path, body) {
      answers.set(path, body);
    },
    send(parts) {
      const from = seq;
      seq += 1;
      for (const response of streams) write(response, "delta", { from, seq, atMs: Date.now(), ...parts });
    },
    setSilent(value) {
      silent = value;
    },
    breakStreams() {
      for (const response of streams) response.end();
    },
    async close() {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serveFile(path: string, response: ServerResponse): Promise<void> {
  const file = normalize(path === "/" ? "/index.html" : path);
  const type = TYPES[extname(file)];
  const bytes = type === undefined ? undefined : await readFile(join(DIST, file)).catch(() => undefined);
  response.writeHead(bytes === undefined ? 404 : 200, {
    "content-type": type ?? "text/plain",
    "content-security-policy": "default-src 'self'; style-src 'self'; script-src 'self'",
  });
  response.end(bytes);
}
