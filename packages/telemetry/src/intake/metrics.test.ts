import fc from "fast-check";
import { expect, test } from "vitest";
import { startCollector } from "../../test/collector.js";
import { decode, encode, MetricsRequest } from "../../test/otlp-proto.js";
import { createTelemetry } from "../create.js";
import { DEFAULT_INTAKE_LIMITS, decodeMetricsRequest, IntakeError, type IntakePoint } from "./index.js";

// biome-ignore lint/suspicious/noExplicitAny: an untyped decoder's output
type Loose = any;

const flat = (list: Loose) =>
  Object.fromEntries((list ?? []).map((entry: Loose) => [entry.key ?? "", entry.value.stringValue]));
const ms = (nanos: string | undefined) => Number(nanos ?? 0) / 1e6;

function oracle(bytes: Uint8Array): IntakePoint[] {
  const request: Loose = decode(MetricsRequest, bytes);
  return (request.resourceMetrics ?? []).flatMap((group: Loose) =>
    (group.scopeMetrics ?? []).flatMap((scope: Loose) =>
      (scope.metrics ?? []).flatMap((metric: Loose) => {
        const kind = (["gauge", "sum", "histogram"] as const).find((name) => name in metric);
        if (kind === undefined) return [];
        const data = metric[kind];
        return (data.dataPoints ?? []).map((point: Loose) => ({
          name: metric.name ?? "",
          unit: metric.unit ?? "",
          kind,
          temporality: data.aggregationTemporality ?? 0,
          monotonic: data.isMonotonic ?? false,
          startMs: ms(point.startTimeUnixNano),
          timeMs: ms(point.timeUnixNano),
          attributes: flat(point.attributes),
          value: point.asDouble ?? (point.asInt === undefined ? undefined : Number(point.asInt)),
          histogram:
            kind === "histogram"
              ? {
                  count: Number(point.count ?? 0),
                  sum: point.sum,
                  min: point.min,
                  max: point.max,
                  bounds: point.explicitBounds ?? [],
                  bucketCounts: (point.bucketCounts ?? []).map(Number),
                }
              : undefined,
          resource: flat(group.resource?.attributes),
        }));
      }),
    ),
  );
}

const text = fc.string({ unit: "grapheme", maxLength: 10 });
const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const attributes = fc.array(fc.record({ key: text, value: fc.record({ stringValue: text }) }), { maxLength: 3 });
const times = { attributes, startTimeUnixNano: nanos, timeUnixNano: nanos };
const number = fc.oneof(
  fc.record({ ...times, asDouble: fc.double() }),
  fc.record({ ...times, asInt: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
  fc.record({ ...times, flags: fc.nat() }),
);
const histogram = fc.record(
  {
    ...times,
    count: nanos,
    sum: fc.double(),
    bucketCounts: fc.array(nanos, { maxLength: 5 }),
    explicitBounds: fc.array(fc.double(), { maxLength: 4 }),
    min: fc.double(),
    max: fc.double(),
  },
  { requiredKeys: [] },
);
const temporality = fc.integer({ min: 0, max: 2 });
const name = { name: text, description: text, unit: text };
const metric = fc.oneof(
  fc.record({ ...name, gauge: fc.record({ dataPoints: fc.array(number, { maxLength: 3 }) }) }),
  fc.record({
    ...name,
    sum: fc.record({
      dataPoints: fc.array(number, { maxLength: 3 }),
      aggregationTemporality: temporality,
      isMonotonic: fc.boolean(),
    }),
  }),
  fc.record({
    ...name,
    histogram: fc.record({ dataPoints: fc.array(histogram, { maxLength: 3 }), aggregationTemporality: temporality }),
  }),
  fc.record({ ...name, summary: fc.record({ dataPoints: fc.array(fc.record({ sum: fc.double() })) }) }),
);
const request = fc.record({
  resourceMetrics: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scopeMetrics: fc.array(fc.record({ metrics: fc.array(metric, { maxLength: 4 }) }), { maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
});

test("agrees with protobufjs on any request", () => {
  fc.assert(
    fc.property(request, (message) => {
      const bytes = encode(MetricsRequest, message);
      expect(decodeMetricsRequest(bytes)).toEqual(oracle(bytes));
    }),
    { numRuns: 500 },
  );
});

test("any bytes, and damaged requests, give points or an IntakeError", () => {
  const decodes = (bytes: Uint8Array) => {
    try {
      decodeMetricsRequest(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(IntakeError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), decodes), { numRuns: 2_000 });
  fc.assert(
    fc.property(request, fc.nat(), fc.nat(255), fc.nat(), (message, at, byte, cut) => {
      const bytes = encode(MetricsRequest, message);
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      decodes(bytes);
      decodes(bytes.subarray(0, cut % (bytes.length + 1)));
    }),
    { numRuns: 2_000 },
  );
});

test("reads the exporter's own bytes as protobufjs does", async () => {
  const collector = await startCollector();
  const node = createTelemetry({
    serviceName: "broker",
    serviceVersion: "0.1.0",
    meshId: "mesh1",
    nodeName: "n",
    nodeId: "i",
    sinks: [{ name: "s", url: collector.url }],
    metricsIntervalMs: 60_000,
  });
  node.meter.createCounter("counter", { unit: "By" }).add(2 ** 40, { a: "1" });
  node.meter.createUpDownCounter("up-down").add(-3);
  node.meter.createGauge("gauge").record(0.5);
  node.meter.createHistogram("histogram", { advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5);
  await node.flush(1_000);
  const { body } = collector.requests.find(({ path }) => path === "/v1/metrics")!;
  const points = decodeMetricsRequest(body);
  const ours = (point: IntakePoint) =>
    !point.name.startsWith("mesh.telemetry") && point.name !== "mesh.collection.size";
  const strings = points.filter(ours).map(({ resource, ...point }) => point);
  expect(strings).toEqual(
    oracle(body)
      .filter(ours)
      .map(({ resource, ...point }) => point),
  );
  expect(points.find((point) => point.name === "counter")).toMatchObject({
    value: 2 ** 40,
    unit: "By",
    monotonic: true,
    temporality: 2,
  });
  expect(points.find((point) => point.name === "up-down")).toMatchObject({ value: -3, monotonic: false });
  expect(points.find((point) => point.name === "gauge")).toMatchObject({ kind: "gauge", value: 0.5 });
  expect(points.find((point) => point.name === "histogram")!.histogram).toEqual({
    count: 1,
    sum: 1.5,
    min: 1.5,
    max: 1.5,
    bounds: [1, 2],
    bucketCounts: [0, 1, 0],
  });
  expect(points[0]!.resource).toMatchObject({ "service.name": "broker" });
  await node.shutdown(1_000);
  await collector.close();
});

test("points and buckets are bounded", () => {
  const gauge = {
    resourceMetrics: [
      { scopeMetrics: [{ metrics: [{ name: "g", gauge: { dataPoints: [{ asInt: 1 }, { asInt: 2 }] } }] }] },
    ],
  };
  const buckets = {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ histogram: { dataPoints: [{ explicitBounds: [1, 2] }] } }] }] }],
  };
  expect(() => decodeMetricsRequest(encode(MetricsRequest, gauge), { ...DEFAULT_INTAKE_LIMITS, maxPoints: 1 })).toThrow(
    /more than 1 points/,
  );
  expect(() =>
    decodeMetricsRequest(encode(MetricsRequest, buckets), { ...DEFAULT_INTAKE_LIMITS, maxBuckets: 1 }),
  ).toThrow(/more than 1 buckets/);
});
