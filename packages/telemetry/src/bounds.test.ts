/** What a collector that is down, hangs, trickles or refuses may cost a node: spans, and nothing else. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { type Collector, type CollectorMode, closedUrl, startCollector } from "../test/collector.js";
import { createTelemetry, DEFAULT_SINK_LIMITS } from "./create.js";
import { decodeTraceRequest } from "./intake/index.js";
import type { SinkLimits, Telemetry } from "./types.js";
import { ATTR, SPAN } from "./vocabulary.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const SPANS = 20_000;
const collectors: Collector[] = [];
afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.close();
});

async function collector(mode: CollectorMode): Promise<Collector> {
  const made = await startCollector(mode);
  collectors.push(made);
  return made;
}

function telemetry(
  urls: Readonly<Record<string, string>>,
  metricsIntervalMs = 0,
  limits: Partial<SinkLimits> = {},
): Telemetry {
  return createTelemetry({
    serviceName: "broker",
    serviceVersion: "0.1.0",
    meshId: "mesh1",
    nodeName: "mesh1.broker.239dc9",
    nodeId: "239dc9",
    sinks: Object.entries(urls).map(([name, url]) => ({ name, url })),
    metricsIntervalMs,
    limits,
  });
}

/** Ends `count` spans like a message's, with a breath every 100 so that exports can run. */
async function spans(node: Telemetry, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const span = node.startSpan(SPAN.messageSent, {
      attributes: {
        [ATTR.operation]: "produce",
        [ATTR.peerName]: `mesh1.broker.${i}`,
        [ATTR.bytes]: i,
        [ATTR.outcome]: "ok",
      },
    });
    span.addEvent("queued");
    span.end();
    if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

async function elapsedMs(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

const DEAD: Readonly<Record<string, () => Promise<string>>> = {
  "refuses the connection": closedUrl,
  "accepts and never answers": async () => (await collector("hang")).url,
  "answers a byte at a time, without end": async () => (await collector("trickle")).url,
};

for (const [what, start] of Object.entries(DEAD)) {
  test(`a collector that ${what}: the queue is bounded, drops are counted, memory is flat, shutdown within its bound`, async () => {
    const node = telemetry({ dead: await start() }, 1_000);
    await spans(node, 3_000); // fills the queue and warms up
    const before = heapBytes();
    let mostQueued = 0;
    for (let round = 0; round < 20; round++) {
      await spans(node, SPANS / 20);
      mostQueued = Math.max(mostQueued, node.stats()[0]!.queuedSpans);
    }
    const grownBytes = heapBytes() - before;
    expect(mostQueued).toBeLessThanOrEqual(DEFAULT_SINK_LIMITS.queueSpans);
    expect(mostQueued).toBeGreaterThan(0);
    // One full queue is about 2.5 MB; unbounded, 20,000 such spans are about 25 MB.
    expect(grownBytes).toBeLessThan(6_000_000);
    expect(await elapsedMs(node.shutdown(2_000))).toBeLessThan(2_200);
    const [stats] = node.stats();
    expect(stats).toMatchObject({ exportedSpans: 0, queuedSpans: 0, droppedSpans: SPANS + 3_000 });
  });
}

test("a hanging collector neither delays nor thins what the other one gets", async () => {
  const [good, bad] = [await collector("ok"), await collector("hang")];
  const node = telemetry({ bad: bad.url, good: good.url }, 1_000);
  await spans(node, 1_500);
  expect(await elapsedMs(good.until(() => good.spanCount === 1_500))).toBeLessThan(3_000); // three batches; behind the other they would take 6 s
  await spans(node, 1_500);
  await good.until(() => good.spanCount === 3_000);
  const byName = Object.fromEntries(node.stats().map((stats) => [stats.name, stats]));
  expect(byName.good!.droppedSpans).toBe(0);
  expect(byName.bad!.exportedSpans).toBe(0);
  expect(await elapsedMs(node.shutdown(2_000))).toBeLessThan(2_200);
  expect(node.stats().find(({ name }) => name === "good")).toMatchObject({ exportedSpans: 3_000, queuedSpans: 0 });
});

test("a collector that refuses costs its spans at once, and one that comes back gets the next ones", async () => {
  const sink = await collector("refuse");
  const node = telemetry({ sink: sink.url });
  await spans(node, 10);
  await node.flush(1_000);
  expect(node.stats()[0]).toMatchObject({ exportedSpans: 0, droppedSpans: 10, failedExports: 1 });
  sink.mode = "ok";
  await spans(node, 10);
  await node.flush(1_000);
  expect(node.stats()[0]).toMatchObject({ exportedSpans: 10, droppedSpans: 10, queuedSpans: 0, failedExports: 1 });
  await node.shutdown(1_000);
});

test("after a hang the sink recovers by itself", async () => {
  const sink = await collector("trickle");
  const node = telemetry({ sink: sink.url }, 0, { exportTimeoutMs: 200, exportDelayMs: 10 });
  await spans(node, 10);
  await node.flush(3_000); // ends at the export's own deadline
  expect(node.stats()[0]).toMatchObject({ droppedSpans: 10, failedExports: 1, queuedSpans: 0 });
  await sink.until(() => sink.connections === 0); // the endless answer is not read on
  sink.mode = "ok";
  await spans(node, 10);
  await sink.until(() => sink.spanCount === 10);
  expect(sink.connections).toBe(1); // kept alive
  await node.shutdown(1_000);
  await sink.until(() => sink.connections === 0);
});

test("a flush is bounded and never rejects", async () => {
  const sink = await collector("hang");
  const node = telemetry({ sink: sink.url }, 1_000);
  await spans(node, 10);
  expect(await elapsedMs(node.flush(100))).toBeLessThan(300);
  expect(await elapsedMs(node.shutdown(0))).toBeLessThan(200);
});

test("what a span costs (printed, not asserted)", async () => {
  const sink = await collector("ok");
  const node = telemetry({ sink: sink.url });
  await spans(node, 2_000);
  await node.flush(2_000);
  const cpu = process.cpuUsage();
  for (let round = 0; round < 10; round++) {
    await spans(node, 1_000);
    await node.flush(2_000);
  }
  const used = process.cpuUsage(cpu);
  console.log(
    `span with 4 attributes and an event, exported and decoded here: ${(used.user + used.system) / 10_000} µs CPU`,
  );
  await node.shutdown(1_000);
});

test("what a collector does not answer for takes the other route; what it refuses does not, and the counts hold", async () => {
  const offered: Uint8Array[] = [];
  let takes = true;
  const route = {
    offer: async (_: "traces" | "metrics", body: Uint8Array) => {
      offered.push(body);
      return takes;
    },
  };
  const make = (sink: { url: string; routeOnly?: boolean }) =>
    createTelemetry({
      ...{ serviceName: "broker", serviceVersion: "0.1.0", meshId: "mesh1", nodeName: "n", nodeId: "i" },
      sinks: [{ name: "console", route, ...sink }],
      metricsIntervalMs: 0,
    });
  const refused = make({ url: (await collector("refuse")).url });
  await spans(refused, 3);
  await refused.shutdown(4_000);
  expect([offered.length, refused.stats()[0]?.droppedSpans]).toEqual([0, 3]);

  const dead = make({ url: await closedUrl() });
  await spans(dead, 3);
  await dead.flush(4_000);
  expect(dead.stats()[0]).toMatchObject({ exportedSpans: 3, reroutedSpans: 3, droppedSpans: 0, failedExports: 1 });
  expect(decodeTraceRequest(offered[0]!).map(({ name }) => name)).toEqual(Array(3).fill(SPAN.messageSent));
  // For a while the collector is not asked again, and what the route gives up is lost.
  takes = false;
  await spans(dead, 2);
  await dead.shutdown(4_000);
  expect(dead.stats()[0]).toMatchObject({ exportedSpans: 3, droppedSpans: 2, queuedSpans: 0, failedExports: 2 });
  const only = make({ url: "mesh:", routeOnly: true });
  takes = true;
  await spans(only, 1);
  await only.shutdown(4_000);
  expect([offered.length, only.stats()[0]?.failedExports]).toEqual([3, 0]);
});
