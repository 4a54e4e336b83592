import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { entryOf, remoteOf, statsOf } from "../test/fake-node.js";
import { processOf } from "../test/fake-supervisor.js";
import { type Harness, startHarness } from "../test/harness.js";
import type {
  ActionResult,
  ClusterSummary,
  Convergence,
  DirectoryView,
  EventList,
  LinkList,
  NodeDetail,
  NodeList,
  SendResult,
} from "./api-types.js";
import * as schemas from "./schemas.js";

const gateway = entryOf("mesh1", "gateway", 1);
const broker = entryOf("mesh1", "broker", 2);
const remote = entryOf("mesh2", "broker", 3);

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  for (const entry of [gateway, broker, remote]) harness.node.join(entry);
});
afterEach(() => harness.console.close());

test("nodes: three sources in one row, and null for what is unknown", async () => {
  const views = { mesh1: [broker.id] };
  harness.node.statsById.set(gateway.id, statsOf(gateway, { activeViews: views }));
  const { nodes } = schemas.NodeList.parse(await harness.get<NodeList>("/api/nodes"));
  expect(nodes.map((node) => node.name).sort()).toEqual(
    [gateway.name, broker.name, remote.name, harness.node.name].sort(),
  );
  const known = nodes.find((node) => node.name === gateway.name)!;
  expect(known).toMatchObject({
    ...{
      state: "alive",
      live: true,
      accusedBy: [],
      observers: [],
      agreeing: 0,
      location: "127.0.0.1:1",
      cpuUsedCores: 0.01,
      framesSentPerMinute: 60,
      uptimeMs: 5_000,
    },
    activeViews: { mesh1: [{ id: broker.id, name: broker.name }] },
    process: { pid: 4242, supervised: false, state: null },
    frames: { message: { sent: 1_000, received: 1_000 } },
  });
  expect(known.statsAgeMs).toBeLessThan(1_000);
  const unknown = nodes.find((node) => node.name === broker.name)!;
  expect(unknown).toMatchObject({
    ...{ statsAgeMs: null, cpuUsedCores: null, framesSent: null, activeViews: null, process: null, boot: null },
    cpuBudgetCores: 2,
  });
  const mesh2 = await harness.get<NodeList>("/api/nodes?mesh=mesh2&type=broker&state=live");
  expect(mesh2.nodes.map((node) => node.name)).toEqual([remote.name]);
  expect((await harness.call("/api/nodes?colour=blue")).status).toBe(400);
});

test("cpu and ram of a shared process are the process's alone", async () => {
  const { cpuUsedCores, ramUsedBytes, ...stats } = statsOf(gateway);
  const process = { pid: 5, shared: true, cpuUsedCores: 0.2, rssBytes: 9e7 };
  harness.node.statsById.set(gateway.id, { ...stats, process });
  const node = await harness.get<NodeDetail>(`/api/nodes/${gateway.name}`);
  expect(node).toMatchObject({ cpuUsedCores: null, ramUsedBytes: null, process: { shared: true, cpuUsedCores: 0.2 } });
});

test("one node by name, id or unique prefix", async () => {
  for (const ref of [gateway.name, gateway.id, "mesh1.gat"]) {
    const node = schemas.NodeDetail.parse(await harness.get(`/api/nodes/${ref}`));
    expect(node.name).toBe(gateway.name);
  }
  const ambiguous = await harness.call("/api/nodes/mesh1");
  expect([ambiguous.status, (await ambiguous.json()).code]).toEqual([409, "MESH_E_AMBIGUOUS_NAME"]);
  // Who is gone does not stand in the way of who lives.
  harness.node.join(entryOf("mesh1", "gateway", 7));
  expect((await harness.call("/api/nodes/mesh1.gat")).status).toBe(409);
  harness.node.depart(entryOf("mesh1", "gateway", 7).id, "expired");
  expect((await harness.get<NodeDetail>("/api/nodes/mesh1.gat")).name).toBe(gateway.name);
  const unknown = await harness.call("/api/nodes/mesh9.x.aaaaaa");
  expect([unknown.status, (await unknown.json()).code]).toEqual([404, "MESH_E_UNKNOWN_NAME"]);
  for (const bad of ["..%2f..%2fetc", "%00", "A", "x".repeat(300)])
    expect((await harness.call(`/api/nodes/${bad}`)).status).toBe(400);
});

