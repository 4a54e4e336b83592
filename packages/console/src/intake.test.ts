import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { entryOf } from "../test/fake-node.js";
import { callOf, type Harness, spanOf, startHarness } from "../test/harness.js";
import type { BootTrace, MessageList, NodeList, ServiceGraph, TraceList, TraceView } from "./api-types.js";
import * as schemas from "./schemas.js";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ limits: { maxOtlpBodyBytes: 200_000 } });
});
afterEach(() => harness.console.close());

const offer = (path: string, body: Uint8Array | string, headers: Record<string, string>) =>
  harness.call(path, { method: "POST", body, headers });

test("protobuf and JSON, plain and gzip, arrive in the store", async () => {
  const types = ["application/x-protobuf", "application/json", "application/json; charset=utf-8"];
  let expected = 0;
  for (const type of types)
    for (const gzip of [false, true]) {
      const body = Buffer.from(JSON.stringify([spanOf()]));
      const encoding: Record<string, string> = gzip ? { "content-encoding": "gzip" } : {};
      const response = await offer("/v1/traces", gzip ? gzipSync(body) : body, { "content-type": type, ...encoding });
      expect([response.status, await response.text()]).toEqual([200, type.includes("json") ? "{}" : ""]);
      expected += 1;
    }
  const { store, traces } = schemas.TraceList.parse(await harness.get<TraceList>("/api/traces"));
  expect([store.receivedSpans, traces.length, store.droppedShare]).toEqual([expected, expected, 0]);
});

test("what cannot be decoded, is too large or of a foreign type is refused and counted", async () => {
  const json = { "content-type": "application/json" };
  const cases: [Uint8Array | string, Record<string, string>, number, string][] = [
    ["{", json, 400, "MESH_E_BAD_OTLP"],
    ["x", { "content-type": "text/plain" }, 415, "MESH_E_BAD_CONTENT_TYPE"],
    ["[]", { ...json, "content-encoding": "br" }, 415, "MESH_E_BAD_CONTENT_TYPE"],
    ["not gzip", { ...json, "content-encoding": "gzip" }, 400, "MESH_E_BAD_OTLP"],
    ["x".repeat(200_001), json, 413, "MESH_E_REQUEST_TOO_LARGE"],
    [gzipSync("x".repeat(5_000_000)), { ...json, "content-encoding": "gzip" }, 413, "MESH_E_REQUEST_TOO_LARGE"],
  ];
  for (const [body, headers, status, code] of cases) {
    const response = await offer("/v1/traces", body, headers);
    expect([response.status, (await response.json()).code]).toEqual([status, code]);
  }
  const metrics = await offer("/v1/metrics", new Uint8Array([0xff]), { "content-type": "application/x-protobuf" });
  expect([metrics.status, (await metrics.json()).code]).toEqual([400, "MESH_E_BAD_OTLP"]);
  expect((await offer("/v1/metrics", '{"x":1}', json)).status).toBe(400);
  expect((await offer("/v1/metrics", '{"resourceMetrics":[]}', json)).status).toBe(200);
  expect((await harness.get<TraceList>("/api/traces")).store.spans).toBe(0);
});

