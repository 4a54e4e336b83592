/** The document against the running console: every route is in it, and every answer is what it says. */
import { readFileSync } from "node:fs";
import type { NodeProfile } from "@meshwork/node";
import * as realIntake from "@meshwork/telemetry/intake";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeChaos } from "../../test/fake-chaos.js";
import { entryOf, remoteOf, statsOf } from "../../test/fake-node.js";
import { processOf } from "../../test/fake-supervisor.js";
import { FakeTests } from "../../test/fake-tests.js";
import { callOf, fakeDecoders, type Harness, spanOf, startHarness } from "../../test/harness.js";
import type { AlertList } from "../api-types.js";
import { ApiContract } from "../conformance/contract.js";
import { rawRoutes } from "../http/raw-routes.js";
import { createApi } from "./app.js";
import { ENDPOINTS } from "./endpoints/index.js";

const broker = entryOf("mesh1", "broker", 2);
const foreign = entryOf("mesh2", "broker", 3);
const recorded = new URL("../../../node/test/small.cpuprofile", import.meta.url);
const traceId = "ab".repeat(16);

let harness: Harness;
let contract: ApiContract;
const used = new Set<string>();
let aheadMs = 0;

beforeEach(async () => {
  used.clear();
  aheadMs = 0;
  harness = await startHarness({
    chaos: new FakeChaos(),
    tests: new FakeTests(),
    clock: { nowMs: () => performance.now() + aheadMs, wallMs: () => Date.now() },
    limits: { alertJudgeMs: 20 },
    demo: { start: async () => {}, stop: async () => {}, running: () => false },
    // Spans as the fakes make them, metrics as nodes send them.
    decoders: { ...fakeDecoders, decodeMetricsRequest: realIntake.decodeMetricsRequest },
  });
  contract = new ApiContract(await harness.get("/api/openapi.json"));
  for (const entry of [broker, foreign]) harness.node.join(entry);
  harness.node.directories.set(broker.id, [remoteOf(foreign)]);
  harness.node.statsById.set(broker.id, statsOf(broker, { activeViews: { mesh1: [harness.node.id] } }));
  harness.supervisor.processes = [
    processOf({ id: broker.id, name: broker.name, bootMs: 200 }),
    processOf({ key: "n2-00000000", state: "booting" }),
  ];
  harness.supervisor.changed();
  const window: NodeProfile["quiet"] = {
    ...{ durationMs: 250, cpuMs: 12.5, connectionsOpened: 0 },
    threads: [{ name: "node", role: "main", cpuMs: 12, wakeUps: 31 }],
    frames: { gossip: { sent: 1, received: 2, sentBytes: 30, receivedBytes: 40 } },
  };
  harness.node.profile = {
    ...{ node: broker.name, process: { pid: 7, shared: false }, samplingIntervalUs: 1_000, quiet: window },
    ...{ sampled: window, profile: JSON.parse(readFileSync(recorded, "utf8")) as NodeProfile["profile"] },
  };
  const [sent, received] = callOf(broker.name, foreign.name);
  const boot = spanOf({ node: broker.name, name: "mesh.node.ready", traceId });
  const step = spanOf({
    ...{ node: broker.name, name: "mesh.boot.gossip_started", traceId, parentSpanId: boot.spanId },
    events: [{ name: "e", timeMs: 1_001, attributes: { list: ["a", 1, true] } }],
  });
  await harness.sendSpans([sent, received, boot, step]);
});
afterEach(() => harness.console.close());

/** Asks, and holds the answer against the document. The status is part of what is expected. */
async function ask(status: number, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const init: RequestInit = { method, headers };
  if (body instanceof Uint8Array) Object.assign(init, { body });
  else if (body !== undefined)
    Object.assign(init, { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });
  const response = await harness.call(path, init);
  const pathname = path.split("?")[0]!;
  const contentType = response.headers.get("content-type") ?? "";
  const endless = contentType.startsWith("text/event-stream");
  const text = endless ? "" : await response.text();
  if (endless) await response.body?.cancel();
  const complaints = contract.complaints({ method, path: pathname, status: response.status, contentType, body: text });
  expect([method, path, response.status, complaints]).toEqual([method, path, status, []]);
  const operation = contract.operationOf(method, pathname);
  if (status < 300 && operation !== undefined) used.add(`${operation.method} ${operation.path}`);
}

const NODE = `/api/nodes/${broker.name}`;

