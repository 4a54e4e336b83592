import fc from "fast-check";
import { expect, test } from "vitest";
import { startCollector } from "../../test/collector.js";
import { decode, encode, TraceRequest } from "../../test/otlp-proto.js";
import { createTelemetry } from "../create.js";
import {
  DEFAULT_INTAKE_LIMITS,
  decodeTraceRequest,
  decodeTraceRequestJson,
  IntakeError,
  type IntakeSpan,
} from "./index.js";

// ---- the oracle: protobufjs decodes, and this maps its object to the store's shape, independently of the reader

// biome-ignore lint/suspicious/noExplicitAny: an untyped decoder's output
type Loose = any;

function nested(value: Loose): Loose {
  if (value == null) return null;
  if ("stringValue" in value) return value.stringValue;
  if ("boolValue" in value) return value.boolValue;
  if ("intValue" in value)
    return Number.isSafeInteger(Number(value.intValue)) ? Number(value.intValue) : value.intValue;
  if ("doubleValue" in value) return value.doubleValue;
  if ("bytesValue" in value) return value.bytesValue;
  if ("arrayValue" in value) return (value.arrayValue.values ?? []).map(nested);
  if ("kvlistValue" in value) {
    return Object.fromEntries(
      (value.kvlistValue.values ?? []).map((entry: Loose) => [entry.key ?? "", nested(entry.value)]),
    );
  }
  return null;
}

function flat(list: Loose): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const { key = "", value } of list ?? []) {
    const plain = nested(value);
    if (plain === null) continue;
    if (Array.isArray(plain)) {
      entries.push([
        key,
        plain.map((item) => (item === null || typeof item === "object" ? JSON.stringify(item) : item)),
      ]);
    } else entries.push([key, typeof plain === "object" ? JSON.stringify(plain) : plain]);
  }
  return Object.fromEntries(entries);
}

const hex = (base64: string | undefined) => Buffer.from(base64 ?? "", "base64").toString("hex");
const ms = (nanos: string | undefined) => Number(nanos ?? 0) / 1e6;

function oracle(bytes: Uint8Array): IntakeSpan[] {
  const request: Loose = decode(TraceRequest, bytes);
  return (request.resourceSpans ?? []).flatMap((group: Loose) =>
    (group.scopeSpans ?? []).flatMap((scope: Loose) =>
      (scope.spans ?? []).map((span: Loose) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId) === "" ? undefined : hex(span.parentSpanId),
        name: span.name ?? "",
        kind: span.kind ?? 0,
        startMs: ms(span.startTimeUnixNano),
        endMs: ms(span.endTimeUnixNano),
        attributes: flat(span.attributes),
        events: (span.events ?? []).map((event: Loose) => ({
          name: event.name ?? "",
          timeMs: ms(event.timeUnixNano),
          attributes: flat(event.attributes),
        })),
        statusCode: span.status?.code ?? 0,
        statusMessage: span.status?.message ?? "",
        resource: flat(group.resource?.attributes),
      })),
    ),
  );
}

// ---- arbitrary requests

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const key = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString", "mesh.id"));
const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const id = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).filter((bytes) => bytes.some((byte) => byte !== 0));
const { anyValue } = fc.letrec((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 4, depthSize: "small", withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
    fc.record({ intValue: fc.integer().map(String) }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 8 }) }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie("anyValue"), { maxLength: 4 }) }) }),
    fc.record({
      kvlistValue: fc.record({ values: fc.array(fc.record({ key, value: tie("anyValue") }), { maxLength: 4 }) }),
    }),
  ),
}));
const attributes = fc.array(fc.record({ key, value: anyValue }, { requiredKeys: ["key"] }), { maxLength: 5 });
const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    traceState: text,
    parentSpanId: id(8),
    flags: fc.nat(),
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes,
    events: fc.array(fc.record({ timeUnixNano: nanos, name: text, attributes }, { requiredKeys: [] }), {
      maxLength: 3,
    }),
    links: fc.array(fc.record({ traceId: id(16), spanId: id(8), attributes }), { maxLength: 2 }),
    droppedEventsCount: fc.nat(),
    status: fc.record({ message: text, code: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: ["traceId", "spanId"] },
);
const request = fc.record({
  resourceSpans: fc.array(
    fc.record(
      {
        resource: fc.record({ attributes, droppedAttributesCount: fc.nat() }),
        scopeSpans: fc.array(
          fc.record({
            scope: fc.record({ name: text, version: text }),
            spans: fc.array(span, { maxLength: 3 }),
            schemaUrl: text,
          }),
          { maxLength: 2 },
        ),
        schemaUrl: text,
      },
      { requiredKeys: ["scopeSpans"] },
    ),
    { maxLength: 3 },
  ),
});

