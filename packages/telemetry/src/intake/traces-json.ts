/**
 * `POST /v1/traces` in JSON (OTLP/JSON: lower-camel names, hex ids, 64-bit integers as strings or numbers, enums as numbers).
 *
 * Gives what the protobuf reader gives for the same request. `null` is an absent field; unknown fields are ignored.
 */
import type { IntakeSpan } from "../types.js";
import { decoding, IntakeError } from "./error.js";
import { atMost, DEFAULT_INTAKE_LIMITS, type IntakeLimits } from "./limits.js";
import { checkIds, isZero } from "./traces.js";
import { type AttributeRecord, attributeValue, integerValue, type NestedValue, setOwn } from "./values.js";

type Fields = { readonly [key: string]: unknown };

/** @throws IntakeError and nothing else */
export function decodeTraceRequestJson(text: string, limits: IntakeLimits = DEFAULT_INTAKE_LIMITS): IntakeSpan[] {
  return decoding("trace request", () => {
    const spans: IntakeSpan[] = [];
    for (const resourceSpans of list(
      fields(JSON.parse(text), "request").resourceSpans,
      limits.maxResources,
      "resources",
    )) {
      const { resource, scopeSpans } = fields(resourceSpans, "resourceSpans");
      const resourceAttributes = resource == null ? {} : attributes(fields(resource, "resource").attributes, limits);
      for (const scope of list(scopeSpans, limits.maxSpans, "scopeSpans")) {
        for (const span of list(fields(scope, "scopeSpans").spans, limits.maxSpans, "spans")) {
          atMost(spans.length + 1, limits.maxSpans, "spans");
          spans.push(readSpan(fields(span, "span"), resourceAttributes, limits));
        }
      }
    }
    return spans;
  });
}

function readSpan(span: Fields, resource: AttributeRecord, limits: IntakeLimits): IntakeSpan {
  const traceId = id(span.traceId, 32, "traceId");
  const spanId = id(span.spanId, 16, "spanId");
  checkIds(traceId, spanId);
  const parent = id(span.parentSpanId, 16, "parentSpanId");
  const status = span.status == null ? {} : fields(span.status, "status");
  return {
    traceId,
    spanId,
    parentSpanId: parent === "" || isZero(parent) ? undefined : parent,
    name: string(span.name, "name"),
    kind: int32(span.kind, "kind"),
    startMs: timeMs(span.startTimeUnixNano),
    endMs: timeMs(span.endTimeUnixNano),
    attributes: attributes(span.attributes, limits),
    events: list(span.events, limits.maxEvents, "events").map((item) => {
      const event = fields(item, "event");
      return {
        name: string(event.name, "name"),
        timeMs: timeMs(event.timeUnixNano),
        attributes: attributes(event.attributes, limits),
      };
    }),
    statusCode: int32(status.code, "status.code"),
    statusMessage: string(status.message, "status.message"),
    resource,
  };
}

function attributes(value: unknown, limits: IntakeLimits): AttributeRecord {
  const record: AttributeRecord = {};
  for (const item of list(value, limits.maxAttributes, "attributes")) {
    const entry = fields(item, "attribute");
    const plain = attributeValue(anyValue(entry.value, limits, 0));
    if (plain !== undefined) setOwn(record, string(entry.key, "key"), plain);
  }
  return record;
}

function anyValue(value: unknown, limits: IntakeLimits, depth: number): NestedValue {
  if (value == null) return null;
  const any = fields(value, "value");
  if (any.stringValue != null) return string(any.stringValue, "stringValue");
  if (any.boolValue != null) {
    if (typeof any.boolValue !== "boolean") throw new IntakeError("boolValue is not a boolean");
    return any.boolValue;
  }
  if (any.intValue != null) return integer(any.intValue);
  if (any.doubleValue != null) return double(any.doubleValue);
  if (any.bytesValue != null) return string(any.bytesValue, "bytesValue");
  if (any.arrayValue != null || any.kvlistValue != null) atMost(depth + 1, limits.maxDepth, "levels of nesting");
  if (any.arrayValue != null) {
    const items = list(fields(any.arrayValue, "arrayValue").values, limits.maxAttributes, "array items");
    return items.map((item) => anyValue(item, limits, depth + 1));
  }
  if (any.kvlistValue != null) {
    const map: { [key: string]: NestedValue } = {};
    for (const item of list(fields(any.kvlistValue, "kvlistValue").values, limits.maxAttributes, "map entries")) {
      const entry = fields(item, "map entry");
      setOwn(map, string(entry.key, "key"), anyValue(entry.value, limits, depth + 1));
    }
    return map;
  }
  return null;
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new IntakeError(`${what} is not an object`);
  return value as Fields;
}

function list(value: unknown, limit: number, what: string): readonly unknown[] {
  if (value == null) return [];
  if (!Array.isArray(value)) throw new IntakeError(`${what} is not an array`);
  atMost(value.length, limit, what);
  return value;
}

function string(value: unknown, what: string): string {
  if (value == null) return "";
  if (typeof value !== "string") throw new IntakeError(`${what} is not a string`);
  return value;
}

/** Hex in either case; empty where absent. */
function id(value: unknown, length: number, what: string): string {
  const text = string(value, what);
  if (text !== "" && (text.length !== length || !/^[0-9a-f]+$/i.test(text))) {
    throw new IntakeError(`${what} is not ${length} hex digits`);
  }
  return text.toLowerCase();
}

function int32(value: unknown, what: string): number {
  if (value == null) return 0;
  if (typeof value !== "number" || (value | 0) !== value) throw new IntakeError(`${what} is not a 32-bit integer`);
  return value;
}

function integer(value: unknown): number | string {
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 2 ** 63) return integerValue(value);
  if (typeof value === "string" && /^-?\d{1,19}$/.test(value)) return integerValue(BigInt(value));
  throw new IntakeError("intValue is not a 64-bit integer");
}

function double(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw new IntakeError("doubleValue is not a number");
}

function timeMs(value: unknown): number {
  if (value == null) return 0;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value / 1e6;
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return Number(value) / 1e6;
  throw new IntakeError("a time is not in nanoseconds");
}
