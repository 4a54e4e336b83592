/**
 * `POST /v1/metrics` in protobuf: ExportMetricsServiceRequest to points (opentelemetry-proto 1.x, metrics/v1/metrics.proto).
 *
 * Sums, gauges and histograms with explicit bounds; exponential histograms, summaries and exemplars are skipped. A metric's
 * name, unit and kind may stand behind its points on the wire, so points are read first and completed at the metric's end.
 */
import type { BinaryReader } from "@bufbuild/protobuf/wire";
import type { AttributeValue } from "../types.js";
import { decoding } from "./error.js";
import { atMost, DEFAULT_INTAKE_LIMITS, type IntakeLimits } from "./limits.js";
import { type AttributeRecord, integerValue } from "./values.js";
import * as wire from "./wire.js";

/** One point of one series. Times in ms (float) since the epoch; 0 where the sender gave none. */
export interface IntakePoint {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "sum" | "histogram";
  /** OTLP numbers: 0 unspecified (gauges), 1 delta, 2 cumulative. */
  readonly temporality: number;
  readonly monotonic: boolean;
  readonly startMs: number;
  readonly timeMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Of a gauge or sum; `undefined`: no recorded value. */
  readonly value: number | undefined;
  readonly histogram: IntakeHistogram | undefined;
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

export interface IntakeHistogram {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Upper bounds; there is one bucket more than bounds, or none of both. */
  readonly bounds: readonly number[];
  readonly bucketCounts: readonly number[];
}

interface Point {
  startMs: number;
  timeMs: number;
  attributes: AttributeRecord;
  value: number | undefined;
  histogram: IntakeHistogram | undefined;
}

interface Data {
  kind: IntakePoint["kind"];
  temporality: number;
  monotonic: boolean;
  points: Point[];
}

/** @throws IntakeError and nothing else */
export function decodeMetricsRequest(bytes: Uint8Array, limits: IntakeLimits = DEFAULT_INTAKE_LIMITS): IntakePoint[] {
  return decoding("metrics request", () => {
    const reader = wire.openReader(bytes);
    const points: IntakePoint[] = [];
    for (let resources = 0; reader.pos < bytes.length; ) {
      const tag = reader.uint32();
      if (tag === ((1 << 3) | wire.BYTES)) {
        atMost(++resources, limits.maxResources, "resources");
        readResourceMetrics(reader, bytes.length, points, limits);
      } else wire.skipField(reader, tag);
    }
    wire.atEnd(reader, bytes.length);
    return points;
  });
}

function readResourceMetrics(
  reader: BinaryReader,
  parentEnd: number,
  points: IntakePoint[],
  limits: IntakeLimits,
): void {
  const end = wire.messageEnd(reader, parentEnd);
  const resource: AttributeRecord = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | wire.BYTES)) wire.readAttributes(reader, end, resource, limits);
    else if (tag === ((2 << 3) | wire.BYTES)) readScopeMetrics(reader, end, resource, points, limits);
    else wire.skipField(reader, tag);
  }
  wire.atEnd(reader, end);
}

function readScopeMetrics(
  reader: BinaryReader,
  parentEnd: number,
  resource: AttributeRecord,
  points: IntakePoint[],
  limits: IntakeLimits,
): void {
  const end = wire.messageEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((2 << 3) | wire.BYTES)) readMetric(reader, end, resource, points, limits);
    else wire.skipField(reader, tag);
  }
  wire.atEnd(reader, end);
}

function readMetric(
  reader: BinaryReader,
  parentEnd: number,
  resource: AttributeRecord,
  points: IntakePoint[],
  limits: IntakeLimits,
): void {
  const end = wire.messageEnd(reader, parentEnd);
  let name = "";
  let unit = "";
  let data: Data | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case (1 << 3) | wire.BYTES:
        name = reader.string();
        break;
      case (3 << 3) | wire.BYTES:
        unit = reader.string();
        break;
      case (5 << 3) | wire.BYTES:
        data = readData(reader, end, "gauge", data, limits);
        break;
      case (7 << 3) | wire.BYTES:
        data = readData(reader, end, "sum", data, limits);
        break;
      case (9 << 3) | wire.BYTES:
        data = readData(reader, end, "histogram", data, limits);
        break;
      default:
        wire.skipField(reader, tag);
    }
  }
  wire.atEnd(reader, end);
  if (data === undefined) return;
  const { kind, temporality, monotonic } = data;
  atMost(points.length + data.points.length, limits.maxPoints, "points");
  for (const point of data.points) points.push({ name, unit, kind, temporality, monotonic, ...point, resource });
}