/** The same request as OTLP/JSON writes it. */
function json(message: Loose): string {
  return JSON.stringify(message, (name, value) => {
    if (name === "doubleValue" && !Number.isFinite(value)) return String(value);
    if (!(value instanceof Uint8Array)) return Object.is(value, -0) ? 0 : value;
    return Buffer.from(value).toString(name === "bytesValue" ? "base64" : "hex");
  });
}

// ---- the properties

test("agrees with protobufjs on any request", () => {
  fc.assert(
    fc.property(request, (message) => {
      const bytes = encode(TraceRequest, message);
      expect(decodeTraceRequest(bytes)).toEqual(oracle(bytes));
    }),
    { numRuns: 500 },
  );
});

test("reads OTLP/JSON to the same spans as protobuf", () => {
  fc.assert(
    fc.property(request, (message) => {
      // JSON has no negative zero.
      const positive = (spans: IntakeSpan[]) =>
        JSON.parse(JSON.stringify(spans, (_, value) => (Number.isNaN(value) ? "NaN" : value)));
      const bytes = encode(TraceRequest, message);
      expect(positive(decodeTraceRequestJson(json(message)))).toEqual(positive(decodeTraceRequest(bytes)));
    }),
    { numRuns: 300 },
  );
});

test("any bytes give spans or an IntakeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      onlyIntakeErrors(() => decodeTraceRequest(bytes));
    }),
    { numRuns: 2_000 },
  );
});

test("a request with bytes changed, cut or added gives spans or an IntakeError", () => {
  const damage = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    cut: fc.option(fc.nat()),
    insert: fc.uint8Array({ maxLength: 4 }),
  });
  fc.assert(
    fc.property(request, fc.array(damage, { minLength: 1, maxLength: 4 }), (message, damages) => {
      let bytes = Buffer.from(encode(TraceRequest, message));
      for (const { at, byte, cut, insert } of damages) {
        const index = bytes.length === 0 ? 0 : at % bytes.length;
        if (bytes.length > 0) bytes[index] = byte;
        bytes = Buffer.concat([bytes.subarray(0, index), insert, bytes.subarray(index)]);
        if (cut !== null) bytes = bytes.subarray(0, cut % (bytes.length + 1));
      }
      onlyIntakeErrors(() => decodeTraceRequest(bytes));
    }),
    { numRuns: 2_000 },
  );
});