test("links say what each end reports", async () => {
  harness.node.statsById.set(gateway.id, statsOf(gateway, { activeViews: { mesh1: [broker.id] } }));
  const before = schemas.LinkList.parse(await harness.get<LinkList>("/api/links"));
  expect(before.links).toMatchObject([
    { mesh: "mesh1", a: gateway.id, b: broker.id, aName: gateway.name, aReports: true, bReports: null },
  ]);
  harness.node.pushStats(statsOf(broker, { activeViews: { mesh1: [] } }));
  await vi.waitFor(async () =>
    expect((await harness.get<LinkList>("/api/links")).links).toMatchObject([{ aReports: true, bReports: false }]),
  );
  harness.node.pushStats(statsOf(gateway, { activeViews: { mesh1: [] } }));
  await vi.waitFor(async () => expect((await harness.get<LinkList>("/api/links")).links).toEqual([]));
});

test("stats are subscribed to only while somebody looks, and end with the console", async () => {
  expect(harness.node.watchers).toBe(0);
  await harness.get("/api/nodes");
  expect(harness.node.watchers).toBe(3);
  harness.node.depart(remote.id, "left");
  await vi.waitFor(() => expect(harness.node.watchers).toBe(2));
  await harness.console.close();
  await vi.waitFor(() => expect(harness.node.watchers).toBe(0));
  expect([harness.node.listeners, harness.supervisor.listeners]).toEqual([0, 0]);
});

test("who leaves or expires stays listed as gone, with an event; only the directory makes live", async () => {
  harness.node.depart(broker.id, "left");
  harness.node.depart(remote.id, "expired");
  const { nodes } = await harness.get<NodeList>("/api/nodes");
  const state = (name: string) => nodes.find((node) => node.name === name)?.state;
  expect([state(gateway.name), state(broker.name), state(remote.name)]).toEqual(["alive", "left", "expired"]);
  const { events } = schemas.EventList.parse(await harness.get<EventList>("/api/events"));
  expect(events.slice(0, 2).map((event) => [event.kind, event.node, event.severity])).toEqual([
    ["node.expired", remote.name, "warn"],
    ["node.left", broker.name, "info"],
  ]);
  const cluster = schemas.ClusterSummary.parse(await harness.get<ClusterSummary>("/api/cluster"));
  expect(cluster).toMatchObject({
    live: 2,
    meshes: [{ mesh: "mesh1", live: 2, suspected: 0, byType: { console: 1, gateway: 1 } }],
  });
});

test("supervised processes: starting, exited, and joined to their node", async () => {
  harness.supervisor.processes = [
    processOf({ key: "n1-00000000", id: broker.id, name: broker.name, bootMs: 200 }),
    processOf({ key: "n2-00000000", state: "booting", pid: 200 }),
    processOf({ key: "n3-00000000", state: "exited", pid: null, failure: "exited with code 1" }),
  ];
  harness.supervisor.changed();
  await vi.waitFor(async () => {
    const { nodes } = await harness.get<NodeList>("/api/nodes");
    const row = (key: string) => nodes.find((node) => node.key === key);
    expect(row(broker.id)).toMatchObject({
      ...{ state: "alive", bootMs: 200, boot: { state: "ready", durationMs: null } },
      process: { supervised: true, state: "ready", pid: 100 },
    });
    expect(row("process:n2-00000000")).toMatchObject({
      state: "starting",
      name: null,
      id: null,
      boot: { state: "running" },
    });
    expect(row("process:n3-00000000")).toMatchObject({
      state: "exited",
      boot: { state: "failed", message: "exited with code 1" },
    });
  });
  // The process learns its id: its provisional row goes.
  const grown = entryOf("mesh1", "broker", 9);
  harness.supervisor.processes = [processOf({ key: "n2-00000000", id: grown.id, name: grown.name })];
  harness.supervisor.changed();
  await vi.waitFor(async () => {
    const { nodes } = await harness.get<NodeList>("/api/nodes");
    expect(nodes.find((node) => node.id === grown.id)).toMatchObject({ state: "starting", name: grown.name });
    expect(nodes.some((node) => node.key === "process:n2-00000000")).toBe(false);
  });
  harness.supervisor.down = true;
  harness.supervisor.changed();
  await vi.waitFor(async () => expect((await harness.get<ClusterSummary>("/api/cluster")).supervised).toBeNull());
});

