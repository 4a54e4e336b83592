/**
 * Frames of the request streams (tag 0x10) and of the one-way streams (tag 0x11).
 *
 * One frame is one complete request, reply, cancellation or message, so that a long-lived stream can be shared: replies carry
 * the request's id and come in any order. The first byte is a kind, then protobuf fields (docs/protocol/messages.proto), the
 * body last. Encoding copies a body once, decoding not at all: a decoded body is a view on the frame.
 *
 * Deadlines are relative (milliseconds left when the frame was made): clocks of two machines are never compared.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DecodeError, MeshError, type MeshErrorCode } from "../errors.js";
import { isOperationName } from "../names.js";
import { bytesTag, decodeProto, PRINTABLE, type ProtoReader, required, varintTag, writeUint53 } from "./protobuf.js";

/** Largest body of a request, reply or message: 1 MiB. Above it, an application stream is the way. */
export const MAX_BODY_BYTES = 1_048_576;
/** Largest frame that carries one: body and header. What a stream's reader is limited to. */
export const MAX_MESSAGE_FRAME_BYTES = MAX_BODY_BYTES + 8_192;

export const MESSAGE_LIMITS = {
  /** W3C Trace Context §3.2: 55 characters in version 00; later versions may append. */
  traceparentBytes: 128,
  /** W3C Trace Context §3.3.1.5: at least 512 characters are to be carried. */
  tracestateBytes: 512,
  /** An error's text: longer ones are cut when written. */
  messageBytes: 2_048,
} as const;

/** How a request ended, as the answering side says. */
export type ReplyOutcomeKind =
  | "ok"
  | "no_such_operation"
  | "timeout"
  | "overloaded"
  | "refused"
  | "handler_failed"
  | "cancelled";

const OUTCOMES = [
  "ok",
  "no_such_operation",
  "timeout",
  "overloaded",
  "refused",
  "handler_failed",
  "cancelled",
] as const satisfies readonly ReplyOutcomeKind[];

/** What an outcome means to the caller; `undefined` for `ok`. */
export const OUTCOME_ERRORS = {
  ok: undefined,
  no_such_operation: "MESH_E_NO_SUCH_OPERATION",
  timeout: "MESH_E_TIMEOUT",
  overloaded: "MESH_E_OVERLOADED",
  refused: "MESH_E_REFUSED",
  handler_failed: "MESH_E_HANDLER_FAILED",
  cancelled: "MESH_E_CANCELLED",
} as const satisfies Record<ReplyOutcomeKind, MeshErrorCode | undefined>;

export interface RequestFrame {
  /** 1 to 2^53 - 1, unique on its stream while the request runs. */
  readonly requestId: number;
  readonly operation: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Milliseconds left when the frame was made. */
  readonly deadlineMs: number;
  readonly body: Uint8Array;
}

export interface ReplyFrame {
  readonly requestId: number;
  readonly outcome: ReplyOutcomeKind;
  readonly message?: string;
  readonly body: Uint8Array;
}

export interface OneWayFrame {
  readonly operation: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly body: Uint8Array;
}

/** What arrives at the answering end of a request stream. */
export type IncomingRequestFrame =
  | { readonly kind: "request"; readonly request: RequestFrame }
  | { readonly kind: "cancel"; readonly requestId: number };

const KIND = { request: 1, reply: 2, cancel: 3, oneWay: 4 } as const;
const TAG = {
  requestId: varintTag(1),
  operation: bytesTag(2),
  deadlineMs: varintTag(3),
  traceparent: bytesTag(4),
  tracestate: bytesTag(5),
  outcome: varintTag(6),
  message: bytesTag(7),
  body: bytesTag(15),
} as const;
const EMPTY = new Uint8Array(0);

/** Throws MESH_E_BAD_OPERATION or MESH_E_BODY_TOO_LARGE. */
export function encodeRequest(frame: RequestFrame): Uint8Array {
  const writer = startFrame(KIND.request, frame.requestId);
  writeCall(writer, frame);
  writer.uint32(TAG.deadlineMs).uint32(Math.min(0xffff_ffff, Math.max(0, Math.ceil(frame.deadlineMs))));
  return finishFrame(writer, frame.body);
}

/** `message` is cut to 2,048 bytes. Throws MESH_E_BODY_TOO_LARGE. */
export function encodeReply(frame: Omit<ReplyFrame, "body"> & { readonly body?: Uint8Array }): Uint8Array {
  const writer = startFrame(KIND.reply, frame.requestId);
  if (frame.outcome !== "ok") writer.uint32(TAG.outcome).uint32(OUTCOMES.indexOf(frame.outcome));
  if (frame.message !== undefined && frame.message !== "") {
    // A UTF-16 unit takes at most three bytes, so this many always fit; a pair is never cut in half.
    const fits = Math.floor(MESSAGE_LIMITS.messageBytes / 3);
    const message = frame.message.length > fits ? `${frame.message.slice(0, fits - 3)}…` : frame.message;
    writer.uint32(TAG.message).string(wellFormed(message));
  }
  return finishFrame(writer, frame.body ?? EMPTY);
}

/** Tells the answering side that nobody waits any more. It answers `cancelled` or not at all. */
export function encodeCancel(requestId: number): Uint8Array {
  return startFrame(KIND.cancel, requestId).finish();
}

/** Throws MESH_E_BAD_OPERATION or MESH_E_BODY_TOO_LARGE. */
export function encodeOneWay(frame: OneWayFrame): Uint8Array {
  const writer = new BinaryWriter().uint32(KIND.oneWay);
  writeCall(writer, frame);
  return finishFrame(writer, frame.body);
}

