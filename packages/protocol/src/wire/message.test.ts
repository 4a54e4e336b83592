import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import {
  decodeOneWay,
  decodeReply,
  decodeRequestOrCancel,
  encodeCancel,
  encodeOneWay,
  encodeReply,
  encodeRequest,
  MAX_BODY_BYTES,
  MAX_MESSAGE_FRAME_BYTES,
  MESSAGE_LIMITS,
  type OneWayFrame,
  OUTCOME_ERRORS,
  type ReplyFrame,
  type ReplyOutcomeKind,
  type RequestFrame,
} from "./message.js";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const requestId = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const body = fc.uint8Array({ maxLength: 500 });
const operation = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const context = fc.oneof(
  fc.constant({}),
  fc.constant({ traceparent: TRACEPARENT }),
  fc.stringMatching(/^[ -~]{1,512}$/).map((tracestate) => ({ traceparent: TRACEPARENT, tracestate })),
);
const anyRequest: fc.Arbitrary<RequestFrame> = fc
  .tuple(fc.record({ requestId, operation, deadlineMs: fc.nat(0x7fff_ffff), body }), context)
  .map(([frame, trace]) => ({ ...frame, ...trace }));
const anyOneWay: fc.Arbitrary<OneWayFrame> = fc
  .tuple(fc.record({ operation, body }), context)
  .map(([frame, trace]) => ({ ...frame, ...trace }));
const outcomes = Object.keys(OUTCOME_ERRORS) as ReplyOutcomeKind[];
const anyReply: fc.Arbitrary<ReplyFrame> = fc.record(
  {
    requestId,
    outcome: fc.constantFrom(...outcomes),
    message: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    body,
  },
  { requiredKeys: ["requestId", "outcome", "body"] },
);

const wellFormed = (text: string) => Buffer.from(text).toString() === text;

test("requests, replies, cancellations and messages survive the wire", () => {
  fc.assert(
    fc.property(anyRequest, anyReply, anyOneWay, requestId, (request, reply, oneWay, cancelled) => {
      expect(decodeRequestOrCancel(encodeRequest(request))).toEqual({ kind: "request", request });
      expect(decodeReply(encodeReply(reply))).toEqual(reply);
      expect(decodeOneWay(encodeOneWay(oneWay))).toEqual(oneWay);
      expect(decodeRequestOrCancel(encodeCancel(cancelled))).toEqual({ kind: "cancel", requestId: cancelled });
    }),
  );
});

test("a traced request of 200 bytes costs less than 100 bytes of header", () => {
  const frame = encodeRequest({
    requestId: 70_000,
    operation: "produce",
    traceparent: TRACEPARENT,
    deadlineMs: 5_000,
    body: new Uint8Array(200),
  });
  expect(frame.length).toBeLessThan(300);
});

test("a body is carried up to 1 MiB and refused above, in both directions", () => {
  const largest = encodeRequest({
    requestId: 1,
    operation: "put",
    deadlineMs: 1,
    body: new Uint8Array(MAX_BODY_BYTES),
  });
  expect(largest.length).toBeLessThanOrEqual(MAX_MESSAGE_FRAME_BYTES);
  const read = decodeRequestOrCancel(largest);
  expect(read.kind === "request" && read.request.body.length).toBe(MAX_BODY_BYTES);
  const tooLarge = new Uint8Array(MAX_BODY_BYTES + 1);
  const code = expect.objectContaining({ code: "MESH_E_BODY_TOO_LARGE" });
  expect(() => encodeRequest({ requestId: 1, operation: "put", deadlineMs: 1, body: tooLarge })).toThrow(code);
  expect(() => encodeReply({ requestId: 1, outcome: "ok", body: tooLarge })).toThrow(code);
  expect(() => encodeOneWay({ operation: "put", body: tooLarge })).toThrow(code);
  expect(() => decodeReply(new Uint8Array(MAX_MESSAGE_FRAME_BYTES + 1))).toThrow(DecodeError);
});

test("a bad operation is the caller's error here and a DecodeError there", () => {
  const encode = () => encodeOneWay({ operation: "No Good", body: new Uint8Array(0) });
  expect(encode).toThrow(expect.objectContaining({ code: "MESH_E_BAD_OPERATION" }));
  const bytes = encodeOneWay({ operation: "fine", body: new Uint8Array(0) });
  bytes[bytes.length - 1] = 0x21;
  expect(() => decodeOneWay(bytes)).toThrow("no operation name");
});

test("a frame of one kind is no frame of another", () => {
  const request = encodeRequest({ requestId: 1, operation: "a", deadlineMs: 1, body: new Uint8Array(0) });
  expect(() => decodeReply(request)).toThrow(DecodeError);
  expect(() => decodeOneWay(request)).toThrow(DecodeError);
  expect(() => decodeRequestOrCancel(encodeReply({ requestId: 1, outcome: "ok" }))).toThrow(DecodeError);
  expect(() => decodeRequestOrCancel(Uint8Array.of(1))).toThrow("request_id is missing");
  expect(() => decodeRequestOrCancel(encodeCancel(5).slice(0, 2))).toThrow(DecodeError);
});

test("an outcome of a later version is no success", () => {
  const bytes = encodeReply({ requestId: 1, outcome: "cancelled" });
  bytes[bytes.length - 1] = 99;
  expect(decodeReply(bytes).outcome).toBe("refused");
});

test("what surrounds a message is cut or dropped rather than refused by the peer", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 3_000 }), (message) => {
      const read = decodeReply(encodeReply({ requestId: 1, outcome: "refused", message })).message ?? "";
      expect(wellFormed(read)).toBe(true);
      if (wellFormed(message) && message.length < 600) expect(read).toBe(message);
    }),
  );
  const long = decodeReply(encodeReply({ requestId: 1, outcome: "refused", message: "€".repeat(5_000) })).message!;
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(MESSAGE_LIMITS.messageBytes);
  expect(long.endsWith("€…")).toBe(true);
  const traced = (tracestate: string) =>
    decodeOneWay(encodeOneWay({ operation: "a", body: new Uint8Array(0), traceparent: TRACEPARENT, tracestate }));
  expect(traced("v=1").tracestate).toBe("v=1");
  expect(traced("v".repeat(513)).tracestate).toBeUndefined();
  expect(traced("v=é").tracestate).toBeUndefined();
});

test("whatever the bytes are, the decoders return a frame or throw DecodeError", () => {
  const valid = [
    encodeRequest({ requestId: 7, operation: "a", traceparent: TRACEPARENT, deadlineMs: 9, body: new Uint8Array(9) }),
    encodeReply({ requestId: 7, outcome: "refused", message: "no", body: new Uint8Array(9) }),
  ];
  const damaged = fc
    .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat(255))
    .map(([bytes, at, value]) => bytes.with(at % bytes.length, value));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), (input) => {
      for (const decode of [decodeRequestOrCancel, decodeReply, decodeOneWay]) {
        try {
          decode(input);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }
    }),
    { numRuns: 3_000 },
  );
});