/** One of the `data` oneof: the last kind wins, two messages of the same kind are merged (protobuf's rules). */
function readData(
  reader: BinaryReader,
  parentEnd: number,
  kind: IntakePoint["kind"],
  before: Data | undefined,
  limits: IntakeLimits,
): Data {
  const end = wire.messageEnd(reader, parentEnd);
  const data: Data = before?.kind === kind ? before : { kind, temporality: 0, monotonic: false, points: [] };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | wire.BYTES)) {
      atMost(data.points.length + 1, limits.maxPoints, "points");
      data.points.push(kind === "histogram" ? readHistogram(reader, end, limits) : readNumber(reader, end, limits));
    } else if (tag === ((2 << 3) | wire.VARINT) && kind !== "gauge") data.temporality = reader.int32();
    else if (tag === ((3 << 3) | wire.VARINT) && kind === "sum") data.monotonic = reader.bool();
    else wire.skipField(reader, tag);
  }
  wire.atEnd(reader, end);
  return data;
}

function readNumber(reader: BinaryReader, parentEnd: number, limits: IntakeLimits): Point {
  const end = wire.messageEnd(reader, parentEnd);
  const point: Point = { startMs: 0, timeMs: 0, attributes: {}, value: undefined, histogram: undefined };
  let attributeCount = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case (2 << 3) | wire.FIXED64:
        point.startMs = wire.readTimeMs(reader);
        break;
      case (3 << 3) | wire.FIXED64:
        point.timeMs = wire.readTimeMs(reader);
        break;
      case (4 << 3) | wire.FIXED64:
        point.value = reader.double();
        break;
      case (6 << 3) | wire.FIXED64:
        point.value = Number(integerValue(reader.sfixed64()));
        break;
      case (7 << 3) | wire.BYTES:
        atMost(++attributeCount, limits.maxAttributes, "attributes");
        wire.readAttribute(reader, end, point.attributes, limits);
        break;
      default:
        wire.skipField(reader, tag);
    }
  }
  wire.atEnd(reader, end);
  return point;
}

function readHistogram(reader: BinaryReader, parentEnd: number, limits: IntakeLimits): Point {
  const end = wire.messageEnd(reader, parentEnd);
  const point: Point = { startMs: 0, timeMs: 0, attributes: {}, value: undefined, histogram: undefined };
  const bounds: number[] = [];
  const bucketCounts: number[] = [];
  let count = 0;
  let sum: number | undefined;
  let min: number | undefined;
  let max: number | undefined;
  let attributeCount = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case (2 << 3) | wire.FIXED64:
        point.startMs = wire.readTimeMs(reader);
        break;
      case (3 << 3) | wire.FIXED64:
        point.timeMs = wire.readTimeMs(reader);
        break;
      case (4 << 3) | wire.FIXED64:
        count = wire.readFixed64(reader);
        break;
      case (5 << 3) | wire.FIXED64:
        sum = reader.double();
        break;
      case (6 << 3) | wire.BYTES:
      case (6 << 3) | wire.FIXED64:
        readRepeated(reader, end, tag, bucketCounts, wire.readFixed64, limits);
        break;
      case (7 << 3) | wire.BYTES:
      case (7 << 3) | wire.FIXED64:
        readRepeated(reader, end, tag, bounds, (from) => from.double(), limits);
        break;
      case (9 << 3) | wire.BYTES:
        atMost(++attributeCount, limits.maxAttributes, "attributes");
        wire.readAttribute(reader, end, point.attributes, limits);
        break;
      case (11 << 3) | wire.FIXED64:
        min = reader.double();
        break;
      case (12 << 3) | wire.FIXED64:
        max = reader.double();
        break;
      default:
        wire.skipField(reader, tag);
    }
  }
  wire.atEnd(reader, end);
  point.histogram = { count, sum, min, max, bounds, bucketCounts };
  return point;
}

/** Repeated 8-byte numbers, packed or one by one. */
function readRepeated(
  reader: BinaryReader,
  parentEnd: number,
  tag: number,
  into: number[],
  read: (reader: BinaryReader) => number,
  limits: IntakeLimits,
): void {
  const packed = (tag & 7) === wire.BYTES;
  const end = packed ? wire.messageEnd(reader, parentEnd) : reader.pos + 8;
  while (reader.pos < end) {
    atMost(into.length + 1, limits.maxBuckets, "buckets");
    into.push(read(reader));
  }
  wire.atEnd(reader, end);
}
