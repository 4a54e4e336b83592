import fc from "fast-check";
import { expect, test } from "vitest";
import { callOf, spanOf } from "../../test/harness.js";
import { VersionClock } from "../version-clock.js";
import { MessageLog } from "./message-log.js";
import { ServiceGraphCounter } from "./service-graph.js";
import { TraceStore } from "./trace-store.js";
import { bootTraceOf, summaryOf, traceOf } from "./trace-view.js";

const nowMs = () => 0;

test("whole traces are evicted, oldest first, and the dropped share is counted", () => {
  const store = new TraceStore({ maxSpans: 40, nowMs });
  // Traffic may take three quarters: 30 spans, so ten traces of three.
  const traces = Array.from({ length: 12 }, (_, i) => {
    const traceId = i.toString(16).padStart(32, "0");
    return [spanOf({ traceId }), spanOf({ traceId }), spanOf({ traceId })];
  });
  for (const spans of traces) store.add(spans);
  expect(store.get(traces[0]![0]!.traceId)).toBeUndefined();
  expect(store.get(traces[1]![0]!.traceId)).toBeUndefined();
  expect(store.get(traces[2]![0]!.traceId)?.spans.size).toBe(3);
  expect(store.stats()).toMatchObject({
    traces: 10,
    spans: 30,
    receivedSpans: 36,
    evictedSpans: 6,
    droppedShare: 6 / 36,
  });
});

test("the bound of bytes holds, and one huge span or trace cannot empty the store", () => {
  const store = new TraceStore({ maxBytes: 100_000, maxSpansPerTrace: 5, nowMs });
  for (let i = 0; i < 200; i += 1) store.add([spanOf({ attributes: { text: "x".repeat(2_000) } })]);
  expect(store.stats().bytes).toBeLessThanOrEqual(100_000);
  const before = store.stats();
  store.add([spanOf({ attributes: { text: "x".repeat(200_000) } })]);
  expect(store.stats()).toMatchObject({ spans: before.spans, rejectedSpans: 1 });
  const traceId = "f".repeat(32);
  store.add(Array.from({ length: 8 }, () => spanOf({ traceId })));
  expect(store.get(traceId)?.spans.size).toBe(5);
  expect(store.stats().rejectedSpans).toBe(4);
});