test("every operation answers, and its answer fits the document to the last field", async () => {
  const protobuf = { "content-type": "application/x-protobuf" };
  for (const path of [
    ..."health openapi.json cluster nodes links messages events convergence traces services directory".split(" "),
    ...[
      `directory?as=${broker.name}`,
      `nodes/${broker.name}`,
      `nodes/${broker.name}/seen`,
      `nodes/${harness.node.name}`,
      "stream",
      "events?limit=5",
      "history",
      "alerts",
      "history/state?at=9000000000000",
    ],
    ...[
      `traces/${traceId}`,
      `boot/${broker.name}`,
      "traces?kind=message&crossMesh=true",
      "nodes?state=live&mesh=mesh1",
    ],
  ])
    await ask(200, "GET", `/api/${path}`);
  await ask(200, "GET", "/metrics");
  await ask(200, "HEAD", "/api/nodes");
  await ask(201, "POST", "/api/nodes", { mesh: "mesh1", type: "broker", count: 2 });
  for (const action of ["kill", "restart", "freeze", "thaw"]) await ask(200, "POST", `${NODE}/${action}`);
  // Nobody renews a record here: after two refreshes that did not come, each is late.
  for (aheadMs = 70_000; (await harness.get<AlertList>("/api/alerts")).alerts.length === 0; aheadMs += 3_000)
    await new Promise((resolve) => setTimeout(resolve, 25));
  await ask(200, "GET", "/api/alerts");
  await ask(200, "POST", "/api/alerts/1/acknowledge");
  await ask(200, "POST", `${NODE}/profile`, { durationMs: 100 });
  await ask(200, "DELETE", NODE);
  await ask(200, "DELETE", "/api/nodes/mesh1.broker.ffffff");
  await ask(200, "POST", "/api/send", { to: broker.name, operation: "echo", data: "x" });
  await ask(200, "POST", "/api/send", { to: { mesh: "mesh1", type: "broker" }, operation: "note", oneWay: true });
  for (const method of ["POST", "DELETE"]) await ask(200, method, "/api/demo");
  for (const path of ["faults", "runs", "runs/1"]) await ask(200, "GET", `/api/chaos/${path}`);
  await ask(201, "POST", "/api/chaos/runs", { specs: [{ action: "kill-node" }] });
  await ask(200, "POST", "/api/chaos/runs/1/revert");
  await ask(200, "DELETE", "/api/chaos/runs/1");
  for (const path of ["", "/runs", "/runs/1"]) await ask(200, "GET", `/api/tests${path}`);
  await ask(201, "POST", "/api/tests/runs", { tests: ["unknown-tag"] });
  await ask(200, "DELETE", "/api/tests/runs/1");
  await ask(200, "POST", "/v1/traces", [], { "content-type": "application/json" });
  await ask(200, "POST", "/v1/metrics", new Uint8Array(), protobuf);
  const described = contract.operations.map(({ method, path }) => `${method} ${path}`);
  expect([...used].sort()).toEqual(described.sort());
});

test("what fails fails as the document says", async () => {
  await ask(404, "GET", "/api/nodes/mesh9.none.aaaaaa");
  await ask(400, "GET", "/api/nodes/..%2f");
  await ask(409, "GET", "/api/nodes/mesh");
  await ask(504, "GET", `/api/directory?as=${foreign.name}`);
  await ask(400, "GET", "/api/nodes?colour=red");
  await ask(404, "GET", `/api/traces/${"0".repeat(32)}`);
  await ask(404, "GET", "/api/boot/mesh9.none.aaaaaa");
  await ask(404, "GET", "/api/history/state?at=1");
  await ask(404, "POST", "/api/alerts/77/acknowledge");
  await ask(400, "POST", "/api/alerts/x/acknowledge");
  await ask(400, "POST", "/api/nodes", { mesh: "../x", type: "broker" });
  await ask(429, "POST", "/api/nodes", { mesh: "mesh1", type: "broker", count: 11 });
  await ask(409, "POST", `/api/nodes/${foreign.name}/kill`);
  await ask(415, "POST", "/api/send", new Uint8Array([1]), { "content-type": "text/plain" });
  await ask(415, "POST", "/api/send", new Uint8Array(), { "content-type": "multipart/form-data" });
  await ask(413, "POST", "/api/send", { to: "x", operation: "y", data: "z".repeat(70_000) });
  await ask(400, "POST", "/v1/metrics", new Uint8Array([0xff]), { "content-type": "application/x-protobuf" });
  await ask(401, "GET", "/api/nodes", undefined, { authorization: "Bearer wrong" });
  await ask(404, "GET", "/api/nothing");
  await ask(404, "GET", "/api/nodes/");
  await ask(400, "GET", "/api/stream?only=all");
  await ask(405, "PUT", "/api/nodes");
  harness.supervisor.down = true;
  await ask(503, "POST", `${NODE}/kill`);
  harness.node.answer = async () => {
    throw Object.assign(new Error("no handler"), { code: "MESH_E_NO_SUCH_OPERATION", hint: "" });
  };
  await ask(404, "POST", "/api/send", { to: broker.name, operation: "nope" });
  harness.node.answer = async () => {
    throw new Error("a defect");
  };
  await ask(500, "POST", "/api/send", { to: broker.name, operation: "nope" });
});

