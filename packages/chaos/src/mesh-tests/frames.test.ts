/** The tests of the framer and of traced frames, seen to fail with a broken part in the place of ours. */
import { encodeFrame, FrameDecoder, type RequestFrame } from "@meshwork/protocol";
import { expect, test } from "vitest";
import { FRAMING, type Framing, roundTripProblems, truncationProblems } from "./frames.js";
import { CODEC, codecProblems, traceProblems } from "./traced-frame.js";

const SEED = 7;

/** Decodes as ours does, and then spoils what came out. */
function spoilt(
  spoil: (frames: Uint8Array[], decoder: FrameDecoder) => Uint8Array[],
  end?: "clean" | "truncated",
): Framing {
  return {
    encode: encodeFrame,
    decoder: (maxFrameBytes) => {
      const decoder = new FrameDecoder(maxFrameBytes);
      return { push: (chunk) => spoil(decoder.push(chunk), decoder), end: () => end ?? decoder.end() };
    },
  };
}

test("our framer passes", () => {
  expect(roundTripProblems(FRAMING, SEED)).toEqual([]);
  expect(truncationProblems(FRAMING, SEED)).toEqual([]);
});

test.each<[string, Framing]>([
  ["loses the last byte of a frame", spoilt((frames) => frames.map((frame) => frame.subarray(0, -1)))],
  ["loses empty frames", spoilt((frames) => frames.filter(({ length }) => length > 0))],
  ["doubles frames", spoilt((frames) => frames.flatMap((frame) => [frame, frame]))],
  ["turns a byte", spoilt((frames) => frames.map((frame) => frame.map((byte, at) => (at === 900 ? byte ^ 1 : byte))))],
  ["never sees a clean end", spoilt((frames) => frames, "truncated")],
  ["counts lengths in little endian", { ...FRAMING, encode: (payload) => littleEndian(payload) }],
])("round trip: a framer that %s is found", (_, framing) => {
  expect(roundTripProblems(framing, SEED)).not.toEqual([]);
});

test.each<[string, Framing]>([
  ["takes every end for clean", spoilt((frames) => frames, "clean")],
  [
    "hands out what there is",
    {
      encode: encodeFrame,
      decoder: () => ({ push: (chunk) => [chunk], end: () => "truncated" }),
    },
  ],
])("truncation: a framer that %s is found", (_, framing) => {
  expect(truncationProblems(framing, SEED)).not.toEqual([]);
});

function littleEndian(payload: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(4 + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.set(payload, 4);
  return frame;
}

test("a codec that loses or changes a trace is found", () => {
  expect(codecProblems(CODEC, SEED)).toEqual([]);
  const without = ({ traceparent: _, ...frame }: RequestFrame) => CODEC.throughRequest(frame);
  expect(codecProblems({ ...CODEC, throughRequest: without }, SEED)).not.toEqual([]);
  const other = (frame: RequestFrame) => ({
    ...CODEC.throughOneWay(frame),
    traceparent: `00-${"0".repeat(32)}-${"1".repeat(16)}-00`,
  });
  expect(codecProblems({ ...CODEC, throughOneWay: other }, SEED)).not.toEqual([]);
  const stateless = (frame: RequestFrame) => {
    const { traceparent } = CODEC.throughRequest(frame);
    return traceparent === undefined ? {} : { traceparent };
  };
  expect(codecProblems({ ...CODEC, throughRequest: stateless }, SEED)).not.toEqual([]);
});

const span = (name: string, spanId: string, parentSpanId: string | undefined, node: string, traceId = "t") => ({
  ...{ traceId, spanId, parentSpanId, name, kind: 2, startMs: 0, endMs: 1, attributes: {}, events: [] },
  ...{ statusCode: 0, statusMessage: "", resource: { "mesh.node.id": node } },
});
const client = span("mesh.message.sent", "1", undefined, "a");
const server = span("mesh.message.received", "2", "1", "b");

test("a trace that is broken is found", () => {
  expect(traceProblems([client, server], "t")).toEqual([]);
  expect(traceProblems([client], "t")).toHaveLength(1);
  expect(traceProblems([server], "t")).toHaveLength(1);
  expect(traceProblems([client, { ...server, traceId: "other" }], "t")).toHaveLength(1);
  expect(traceProblems([client, { ...server, parentSpanId: "9" }], "t")).toHaveLength(1);
  expect(traceProblems([client, { ...server, resource: client.resource }], "t")).toHaveLength(1);
  expect(traceProblems([client, server, { ...server, spanId: "3" }], "t")).toHaveLength(1);
});
