import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { type Collector, startCollector } from "../test/collector.js";
import { createTelemetry } from "./create.js";
import type { Telemetry, TelemetryOptions } from "./types.js";
import { ATTR, METRIC, SPAN } from "./vocabulary.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

async function collector(): Promise<Collector> {
  const made = await startCollector();
  open.push(made);
  return made;
}

function telemetry(sinks: readonly Collector[], options: Partial<TelemetryOptions> = {}): Telemetry {
  const made = createTelemetry({
    serviceName: "broker",
    serviceVersion: "1.2.3",
    meshId: "mesh1",
    nodeName: "mesh1.broker.239dc9",
    nodeId: "239dc9".padEnd(64, "0"),
    sinks: sinks.map(({ url }, index) => ({ name: `sink${index}`, url })),
    metricsIntervalMs: 0,
    ...options,
  });
  open.push({ close: () => made.shutdown(1_000) });
  return made;
}

test("a request over two nodes in one process is one trace, each span with its own node's resource", async () => {
  const sink = await collector();
  const gateway = telemetry([sink], {
    serviceName: "gateway",
    nodeName: "mesh1.gateway.aaaaaa",
    nodeId: "a".repeat(64),
  });
  const broker = telemetry([sink], { meshId: "mesh2", nodeName: "mesh2.broker.bbbbbb", nodeId: "b".repeat(64) });

  await gateway.withSpan("demo", {}, () =>
    gateway.withSpan(
      SPAN.messageSent,
      { kind: SpanKind.CLIENT, attributes: { [ATTR.operation]: "produce" } },
      async (span) => {
        const headers = gateway.inject(span);
        await Promise.resolve();
        await context.with(broker.extract(headers), () =>
          broker.withSpan(SPAN.messageReceived, { kind: SpanKind.SERVER }, async () => {
            await new Promise((resolve) => setImmediate(resolve));
            broker.startSpan("inner").end();
          }),
        );
      },
    ),
  );
  await Promise.all([gateway.flush(1_000), broker.flush(1_000)]);

  const named = (name: string) => sink.spans.find((span) => span.name === name)!;
  const [demo, sent, received, inner] = ["demo", SPAN.messageSent, SPAN.messageReceived, "inner"].map(named);
  expect(sink.spans).toHaveLength(4);
  expect(new Set(sink.spans.map((span) => span.traceId)).size).toBe(1);
  expect(demo!.parentSpanId).toBeUndefined();
  expect([sent!.parentSpanId, received!.parentSpanId, inner!.parentSpanId]).toEqual([
    demo!.spanId,
    sent!.spanId,
    received!.spanId,
  ]);
  expect([sent!.kind, received!.kind]).toEqual([3, 2]);
  expect(sent!.attributes).toEqual({ [ATTR.operation]: "produce" });
  expect(sent!.endMs).toBeGreaterThan(sent!.startMs);
  expect(Math.abs(sent!.startMs - Date.now())).toBeLessThan(10_000);
  expect(sent!.resource).toEqual({
    "service.name": "gateway",
    "service.version": "1.2.3",
    "mesh.id": "mesh1",
    "mesh.node.name": "mesh1.gateway.aaaaaa",
    "mesh.node.id": "a".repeat(64),
    "process.pid": process.pid,
  });
  expect(received!.resource["mesh.node.name"]).toBe("mesh2.broker.bbbbbb");
  expect(received!.resource["mesh.id"]).toBe("mesh2");
});

test("each sink gets each span once; two sinks at one address are one", async () => {
  const [a, b] = [await collector(), await collector()];
  const node = telemetry([], {
    sinks: [
      { name: "console", url: a.url, headers: { authorization: "Bearer t" } },
      { name: "otlp", url: b.url },
      { name: "again", url: `${a.url}/` },
    ],
  });
  for (let i = 0; i < 1_200; i++) node.startSpan(`s${i}`).end();
  await node.flush(2_000);
  for (const sink of [a, b]) {
    expect(sink.spanCount).toBe(1_200);
    expect(new Set(sink.spans.map((span) => span.name)).size).toBe(sink.spans.length);
  }
  expect(a.requests[0]!.headers).toMatchObject({ authorization: "Bearer t", "content-type": "application/x-protobuf" });
  expect(node.stats()).toEqual([
    { name: "console", exportedSpans: 1_200, droppedSpans: 0, queuedSpans: 0, failedExports: 0, reroutedSpans: 0 },
    { name: "otlp", exportedSpans: 1_200, droppedSpans: 0, queuedSpans: 0, failedExports: 0, reroutedSpans: 0 },
  ]);
});

test("spans are sent without a flush, after the delay", async () => {
  const sink = await collector();
  const node = telemetry([sink], { limits: { exportDelayMs: 20 } });
  node.startSpan("a").end();
  await sink.until(() => sink.spanCount === 1);
});