test("accounts match the contents after any sequence of spans", () => {
  const arbitrary = fc.array(fc.record({ trace: fc.nat(12), span: fc.nat(6), boot: fc.boolean(), size: fc.nat(900) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(arbitrary, (steps) => {
      const store = new TraceStore({ maxSpans: 40, maxBytes: 30_000, maxSpansPerTrace: 4, nowMs });
      for (const { trace, span, boot, size } of steps)
        store.add([
          spanOf({
            traceId: trace.toString().padStart(32, "0"),
            spanId: span.toString().padStart(16, "0"),
            name: boot ? "mesh.boot.x" : "y",
            node: `mesh1.broker.${trace}`,
            attributes: { text: "x".repeat(size) },
          }),
        ]);
      const { spans, bytes, traces } = store.stats();
      const kept = store.newestFirst();
      expect([spans, bytes, traces]).toEqual([
        kept.reduce((sum, each) => sum + each.spans.size, 0),
        kept.reduce((sum, each) => sum + each.bytes, 0),
        kept.length,
      ]);
      expect(spans).toBeLessThanOrEqual(40);
      expect(bytes).toBeLessThanOrEqual(30_000);
      for (let i = 0; i <= 12; i += 1) {
        const boot = store.bootOf(`mesh1.broker.${i}`);
        if (boot !== undefined) expect(store.get(boot.traceId)).toBeDefined();
      }
    }),
  );
});

test("traffic does not push boot traces out; a respawn's boot replaces the one before", () => {
  const store = new TraceStore({ maxSpans: 400, nowMs });
  const boot = (traceId: string) => [
    spanOf({ traceId, node: "mesh1.broker.aaaaaa", name: "mesh.boot.endpoint_created" }),
    spanOf({ traceId, node: "mesh1.broker.aaaaaa", name: "mesh.node.ready" }),
  ];
  store.add(boot("1".repeat(32)));
  for (let i = 0; i < 1_000; i += 1) store.add([spanOf()]);
  expect(store.bootOf("mesh1.broker.aaaaaa")?.traceId).toBe("1".repeat(32));
  store.add(boot("2".repeat(32)));
  expect(store.bootOf("mesh1.broker.aaaaaa")?.traceId).toBe("2".repeat(32));
});

test("spans come depth first; missing parents and cycles lose no span", () => {
  const traceId = "a".repeat(32);
  const of = (spanId: string, parent: string | undefined, startMs: number) =>
    spanOf({ traceId, spanId, parentSpanId: parent, startMs, endMs: startMs + 5, name: spanId });
  const store = new TraceStore({ nowMs });
  store.add([of("c", "b", 30), of("a", undefined, 10), of("d", "a", 40), of("b", "a", 20)]);
  store.add([of("orphan", "gone", 50), of("x", "y", 60), of("y", "x", 61), of("a", undefined, 99)]);
  const view = traceOf(store.get(traceId)!, 0);
  expect(view.spans.map(({ name, depth, orphan, offsetMs }) => [name, depth, orphan, offsetMs])).toEqual([
    ["a", 0, false, 0],
    ["b", 1, false, 10],
    ["c", 2, false, 20],
    ["d", 1, false, 30],
    ["orphan", 0, true, 40],
    ["x", 0, true, 50],
    ["y", 1, false, 51],
  ]);
  expect(view).toMatchObject({ rootName: "a", durationMs: 56, spanCount: 7 });
});

test("a cross-mesh call is one trace of two nodes", () => {
  const store = new TraceStore({ nowMs });
  const call = callOf("mesh1.gateway.aaaaaa", "mesh2.broker.bbbbbb");
  store.add([call[0]]);
  // The summary that is kept with a trace grows with it.
  expect(summaryOf(store.get(call[0].traceId)!, 7)).toMatchObject({ spanCount: 1, meshes: ["mesh1"], ageMs: 7 });
  store.add([call[1]]);
  expect(summaryOf(store.get(call[0].traceId)!, 0)).toMatchObject({
    ...{ rootName: "mesh.message.sent", rootNode: "mesh1.gateway.aaaaaa", operation: "produce", errorCount: 0 },
    ...{
      nodes: ["mesh1.gateway.aaaaaa", "mesh2.broker.bbbbbb"],
      meshes: ["mesh1", "mesh2"],
      services: ["gateway", "broker"],
    },
  });
});

const booted = (extra: readonly Parameters<typeof spanOf>[0][]) => {
  const store = new TraceStore({ nowMs });
  const traceId = "b".repeat(32);
  store.add(extra.map((span) => spanOf({ traceId, node: "mesh1.broker.aaaaaa", ...span })));
  return bootTraceOf(store.get(traceId)!, "mesh1.broker.aaaaaa", 0);
};
const step = { name: "mesh.boot.identity_loaded", startMs: 100, endMs: 110 };
const stalledStep = {
  ...{ name: "mesh.boot.gossip_started", startMs: 110, endMs: 5_110, statusCode: 2, statusMessage: "stalled" },
  attributes: { "mesh.boot.stalled": true },
};
const stalledRoot = {
  ...{ name: "mesh.node.ready", startMs: 100, endMs: 5_110, statusCode: 2, statusMessage: "stalled" },
  attributes: { "mesh.boot.stalled": true, "mesh.boot.stalled_step": "mesh.boot.gossip_started" },
};
const late = { attributes: { "mesh.boot.late": true } };

test("boot states: running, ready, stalled, failed, ready after a stall", () => {
  expect(booted([step])).toMatchObject({ state: "running", step: step.name, durationMs: 10 });
  expect(booted([step, { name: "mesh.node.ready", startMs: 100, endMs: 150 }])).toMatchObject({
    ...{ state: "ready", step: null, durationMs: 50 },
    steps: [{ name: step.name, offsetMs: 0, durationMs: 10 }],
  });
  expect(booted([step, stalledStep])).toMatchObject({ state: "stalled", step: stalledStep.name });
  expect(booted([step, stalledStep, stalledRoot])).toMatchObject({
    ...{ state: "stalled", step: stalledStep.name, message: "stalled" },
  });
  const lateRoot = { name: "mesh.node.ready", startMs: 5_110, endMs: 6_000, ...late };
  expect(booted([step, stalledStep, stalledRoot, lateRoot])).toMatchObject({ state: "ready", durationMs: 5_900 });
  const failure = { statusCode: 2, statusMessage: "no room", attributes: { "mesh.boot.failed_step": step.name } };
  expect(
    booted([
      { ...step, ...failure },
      { name: "mesh.node.ready", startMs: 100, endMs: 110, ...failure },
    ]),
  ).toMatchObject({
    ...{ state: "failed", step: step.name, message: "no room" },
  });
});

function counters() {
  const versions = new VersionClock();
  const graph = new ServiceGraphCounter(versions, 0, { maxEdges: 3, maxNodeEdges: 4 });
  const messages = new MessageLog(versions, 5);
  const store = new TraceStore({
    nowMs,
    onMessage: (arrived, partner) => {
      graph.add(arrived, partner, 0);
      messages.add(arrived, 0);
    },
  });
  return { graph, messages, store };
}

test("an edge is a client span whose server span came, in either order, each counted once", () => {
  const { graph, messages, store } = counters();
  const [from, to] = ["mesh1.gateway.aaaaaa", "mesh2.broker.bbbbbb"];
  const inOrder = callOf(from, to);
  store.add([inOrder[0]]);
  expect(graph.view(0)).toMatchObject({ edges: [], unpaired: 1 });
  store.add([inOrder[1]]);
  const failed = callOf(from, to, "produce", true);
  store.add([failed[1], failed[0]]);
  // Retried exports and a second server span of the same client span are no further calls.
  store.add([...inOrder, { ...inOrder[1], spanId: "f".repeat(16) }]);
  store.add([callOf(from, to)[0]]);
  expect(graph.view(0)).toMatchObject({
    edges: [
      {
        ...{ from: { mesh: "mesh1", service: "gateway" }, to: { mesh: "mesh2", service: "broker" } },
        ...{ operation: "produce", calls: 2, errors: 1, meanMs: 10, maxMs: 10 },
      },
    ],
    nodeEdges: [{ from, to, calls: 2, errors: 1 }],
    unpaired: 1,
    uncounted: 0,
  });
  const views = messages.newestFirst(10, 0);
  expect(views.map(({ from, to, paired, outcome, bytes }) => [from, to, paired, outcome, bytes])).toEqual([
    [from, to, false, "ok", 200],
    [from, to, true, "timeout", 200],
    [from, to, true, "ok", 200],
  ]);
});

test("edges and messages are bounded, and what is not counted is said", () => {
  const { graph, messages, store } = counters();
  for (let i = 0; i < 10; i += 1) store.add(callOf(`m.a.${i}`, `m.b.${i}`, `op-${i % 5}`));
  const view = graph.view(0);
  expect([view.edges.length, view.nodeEdges.length, view.uncounted]).toEqual([3, 4, 4]);
  expect(view.nodeEdges.map((edge) => edge.from)).toEqual(["m.a.6", "m.a.7", "m.a.8", "m.a.9"]);
  expect(messages.size).toBe(5);
});