test("a node's own directory is asked over the mesh", async () => {
  harness.node.directories.set(gateway.id, [remoteOf(broker)]);
  const asked = schemas.DirectoryView.parse(await harness.get<DirectoryView>("/api/directory?as=mesh1.gate"));
  expect(asked).toMatchObject({ as: gateway.name, asked: true });
  expect(asked.entries).toMatchObject([{ name: broker.name, idPrefix: "000002", location: "127.0.0.1:2", ageMs: 5 }]);
  const own = await harness.get<DirectoryView>("/api/directory");
  expect([own.asked, own.as, own.entries.length]).toEqual([false, harness.node.name, 3]);
  const silent = await harness.call(`/api/directory?as=${broker.name}`);
  expect([silent.status, (await silent.json()).code]).toEqual([504, "MESH_E_TIMEOUT"]);
  expect((await harness.call("/api/directory?as=mesh7.none.aaaaaa")).status).toBe(404);
});

test("spawn is validated strictly and passed on", async () => {
  const bad: unknown[] = [
    {},
    { mesh: "mesh1" },
    { mesh: "../x", type: "broker" },
    { mesh: "Mesh", type: "broker" },
    { mesh: "mesh1", type: "broker", count: 0 },
    { mesh: "mesh1", type: "broker", count: 51 },
    { mesh: "mesh1", type: "broker", count: 1.5 },
    { mesh: "mesh1", type: "broker", cpuBudgetCores: -1 },
    { mesh: "mesh1", type: "broker", ramBudgetBytes: 0.5 },
    { mesh: "mesh1", type: "broker", env: { PATH: "/" } },
    [],
    "x",
    null,
  ];
  for (const body of bad) {
    const response = await harness.post("/api/nodes", body);
    expect([body, response.status, (await response.json()).code]).toEqual([body, 400, "MESH_E_INVALID_INPUT"]);
  }
  expect((await harness.post("/api/nodes")).status).toBe(400);
  expect(harness.supervisor.orders).toEqual([]);
  const made = await harness.post("/api/nodes", { mesh: "mesh1", type: "broker", count: 2, cpuBudgetCores: 1.5 });
  expect(made.status).toBe(201);
  expect(schemas.SpawnResult.parse(await made.json()).spawned).toHaveLength(1);
  expect(harness.supervisor.orders).toEqual([{ mesh: "mesh1", type: "broker", count: 2, cpuBudgetCores: 1.5 }]);
  const full = await harness.post("/api/nodes", { mesh: "mesh1", type: "broker", count: 11 });
  expect([full.status, (await full.json()).code]).toEqual([429, "MESH_E_POOL_FULL"]);
});