test("headers of OTEL_EXPORTER_OTLP_HEADERS reach no sink by themselves", async () => {
  const sink = await collector();
  process.env.OTEL_EXPORTER_OTLP_HEADERS = "x-api-key=secret";
  try {
    const node = telemetry([sink]);
    node.startSpan("a").end();
    await node.flush(1_000);
    expect(sink.requests[0]!.headers).not.toHaveProperty("x-api-key");
    expect(process.env.OTEL_EXPORTER_OTLP_HEADERS).toBe("x-api-key=secret");
  } finally {
    delete process.env.OTEL_EXPORTER_OTLP_HEADERS;
  }
});

test("exports wait for the identity", async () => {
  const sink = await collector();
  let tell: (name: string) => void = () => {};
  const nodeName = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const node = telemetry([sink], { nodeName, nodeId: Promise.resolve(undefined), limits: { exportDelayMs: 1 } });
  node.startSpan("a").end();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(sink.spanCount).toBe(0);
  expect(node.stats()[0]!.queuedSpans).toBe(1);
  tell("mesh1.broker.123456");
  await sink.until(() => sink.spanCount === 1);
  expect(sink.spans[0]!.resource).toMatchObject({ "mesh.node.name": "mesh1.broker.123456" });
  expect(sink.spans[0]!.resource).not.toHaveProperty("mesh.node.id");
});

test("an identity that never comes, or fails, does not hold back a flush; one that comes later is used from then on", async () => {
  const sink = await collector();
  let tell: (name: string) => void = () => {};
  const nodeName = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const node = telemetry([sink], { nodeName, nodeId: Promise.reject(new Error("corrupt")) });
  node.startSpan("early").end();
  await node.flush(1_000);
  expect(sink.spans[0]!.resource).not.toHaveProperty("mesh.node.name");
  expect(sink.spans[0]!.resource).toMatchObject({ "mesh.id": "mesh1", "process.pid": process.pid });
  tell("mesh1.broker.123456");
  await nodeName;
  node.startSpan("late").end();
  await node.flush(1_000);
  expect(sink.spans[1]!.resource).toMatchObject({ "mesh.node.name": "mesh1.broker.123456" });
});

test("the wait for an identity ends after identityWaitMs", async () => {
  const sink = await collector();
  const node = telemetry([sink], { nodeName: new Promise(() => {}), limits: { exportDelayMs: 1, identityWaitMs: 30 } });
  node.startSpan("a").end();
  await sink.until(() => sink.spanCount === 1);
});

test("withSpan ends its span on return, on rejection and on a synchronous throw, and gives the error on", async () => {
  const sink = await collector();
  const node = telemetry([sink]);
  const failure = Object.assign(new Error("no luck"), { code: "MESH_E_TIMEOUT" });
  expect(await node.withSpan("fine", {}, () => 7)).toBe(7);
  await expect(node.withSpan("rejects", {}, () => Promise.reject(failure))).rejects.toBe(failure);
  const thrown = node.withSpan("throws", {}, () => {
    throw failure;
  });
  await expect(thrown).rejects.toBe(failure);
  await node.flush(1_000);
  const byName = Object.fromEntries(sink.spans.map((span) => [span.name, span]));
  expect(byName.fine!.statusCode).toBe(SpanStatusCode.UNSET);
  for (const name of ["rejects", "throws"]) {
    expect(byName[name]).toMatchObject({ statusCode: SpanStatusCode.ERROR, statusMessage: "no luck" });
    expect(byName[name]!.attributes).toEqual({ [ATTR.errorType]: "MESH_E_TIMEOUT" });
    expect(byName[name]!.events.map((event) => event.name)).toEqual(["exception"]);
  }
});

test("starts are finer than a millisecond: spans that follow each other do not overlap, children lie within their parents", async () => {
  const sink = await collector();
  const node = telemetry([sink]);
  for (let i = 0; i < 100; i++) await node.withSpan("parent", {}, () => node.withSpan("child", {}, () => {}));
  const given = Date.UTC(2026, 0, 1);
  node.startSpan("given", { startTime: given }).end();
  await node.flush(1_000);
  const parents = sink.spans.filter((span) => span.name === "parent");
  const toleranceMs = 0.01; // what a double and the SDK's rounding cost
  for (const [index, parent] of parents.entries()) {
    const child = sink.spans.find((span) => span.parentSpanId === parent.spanId)!;
    expect(child.startMs).toBeGreaterThanOrEqual(parent.startMs - toleranceMs);
    expect(child.endMs).toBeLessThanOrEqual(parent.endMs + toleranceMs);
    const next = parents[index + 1];
    if (next) expect(next.startMs).toBeGreaterThanOrEqual(parent.endMs - toleranceMs);
  }
  expect(new Set(parents.map((span) => span.startMs % 1)).size).toBeGreaterThan(10);
  expect(sink.spans.find((span) => span.name === "given")!.startMs).toBe(given);
});