export function decodeRequestOrCancel(bytes: Uint8Array): IncomingRequestFrame {
  return decodeFrame(bytes, (fields, kind) => {
    const requestId = requestIdOf(fields);
    if (kind === KIND.cancel) return { kind: "cancel", requestId };
    if (kind !== KIND.request) throw new DecodeError(`frame kind ${kind} instead of request or cancel`, 0);
    return {
      kind: "request",
      request: { requestId, deadlineMs: required(fields.deadlineMs, "deadline_ms"), ...callOf(fields) },
    };
  });
}

export function decodeReply(bytes: Uint8Array): ReplyFrame {
  return decodeFrame(bytes, (fields, kind) => {
    if (kind !== KIND.reply) throw new DecodeError(`frame kind ${kind} instead of reply`, 0);
    const { outcome, message, body } = fields;
    const requestId = requestIdOf(fields);
    return message === undefined ? { requestId, outcome, body } : { requestId, outcome, message, body };
  });
}

export function decodeOneWay(bytes: Uint8Array): OneWayFrame {
  return decodeFrame(bytes, (fields, kind) => {
    if (kind !== KIND.oneWay) throw new DecodeError(`frame kind ${kind} instead of one-way`, 0);
    return callOf(fields);
  });
}

interface Fields {
  requestId: number;
  operation: string | undefined;
  deadlineMs: number | undefined;
  traceparent: string | undefined;
  tracestate: string | undefined;
  outcome: ReplyOutcomeKind;
  message: string | undefined;
  body: Uint8Array;
}

function decodeFrame<T>(bytes: Uint8Array, finish: (fields: Fields, kind: number) => T): T {
  return decodeProto(bytes, MAX_MESSAGE_FRAME_BYTES, "message frame", (reader) => {
    const kind = reader.checkedUint32();
    return finish(readFields(reader), kind);
  });
}

function readFields(reader: ProtoReader): Fields {
  const fields: Fields = {
    requestId: 0,
    operation: undefined,
    deadlineMs: undefined,
    traceparent: undefined,
    tracestate: undefined,
    outcome: "ok",
    message: undefined,
    body: EMPTY,
  };
  while (!reader.done) {
    const tag = reader.checkedUint32();
    switch (tag) {
      case TAG.requestId:
        fields.requestId = reader.uint53();
        break;
      case TAG.operation:
        fields.operation = reader.text(64, "operation");
        break;
      case TAG.deadlineMs:
        fields.deadlineMs = reader.checkedUint32();
        break;
      case TAG.traceparent:
        fields.traceparent = reader.text(MESSAGE_LIMITS.traceparentBytes, "traceparent");
        break;
      case TAG.tracestate:
        fields.tracestate = reader.text(MESSAGE_LIMITS.tracestateBytes, "tracestate");
        break;
      case TAG.outcome:
        // An outcome of a later version is at least no success.
        fields.outcome = OUTCOMES[reader.uint53()] ?? "refused";
        break;
      case TAG.message:
        fields.message = reader.text(MESSAGE_LIMITS.messageBytes, "message");
        break;
      case TAG.body:
        fields.body = reader.limitedBytes(MAX_BODY_BYTES, "body");
        break;
      default:
        reader.skipField(tag);
    }
  }
  return fields;
}

function requestIdOf(fields: Fields): number {
  if (fields.requestId === 0) throw new DecodeError("request_id is missing");
  return fields.requestId;
}

function callOf(fields: Fields): OneWayFrame {
  const operation = required(fields.operation, "operation");
  if (!isOperationName(operation)) throw new DecodeError("operation is no operation name");
  return {
    operation,
    body: fields.body,
    ...(fields.traceparent === undefined ? {} : { traceparent: fields.traceparent }),
    ...(fields.tracestate === undefined ? {} : { tracestate: fields.tracestate }),
  };
}

function startFrame(kind: number, requestId: number): BinaryWriter {
  return writeUint53(new BinaryWriter().uint32(kind).uint32(TAG.requestId), requestId);
}

function writeCall(writer: BinaryWriter, call: OneWayFrame): void {
  if (!isOperationName(call.operation)) throw new MeshError("MESH_E_BAD_OPERATION", JSON.stringify(call.operation));
  writer.uint32(TAG.operation).string(call.operation);
  const { traceparent, tracestate } = call;
  if (traceparent === undefined || !carriable(traceparent, MESSAGE_LIMITS.traceparentBytes)) return;
  writer.uint32(TAG.traceparent).string(traceparent);
  if (tracestate === undefined || !carriable(tracestate, MESSAGE_LIMITS.tracestateBytes)) return;
  writer.uint32(TAG.tracestate).string(tracestate);
}

/** A context that is too long or not ASCII is dropped (W3C Trace Context §3.3.1.5): the message is worth more than its trace. */
function carriable(context: string, maxBytes: number): boolean {
  return context !== "" && context.length <= maxBytes && PRINTABLE.test(context);
}

/** Header and body in one allocation of the exact size. */
function finishFrame(writer: BinaryWriter, body: Uint8Array): Uint8Array {
  if (body.length > MAX_BODY_BYTES) {
    throw new MeshError("MESH_E_BODY_TOO_LARGE", `${body.length} bytes, at most ${MAX_BODY_BYTES}`);
  }
  if (body.length === 0) return writer.finish();
  const header = writer.uint32(TAG.body).uint32(body.length).finish();
  const frame = new Uint8Array(header.length + body.length);
  frame.set(header);
  frame.set(body, header.length);
  return frame;
}

/** A cut may leave half a surrogate pair, which UTF-8 cannot carry. */
function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");
}