test("actions reach the supervisor; delete is idempotent; foreign nodes are not ours to stop", async () => {
  harness.supervisor.processes = [processOf({ id: broker.id, name: broker.name })];
  for (const action of ["kill", "restart", "freeze", "thaw"] as const) {
    const response = await harness.post(`/api/nodes/${broker.name}/${action}`);
    const result = schemas.ActionResult.parse(await response.json());
    expect(result).toEqual({ name: broker.name, action, result: "done", pid: 100 } satisfies ActionResult);
  }
  const stop = await harness.post(`/api/nodes/${broker.name}`, undefined, "DELETE");
  expect([stop.status, (await stop.json()).result]).toEqual([200, "done"]);
  expect(harness.supervisor.actions.map(({ action }) => action)).toEqual(["kill", "restart", "freeze", "thaw", "stop"]);
  // The supervisor's list is ahead of the mesh, which still takes the node for alive.
  harness.supervisor.processes = [];
  const gone = await harness.post(`/api/nodes/${broker.name}`, undefined, "DELETE");
  expect([gone.status, (await gone.json()).result]).toEqual([200, "already"]);
  expect((await harness.post(`/api/nodes/${broker.name}/kill`)).status).toBe(404);
  const again = await harness.post("/api/nodes/mesh1.broker.ffffff", undefined, "DELETE");
  expect([again.status, (await again.json()).result]).toEqual([200, "already"]);
  const foreign = await harness.post(`/api/nodes/${gateway.name}/kill`);
  expect([foreign.status, (await foreign.json()).code]).toEqual([409, "MESH_E_NOT_SUPERVISED"]);
  expect((await harness.post("/api/nodes/mesh1.broker.ffffff/kill")).status).toBe(404);
  expect((await harness.post(`/api/nodes/${broker.name}/explode`)).status).toBe(404);
  const { events } = await harness.get<EventList>("/api/events?limit=1");
  expect(events).toMatchObject([{ kind: "api.stop", node: broker.name }]);
  harness.supervisor.down = true;
  const down = await harness.post(`/api/nodes/${broker.name}/kill`);
  expect([down.status, (await down.json()).code]).toEqual([503, "MESH_E_NO_LAUNCHER"]);
});

test("send: text, bytes, selector, one way, and the node's own errors", async () => {
  const sent = await harness.post("/api/send", { to: broker.name, operation: "echo", data: "grüße" });
  const result = schemas.SendResult.parse(await sent.json()) satisfies SendResult;
  expect(result).toMatchObject({ from: harness.node.name, to: broker.name, replyText: "grüße", roundTripMs: 1.5 });
  const bytes = Buffer.from([0xff, 0x00]).toString("base64");
  const binary = await (
    await harness.post("/api/send", { to: broker.name, operation: "echo", dataBase64: bytes })
  ).json();
  expect(binary).toMatchObject({ replyBytes: 2, replyBase64: bytes, replyText: null });
  const selector = { mesh: "mesh2", type: "broker", pick: "least-loaded" };
  const oneWay = await harness.post("/api/send", { to: selector, operation: "note", data: "x", oneWay: true });
  expect(await oneWay.json()).toMatchObject({ oneWay: true, replyBytes: null, traceId: null });
  expect(harness.node.sent).toEqual([{ target: selector, operation: "note", body: "x" }]);
  harness.node.answer = async () => {
    throw Object.assign(new Error("no handler"), { code: "MESH_E_NO_SUCH_OPERATION", hint: "check" });
  };
  const refused = await harness.post("/api/send", { to: broker.name, operation: "nope" });
  expect([refused.status, await refused.json()]).toEqual([
    404,
    { code: "MESH_E_NO_SUCH_OPERATION", message: "no handler", hint: "check" },
  ]);
  for (const bad of [
    { to: broker.name },
    { to: broker.name, operation: "mesh.internal" },
    { to: broker.name, operation: "x", data: "a", dataBase64: "YQ==" },
    { to: broker.name, operation: "x", dataBase64: "§" },
    { to: broker.name, operation: "x", timeoutMs: 0 },
    { to: { mesh: "mesh1" }, operation: "x" },
  ])
    expect((await harness.post("/api/send", bad)).status).toBe(400);
});