test("the active span goes on through awaits and does not leak between concurrent spans", async () => {
  const node = telemetry([]);
  const seen = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      node.withSpan(`s${index}`, {}, async (span) => {
        await new Promise((resolve) => setTimeout(resolve, index % 3));
        return [trace.getActiveSpan()?.spanContext().spanId, span.spanContext().spanId];
      }),
    ),
  );
  for (const [active, own] of seen) expect(active).toBe(own);
  expect(trace.getActiveSpan()).toBeUndefined();
});

test("the root's sampling decides; a remote caller's decision is kept", async () => {
  const sink = await collector();
  const none = telemetry([sink], { sampleRatio: 0 });
  const all = telemetry([sink], { sampleRatio: 1 });
  const dark = none.startSpan("root");
  expect(none.inject(dark).traceparent).toMatch(/-00$/);
  const followed = all.startSpan("unsampled child", {}, all.extract(none.inject(dark)));
  expect(followed.spanContext().traceId).toBe(dark.spanContext().traceId);
  const lit = none.startSpan("sampled child", {}, none.extract(all.inject(all.startSpan("root"))));
  for (const span of [dark, followed, lit]) span.end();
  await Promise.all([none.flush(1_000), all.flush(1_000)]);
  expect(sink.spans.map((span) => span.name)).toEqual(["sampled child"]);
});

test("malformed trace headers give a root; tracestate is carried", () => {
  const node = telemetry([]);
  const id = "4bf92f3577b34da6a3ce929d0e0e4736";
  for (const traceparent of [
    "",
    "x",
    `00-${id}-00f067aa0ba902b7`,
    `00-${id}-0000000000000000-01`,
    `ff-${id}-00f067aa0ba902b7-01`,
  ]) {
    const context = node.extract({ traceparent, tracestate: "a=1" });
    expect(trace.getSpanContext(context)).toBeUndefined();
    expect(node.startSpan("root", {}, context).spanContext().traceId).not.toBe(id);
  }
  expect(trace.getSpanContext(node.extract({}))).toBeUndefined();
  const child = node.startSpan(
    "child",
    {},
    node.extract({ traceparent: `00-${id}-00f067aa0ba902b7-01`, tracestate: "a=1,b=2" }),
  );
  expect(node.inject(child)).toEqual({
    traceparent: `00-${id}-${child.spanContext().spanId}-01`,
    tracestate: "a=1,b=2",
  });
  expect(node.inject()).toEqual({});
});

test("metrics reach each sink, cumulative, with the node's resource and the sink's own counters", async () => {
  const [a, b] = [await collector(), await collector()];
  const node = telemetry([a, b], { metricsIntervalMs: 60_000 });
  const frames = node.meter.createCounter(METRIC.framesSent.name, METRIC.framesSent);
  const durations = node.meter.createHistogram(METRIC.requestDuration.name, METRIC.requestDuration);
  frames.add(3, { [ATTR.operation]: "gossip" });
  durations.record(0.25);
  node.startSpan("s").end();
  await node.flush(1_000);
  frames.add(4, { [ATTR.operation]: "gossip" });
  await node.flush(1_000);
  for (const sink of [a, b]) {
    const sent = sink.points.filter((point) => point.name === METRIC.framesSent.name);
    expect(sent.map((point) => point.value)).toEqual([3, 7]);
    expect(sent[0]).toMatchObject({
      kind: "sum",
      monotonic: true,
      temporality: 2,
      unit: "{frame}",
      attributes: { [ATTR.operation]: "gossip" },
    });
    expect(sent[0]!.resource).toMatchObject({ "mesh.node.name": "mesh1.broker.239dc9" });
    const duration = sink.points.find((point) => point.name === METRIC.requestDuration.name);
    expect(duration!.histogram).toMatchObject({ count: 1, sum: 0.25 });
    const exported = sink.points.filter((point) => point.name === METRIC.spansExported.name);
    expect(exported.at(-1)!.value).toBe(1);
  }
});

test("metrics go out on their interval, and interval 0 means none", async () => {
  const [on, off] = [await collector(), await collector()];
  telemetry([on], { metricsIntervalMs: 20 }).meter.createCounter("c").add(1);
  const silent = telemetry([off], { metricsIntervalMs: 0 });
  silent.meter.createCounter("c").add(1);
  await on.until(() => on.points.filter((point) => point.name === "c").length >= 2);
  await silent.flush(1_000);
  expect(off.requests).toEqual([]);
});

test("shutdown sends what is left, then spans are counted as dropped", async () => {
  const sink = await collector();
  const node = telemetry([sink], { metricsIntervalMs: 60_000 });
  node.startSpan("a").end();
  await node.shutdown(1_000);
  expect(sink.spanCount).toBe(1);
  expect(sink.points.length).toBeGreaterThan(0);
  node.startSpan("b").end();
  await node.flush(1_000);
  await node.shutdown(1_000);
  expect(node.stats()).toEqual([
    { name: "sink0", exportedSpans: 1, droppedSpans: 1, queuedSpans: 0, failedExports: 0, reroutedSpans: 0 },
  ]);
});