test("no route is missing in the document, on the router or beside it", () => {
  const context = { model: modelOfNothing(), supervisor: undefined, firstLookMs: 1, version: "0" };
  const app = createApi(context as unknown as Parameters<typeof createApi>[0], () => {});
  const described = new Set(contract.operations.map(({ method, path }) => `${method} ${path}`));
  const routes = app.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(routes.length).toBeGreaterThan(15);
  expect(routes.filter((route) => !described.has(route))).toEqual([]);
  const raw = [...rawRoutes({} as Parameters<typeof rawRoutes>[0])].map(([path, { method }]) => `${method} ${path}`);
  expect(raw.filter((route) => !described.has(route))).toEqual([]);
  const defined = Object.values(ENDPOINTS).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(defined.filter((route) => !described.has(route))).toEqual([]);
  expect(described.size).toBe(new Set([...routes, ...raw]).size);
});

/** Routes are defined without looking at the model. */
const modelOfNothing = () => ({ live: {}, store: {}, clock: {}, services: {}, node: {} });

test("every reference resolves", async () => {
  const document = await harness.get<{ components: { schemas: object } }>("/api/openapi.json");
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!);
  expect(references.length).toBeGreaterThan(50);
  for (const name of references) expect(document.components.schemas).toHaveProperty(name);
});

test("every operation has a summary, an id of its own, parameters for its path, and says who may call it", async () => {
  const document = await harness.get<{
    components: { securitySchemes: object };
    paths: Record<string, Record<string, { operationId: string; summary: string; parameters?: { name: string }[] }>>;
  }>("/api/openapi.json");
  expect(document.components.securitySchemes).toEqual({ bearer: { type: "http", scheme: "bearer" } });
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.values(item).map((operation) => ({ path, ...operation })),
  );
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { path, summary, parameters = [] } of operations) {
    expect([path, summary.length > 5]).toEqual([path, true]);
    for (const [, name] of path.matchAll(/\{(\w+)\}/g)) expect(parameters.map((each) => each.name)).toContain(name);
  }
  const open = contract.operations.filter(({ secured }) => !secured).map(({ path }) => path);
  expect(open).toEqual(["/api/health"]);
  for (const { secured, responses } of contract.operations) expect("401" in responses).toBe(secured);
});

test("the check finds what does not fit", () => {
  const at = (path: string, body: unknown, status = 200, contentType = "application/json") =>
    contract.complaints({ method: "GET", path, status, contentType, body: JSON.stringify(body) });
  expect(at("/api/health", { status: "ok" })).toEqual([]);
  expect(at("/api/health", { status: "ok", more: 1 })).toEqual([".more: the document does not name this field"]);
  expect(at("/api/health", {})).toEqual(["the value: status is missing"]);
  expect(at("/api/health", { status: "ok" }, 418)).toEqual(["the status 418 is not declared"]);
  expect(at("/api/health", "x", 200, "text/html")).toEqual(["the content type text/html is not declared for 200"]);
  expect(at("/api/nodes", { atMs: 1, nodes: [{}] })[0]).toContain("nodes[0]: ");
  const error = { code: "MESH_E_NO_SUCH_TRACE", message: "", hint: "" };
  expect(at("/api/nodes/x", error, 404)).toEqual(['.code: "MESH_E_NO_SUCH_TRACE" is none of the values']);
  expect(at("/api/nothing", error, 500)).toEqual(["500 for what is no endpoint"]);
  expect(() => contract.check.complaints({ oneOf: [] }, 1)).toThrow("the schema keyword oneOf is not checked");
});