test("any JSON gives spans or an IntakeError", () => {
  const odd = fc.jsonValue({ maxDepth: 3 });
  const shaped = request.chain((message) =>
    fc.record({ message: fc.constant(json(message)), at: fc.nat(), value: odd }),
  );
  fc.assert(fc.property(odd, (value) => onlyIntakeErrors(() => decodeTraceRequestJson(JSON.stringify(value)))));
  fc.assert(fc.property(fc.string(), (value) => onlyIntakeErrors(() => decodeTraceRequestJson(value))));
  fc.assert(
    fc.property(shaped, ({ message, at, value }) => {
      // Put an odd value in the place of one that is there.
      let count = 0;
      const target = at % (message.match(/[:,[]/g)?.length ?? 1);
      const mixed = JSON.stringify(JSON.parse(message), (_, item) => (count++ === target ? value : item));
      if (mixed !== undefined) onlyIntakeErrors(() => decodeTraceRequestJson(mixed));
    }),
    { numRuns: 1_000 },
  );
});

function onlyIntakeErrors(decodeIt: () => unknown): void {
  try {
    decodeIt();
  } catch (error) {
    expect(error).toBeInstanceOf(IntakeError);
  }
}

// ---- what the real exporter sends

test("reads the exporter's own bytes as protobufjs does", async () => {
  const collector = await startCollector();
  const node = createTelemetry({
    serviceName: "broker",
    serviceVersion: "0.1.0",
    meshId: "mesh1",
    nodeName: "mesh1.broker.239dc9",
    nodeId: "239dc9",
    sinks: [{ name: "s", url: collector.url }],
    metricsIntervalMs: 0,
  });
  await node.withSpan(
    "parent",
    { kind: 2, attributes: { text: "äöü€😀", int: -5, float: 0.1, big: 2 ** 60, yes: true } },
    (parent) => {
      parent.addEvent("event", { list: ["a", "b"], numbers: [1, 2.5] });
      const child = node.startSpan("child", { links: [{ context: parent.spanContext() }] });
      child.setStatus({ code: 2, message: "failed" });
      child.end();
    },
  );
  await node.flush(1_000);
  const { body } = collector.requests[0]!;
  const spans = decodeTraceRequest(body);
  expect(spans).toEqual(oracle(body));
  expect(spans.map(({ name, statusCode }) => [name, statusCode])).toEqual([
    ["child", 2],
    ["parent", 0],
  ]);
  expect(spans[1]!.attributes).toMatchObject({ text: "äöü€😀", int: -5, float: 0.1, yes: true });
  expect(spans[1]!.events[0]!.attributes).toEqual({ list: ["a", "b"], numbers: [1, 2.5] });
  expect(spans[0]!.resource).toBe(spans[1]!.resource);
  await node.shutdown(1_000);
  await collector.close();
});

// ---- bounds and refusals

const IDS = { traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, 7) };
const withSpan = (more: object) =>
  encode(TraceRequest, { resourceSpans: [{ scopeSpans: [{ spans: [{ ...IDS, ...more }] }] }] });
const value = (depth: number): object =>
  depth === 0 ? { intValue: 1 } : { arrayValue: { values: [value(depth - 1)] } };

test("nesting beyond the limit is refused, at the limit it is read", () => {
  const { maxDepth } = DEFAULT_INTAKE_LIMITS;
  const at = (depth: number) => ({ attributes: [{ key: "k", value: value(depth) }] });
  expect(decodeTraceRequest(withSpan(at(maxDepth)))[0]!.attributes.k).toEqual([
    JSON.stringify(JSON.parse(`${"[".repeat(maxDepth - 1)}1${"]".repeat(maxDepth - 1)}`)),
  ]);
  expect(() => decodeTraceRequest(withSpan(at(maxDepth + 1)))).toThrow(/more than 8 levels of nesting/);
  const asJson = (depth: number) =>
    JSON.stringify({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: "07".repeat(16), spanId: "07".repeat(8), ...at(depth) }] }] },
      ],
    });
  expect(decodeTraceRequestJson(asJson(maxDepth))).toHaveLength(1);
  expect(() => decodeTraceRequestJson(asJson(maxDepth + 1))).toThrow(/more than 8 levels of nesting/);
});

test("nesting as deep as a megabyte can say is refused without harm", () => {
  let bytes = Buffer.from([0x18, 1]);
  const parts: Buffer[] = [];
  for (let size = bytes.length, i = 0; i < 100_000; i++) {
    // AnyValue.array_value { values } around what is there: two headers per level, written back to front
    for (const tag of [0x0a, 0x2a]) {
      const header = Buffer.from([tag, ...varint(size)]);
      parts.push(header);
      size += header.length;
    }
  }
  bytes = Buffer.concat([...parts.reverse(), bytes]);
  const framed = [0x12, 0x4a, 0x12, 0x12, 0x0a].reduce(
    (inner, tag) => Buffer.concat([Buffer.from([tag, ...varint(inner.length)]), inner]),
    bytes,
  );
  expect(framed.length).toBeGreaterThan(700_000);
  expect(() => decodeTraceRequest(framed)).toThrow(new IntakeError("more than 8 levels of nesting"));
  expect(() => decodeTraceRequestJson("[".repeat(500_000))).toThrow(IntakeError);
});

