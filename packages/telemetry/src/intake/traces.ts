/**
 * `POST /v1/traces` in protobuf: ExportTraceServiceRequest to spans (opentelemetry-proto 1.x, trace/v1/trace.proto).
 *
 * Links, scopes, trace state and dropped counts are skipped: the store has no use for them. Spans of one resource share its
 * object. A span with ids of the wrong length, or of zeros, makes the whole request malformed.
 */
import type { BinaryReader } from "@bufbuild/protobuf/wire";
import type { IntakeSpan } from "../types.js";
import { decoding, IntakeError } from "./error.js";
import { atMost, DEFAULT_INTAKE_LIMITS, type IntakeLimits } from "./limits.js";
import type { AttributeRecord } from "./values.js";
import * as wire from "./wire.js";

type IntakeEvent = IntakeSpan["events"][number];

/** @throws IntakeError and nothing else */
export function decodeTraceRequest(bytes: Uint8Array, limits: IntakeLimits = DEFAULT_INTAKE_LIMITS): IntakeSpan[] {
  return decoding("trace request", () => {
    const reader = wire.openReader(bytes);
    const spans: IntakeSpan[] = [];
    for (let resources = 0; reader.pos < bytes.length; ) {
      const tag = reader.uint32();
      if (tag === ((1 << 3) | wire.BYTES)) {
        atMost(++resources, limits.maxResources, "resources");
        readResourceSpans(reader, bytes.length, spans, limits);
      } else wire.skipField(reader, tag);
    }
    wire.atEnd(reader, bytes.length);
    return spans;
  });
}

function readResourceSpans(reader: BinaryReader, parentEnd: number, spans: IntakeSpan[], limits: IntakeLimits): void {
  const end = wire.messageEnd(reader, parentEnd);
  const resource: AttributeRecord = {}; // may be filled after its spans: fields come in any order
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | wire.BYTES)) wire.readAttributes(reader, end, resource, limits);
    else if (tag === ((2 << 3) | wire.BYTES)) readScopeSpans(reader, end, resource, spans, limits);
    else wire.skipField(reader, tag);
  }
  wire.atEnd(reader, end);
}

function readScopeSpans(
  reader: BinaryReader,
  parentEnd: number,
  resource: AttributeRecord,
  spans: IntakeSpan[],
  limits: IntakeLimits,
): void {
  const end = wire.messageEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((2 << 3) | wire.BYTES)) {
      atMost(spans.length + 1, limits.maxSpans, "spans");
      spans.push(readSpan(reader, end, resource, limits));
    } else wire.skipField(reader, tag);
  }
  wire.atEnd(reader, end);
}

function readSpan(
  reader: BinaryReader,
  parentEnd: number,
  resource: AttributeRecord,
  limits: IntakeLimits,
): IntakeSpan {
  const end = wire.messageEnd(reader, parentEnd);
  let traceId = "";
  let spanId = "";
  let parentSpanId: string | undefined;
  let name = "";
  let kind = 0;
  let startMs = 0;
  let endMs = 0;
  let attributeCount = 0;
  const attributes: AttributeRecord = {};
  const events: IntakeEvent[] = [];
  const status = { code: 0, message: "" };
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case (1 << 3) | wire.BYTES:
        traceId = wire.readId(reader, 16, "trace id");
        break;
      case (2 << 3) | wire.BYTES:
        spanId = wire.readId(reader, 8, "span id");
        break;
      case (4 << 3) | wire.BYTES:
        parentSpanId = readParentId(reader);
        break;
      case (5 << 3) | wire.BYTES:
        name = reader.string();
        break;
      case (6 << 3) | wire.VARINT:
        kind = reader.int32();
        break;
      case (7 << 3) | wire.FIXED64:
        startMs = wire.readTimeMs(reader);
        break;
      case (8 << 3) | wire.FIXED64:
        endMs = wire.readTimeMs(reader);
        break;
      case (9 << 3) | wire.BYTES:
        atMost(++attributeCount, limits.maxAttributes, "attributes");
        wire.readAttribute(reader, end, attributes, limits);
        break;
      case (11 << 3) | wire.BYTES:
        atMost(events.length + 1, limits.maxEvents, "events");
        events.push(readEvent(reader, end, limits));
        break;
      case (15 << 3) | wire.BYTES:
        readStatus(reader, end, status);
        break;
      default:
        wire.skipField(reader, tag);
    }
  }
  wire.atEnd(reader, end);
  checkIds(traceId, spanId);
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    startMs,
    endMs,
    attributes,
    events,
    statusCode: status.code,
    statusMessage: status.message,
    resource,
  };
}

/** No bytes, or eight zeros as some senders write it: a root. */
function readParentId(reader: BinaryReader): string | undefined {
  const start = reader.pos;
  if (reader.uint32() === 0) return undefined;
  reader.pos = start;
  const id = wire.readId(reader, 8, "parent span id");
  return isZero(id) ? undefined : id;
}

function readEvent(reader: BinaryReader, parentEnd: number, limits: IntakeLimits): IntakeEvent {
  const end = wire.messageEnd(reader, parentEnd);
  let timeMs = 0;
  let name = "";
  let attributeCount = 0;
  const attributes: AttributeRecord = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case (1 << 3) | wire.FIXED64:
        timeMs = wire.readTimeMs(reader);
        break;
      case (2 << 3) | wire.BYTES:
        name = reader.string();
        break;
      case (3 << 3) | wire.BYTES:
        atMost(++attributeCount, limits.maxAttributes, "attributes");
        wire.readAttribute(reader, end, attributes, limits);
        break;
      default:
        wire.skipField(reader, tag);
    }
  }
  wire.atEnd(reader, end);
  return { name, timeMs, attributes };
}

function readStatus(reader: BinaryReader, parentEnd: number, status: { code: number; message: string }): void {
  const end = wire.messageEnd(reader, parentEnd);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((2 << 3) | wire.BYTES)) status.message = reader.string();
    else if (tag === ((3 << 3) | wire.VARINT)) status.code = reader.int32();
    else wire.skipField(reader, tag);
  }
  wire.atEnd(reader, end);
}

/** Both ids are required and not zero (W3C trace context). */
export function checkIds(traceId: string, spanId: string): void {
  if (traceId === "" || isZero(traceId)) throw new IntakeError("a span has no trace id");
  if (spanId === "" || isZero(spanId)) throw new IntakeError("a span has no span id");
}

export function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