test("demo traffic is switched by the function given, and is a coded error without one", async () => {
  const none = await harness.post("/api/demo");
  expect([none.status, (await none.json()).code]).toEqual([409, "MESH_E_NO_DEMO"]);
  let running = false;
  const demo = {
    start: async () => {
      running = true;
    },
    stop: async () => {
      running = false;
    },
    running: () => running,
  };
  const other = await startHarness({ demo });
  expect(await (await other.post("/api/demo")).json()).toEqual({ running: true });
  expect((await other.get<ClusterSummary>("/api/cluster")).demo).toEqual({ running: true });
  expect(await (await other.post("/api/demo", undefined, "DELETE")).json()).toEqual({ running: false });
  await other.console.close();
});

test("convergence over the API", async () => {
  harness.node.directories.set(gateway.id, [broker, remote, harness.node.own].map(remoteOf));
  harness.node.directories.set(broker.id, [gateway, harness.node.own].map(remoteOf));
  harness.node.directories.set(remote.id, []);
  const all = schemas.Convergence.parse(await harness.get<Convergence>("/api/convergence?expected=4"));
  expect(all).toMatchObject({ converged: true, live: 4, expected: 4, missing: [], unexpected: [], unanswered: [] });
  expect((await harness.get<Convergence>("/api/convergence?expected=5")).converged).toBe(false);
});

test("the page's files come from the directory given, and a clear page where there is none", async () => {
  const unbuilt = await fetch(`${harness.console.url}/`);
  expect([unbuilt.status, await unbuilt.text()]).toEqual([503, expect.stringContaining("npm run build")]);
  const dir = await mkdtemp(join(tmpdir(), "console-static-"));
  await mkdir(join(dir, "assets"));
  await writeFile(join(dir, "index.html"), "<p>page</p>");
  await writeFile(join(dir, "assets", "app-1.js"), "1");
  const other = await startHarness({ staticDir: dir });
  const page = await fetch(`${other.console.url}/`);
  expect([await page.text(), page.headers.get("content-type")]).toEqual(["<p>page</p>", "text/html; charset=utf-8"]);
  const asset = await fetch(`${other.console.url}/assets/app-1.js`);
  expect(asset.headers.get("cache-control")).toContain("immutable");
  expect((await fetch(`${other.console.url}/assets/none.js`)).status).toBe(404);
  await other.console.close();
  await rm(dir, { recursive: true });
});

test("each API call is a span where the node has telemetry", async () => {
  const spans: string[] = [];
  const span = { setAttribute: (key: string, value: unknown) => spans.push(`${key}=${value}`) };
  const other = await startHarness({
    telemetry: {
      withSpan: async (name, options, work) => {
        spans.push(`${name} ${options.attributes?.["http.route"]}`);
        return work(span as never);
      },
    },
  });
  await other.get("/api/events");
  await expect(other.get("/api/nodes/of-no-such-name")).rejects.toThrow();
  await other.sendSpans([]);
  await fetch(`${other.console.url}/api/health`);
  expect(spans).toEqual([
    "mesh.console.request /api/events",
    "http.response.status_code=200",
    "mesh.console.request /api/nodes/{name}",
    "http.response.status_code=404",
  ]);
  await other.console.close();
});

test("chaos and Jaeger are told where there are any, and the address of Jaeger is one that a link may have", async () => {
  expect(await harness.get<ClusterSummary>("/api/cluster")).toMatchObject({ chaos: null, jaegerUrl: null });
  await harness.console.close();
  harness = await startHarness({ chaos: { running: () => 2 }, jaegerUrl: "https://jaeger.example:16686/ui/?x=1" });
  expect(await harness.get<ClusterSummary>("/api/cluster")).toMatchObject({
    chaos: { running: 2 },
    jaegerUrl: "https://jaeger.example:16686/ui",
  });
  for (const jaegerUrl of ["javascript:alert(1)", "jaeger:16686", ""])
    await expect(startHarness({ jaegerUrl })).rejects.toMatchObject({ code: "MESH_E_INVALID_INPUT" });
});