function varint(number: number): number[] {
  return number < 128 ? [number] : [(number & 127) | 128, ...varint(number >>> 7)];
}

test.each([
  ["spans", { maxSpans: 1 }, { resourceSpans: [{ scopeSpans: [{ spans: [IDS, IDS] }] }] }],
  ["resources", { maxResources: 1 }, { resourceSpans: [{}, {}] }],
  ["events", { maxEvents: 1 }, { resourceSpans: [{ scopeSpans: [{ spans: [{ ...IDS, events: [{}, {}] }] }] }] }],
  ["attributes", { maxAttributes: 1 }, { resourceSpans: [{ resource: { attributes: [{ key: "a" }, { key: "b" }] } }] }],
  [
    "array items",
    { maxAttributes: 1 },
    {
      resourceSpans: [
        {
          scopeSpans: [
            { spans: [{ ...IDS, attributes: [{ key: "k", value: { arrayValue: { values: [{}, {}] } } }] }] },
          ],
        },
      ],
    },
  ],
])("more %s than allowed are refused", (what, limit, message) => {
  const limits = { ...DEFAULT_INTAKE_LIMITS, ...limit };
  expect(() => decodeTraceRequest(encode(TraceRequest, message), limits)).toThrow(
    new IntakeError(`more than 1 ${what}`),
  );
  expect(() => decodeTraceRequestJson(json(message), limits)).toThrow(IntakeError);
});

test.each([
  ["a trace id of 15 bytes", withSpan({ traceId: Buffer.alloc(15, 1) }), /trace id has 15 bytes/],
  ["a span id of 9 bytes", withSpan({ spanId: Buffer.alloc(9, 1) }), /span id has 9 bytes/],
  ["no trace id", withSpan({ traceId: Buffer.alloc(0) }), /has no trace id|0 bytes/],
  ["a trace id of zeros", withSpan({ traceId: Buffer.alloc(16) }), /no trace id/],
  ["a parent of 3 bytes", withSpan({ parentSpanId: Buffer.alloc(3, 1) }), /parent span id has 3 bytes/],
  ["a group", Buffer.from([0x0b, 0x0c]), /illegal tag/],
  ["field number 0", Buffer.from([0x02, 0x00]), /illegal tag/],
  ["a length beyond the body", Buffer.from([0x0a, 0x7f]), /longer than what holds it/],
  ["a length beyond 2^31", Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), /longer than what holds it/],
  ["a field that ends outside its message", Buffer.from([0x0a, 0x02, 0x19, 0, 0, 0, 0, 0, 0, 0, 0]), /over the end/],
])("%s is refused", (_, bytes, message) => {
  expect(() => decodeTraceRequest(bytes)).toThrow(IntakeError);
  expect(() => decodeTraceRequest(bytes)).toThrow(message);
});

test("an empty request has no spans; a parent of zeros is none; fields in any order", () => {
  expect(decodeTraceRequest(new Uint8Array())).toEqual([]);
  expect(decodeTraceRequestJson("{}")).toEqual([]);
  expect(decodeTraceRequest(withSpan({ parentSpanId: Buffer.alloc(8) }))[0]!.parentSpanId).toBeUndefined();
  const resource = encode(TraceRequest, {
    resourceSpans: [{ resource: { attributes: [{ key: "k", value: { stringValue: "v" } }] } }],
  });
  const scope = encode(TraceRequest, { resourceSpans: [{ scopeSpans: [{ spans: [IDS] }] }] });
  const swapped = Buffer.concat([scope.subarray(2), resource.subarray(2)]);
  expect(decodeTraceRequest(Buffer.concat([Buffer.from([0x0a, swapped.length]), swapped]))[0]!.resource).toEqual({
    k: "v",
  });
});