test("traces: filters, one trace with its spans, and coded errors", async () => {
  const cross = callOf("mesh1.gateway.aaaaaa", "mesh2.broker.bbbbbb");
  const local = callOf("mesh1.broker.cccccc", "mesh1.registry.dddddd", "schema", true);
  await harness.sendSpans([...cross, ...local, spanOf({ name: "mesh.node.ready", node: "mesh1.broker.cccccc" })]);
  const ids = async (query: string) =>
    (await harness.get<TraceList>(`/api/traces?${query}`)).traces.map((trace) => trace.traceId);
  expect(await ids("crossMesh=true")).toEqual([cross[0].traceId]);
  expect(await ids("kind=message&crossMesh=false")).toEqual([local[0].traceId]);
  expect(await ids("errors=true")).toEqual([local[0].traceId]);
  expect(await ids("operation=produce")).toEqual([cross[0].traceId]);
  expect(await ids("service=registry")).toEqual([local[0].traceId]);
  expect(await ids("service=regis")).toEqual([]);
  expect(await ids("minDurationMs=10&kind=message")).toHaveLength(2);
  expect(await ids("minDurationMs=10.5")).toEqual([]);
  expect(await ids("node=mesh2.broker")).toEqual([cross[0].traceId]);
  expect(await ids("kind=boot")).toHaveLength(1);
  expect(await ids("limit=1")).toHaveLength(1);
  const trace = schemas.TraceView.parse(await harness.get<TraceView>(`/api/traces/${cross[0].traceId}`));
  expect(trace.spans).toMatchObject([
    { name: "mesh.message.sent", kind: "client", node: "mesh1.gateway.aaaaaa", mesh: "mesh1", depth: 0 },
    {
      name: "mesh.message.received",
      kind: "server",
      node: "mesh2.broker.bbbbbb",
      mesh: "mesh2",
      depth: 1,
      offsetMs: 2,
    },
  ]);
  const unknown = await harness.call(`/api/traces/${"9".repeat(32)}`);
  expect([unknown.status, (await unknown.json()).code]).toEqual([404, "MESH_E_NO_SUCH_TRACE"]);
  expect((await harness.call("/api/traces/short")).status).toBe(400);
  expect((await harness.call("/api/traces?limit=0")).status).toBe(400);
  expect((await harness.call("/api/traces?minDurationMs=-1")).status).toBe(400);
  const { messages } = schemas.MessageList.parse(await harness.get<MessageList>("/api/messages"));
  expect(messages.map((message) => [message.operation, message.outcome])).toEqual([
    ["schema", "timeout"],
    ["produce", "ok"],
  ]);
  const services = schemas.ServiceGraph.parse(await harness.get<ServiceGraph>("/api/services"));
  expect(services.edges.map((edge) => [edge.key, edge.calls, edge.errors])).toEqual([
    ["mesh1.gateway>mesh2.broker:produce", 1, 0],
    ["mesh1.broker>mesh1.registry:schema", 1, 1],
  ]);
});

test("boot trace by name, and a stalled boot on the node's row before it has a name", async () => {
  const broker = entryOf("mesh1", "broker", 1);
  harness.node.join(broker);
  const traceId = "b".repeat(32);
  await harness.sendSpans([
    spanOf({ traceId, node: broker.name, name: "mesh.boot.identity_loaded" }),
    spanOf({ traceId, node: broker.name, name: "mesh.node.ready" }),
  ]);
  const boot = schemas.BootTrace.parse(await harness.get<BootTrace>(`/api/boot/${broker.name}`));
  expect(boot).toMatchObject({ name: broker.name, state: "ready", steps: [{ name: "mesh.boot.identity_loaded" }] });
  const none = await harness.call("/api/boot/mesh1.broker.ffffff");
  expect([none.status, (await none.json()).code]).toEqual([404, "MESH_E_NO_BOOT_TRACE"]);

  const { processOf } = await import("../test/fake-supervisor.js");
  harness.supervisor.processes = [processOf({ key: "n7-00000000", state: "booting", pid: 777 })];
  harness.supervisor.changed();
  await new Promise((resolve) => setImmediate(resolve));
  const stalled = { statusCode: 2, statusMessage: "stalled", attributes: { "mesh.boot.stalled": true } };
  const resource = { "service.name": "broker", "process.pid": 777 };
  await harness.sendSpans([
    { ...spanOf({ traceId: "c".repeat(32), name: "mesh.boot.identity_loaded", ...stalled }), resource },
    { ...spanOf({ traceId: "c".repeat(32), name: "mesh.node.ready", ...stalled }), resource },
  ]);
  const { nodes } = await harness.get<NodeList>("/api/nodes");
  expect(nodes.find((node) => node.key === "process:n7-00000000")?.boot).toMatchObject({
    ...{ state: "stalled", step: "mesh.boot.identity_loaded", traceId: "c".repeat(32) },
  });
});
