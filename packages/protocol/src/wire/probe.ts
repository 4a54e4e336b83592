/**
 * Frames of probe streams (tag 0x02) beside ping and pong: one question and one answer per stream, or one notice;
 * docs/protocol/probe.proto. As with the ping, the first byte repeats the tag and the second is the kind: 0 ping and 1 pong are the
 * transport's own, 2 asks a helper to try the target, 3 is its answer, 4 hands an obituary over directly: to the
 * accused, who refutes it, and to those who may be about to issue another.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DecodeError } from "../errors.js";
import { nodeIdFromBytes, nodeIdToBytes } from "../ids.js";
import { isMeshName } from "../names.js";
import { type Accusation, decodeObituary, MAX_OBITUARY_BYTES, type Obituary } from "./obituary.js";
import { bytesTag, decodeProto, type ProtoReader, required, varintTag, writeUint53 } from "./protobuf.js";

export const MAX_PROBE_FRAME_BYTES = 2 + MAX_OBITUARY_BYTES;
/** First byte of every frame and datagram of this tag. */
export const PROBE_LEAD = 0x02;

export type ProbeFrame =
  | {
      readonly kind: "indirect-request";
      /** Whom to try, and which of its versions the answer is about. */
      readonly accusation: Accusation;
      /** An answer later than this is of no use. */
      readonly budgetMs: number;
    }
  | { readonly kind: "indirect-reply"; readonly reply: IndirectReply }
  /** To be judged like one that was broadcast. */
  | { readonly kind: "obituary"; readonly obituary: Obituary };

export type IndirectReply =
  /** The helper has had a byte of the target this long ago. */
  | { readonly outcome: "reached"; readonly heardAgoMs: number }
  /** It has not, within the budget, and signs as witness for this version (its own, where that is newer). */
  | {
      readonly outcome: "unreached";
      readonly generation: number;
      readonly sequence: number;
      readonly signature: Uint8Array;
    }
  /** It cannot tell: it is itself unwell, does not know the target, or is asked too often. */
  | { readonly outcome: "declined" };

const KIND = { request: 2, reply: 3, obituary: 4 } as const;
const OUTCOME = { reached: 1, unreached: 2, declined: 3 } as const;
const REQUEST = {
  mesh: bytesTag(1),
  target: bytesTag(2),
  generation: varintTag(3),
  sequence: varintTag(4),
  budgetMs: varintTag(5),
} as const;
const REPLY = {
  outcome: varintTag(1),
  heardAgoMs: varintTag(2),
  generation: varintTag(3),
  sequence: varintTag(4),
  signature: bytesTag(5),
} as const;

export function encodeProbeFrame(frame: ProbeFrame): Uint8Array {
  const writer = new BinaryWriter();
  const begin = (kind: number) => writer.raw(Uint8Array.of(PROBE_LEAD, kind));
  switch (frame.kind) {
    case "indirect-request": {
      const { mesh, accused, generation, sequence } = frame.accusation;
      begin(KIND.request).uint32(REQUEST.mesh).string(mesh).uint32(REQUEST.target).bytes(nodeIdToBytes(accused));
      writeUint53(writer.uint32(REQUEST.generation), generation);
      writeUint53(writer.uint32(REQUEST.sequence), sequence);
      writeUint53(writer.uint32(REQUEST.budgetMs), Math.max(0, Math.round(frame.budgetMs)));
      break;
    }
    case "indirect-reply": {
      const { reply } = frame;
      begin(KIND.reply).uint32(REPLY.outcome).uint32(OUTCOME[reply.outcome]);
      if (reply.outcome === "reached") {
        writeUint53(writer.uint32(REPLY.heardAgoMs), Math.max(0, Math.ceil(reply.heardAgoMs)));
      } else if (reply.outcome === "unreached") {
        writeUint53(writer.uint32(REPLY.generation), reply.generation);
        writeUint53(writer.uint32(REPLY.sequence), reply.sequence);
        writer.uint32(REPLY.signature).bytes(reply.signature);
      }
      break;
    }
    case "obituary":
      begin(KIND.obituary).raw(frame.obituary.bytes);
      break;
    default:
      frame satisfies never;
  }
  return writer.finish();
}

/** Reads a frame of kind 2 and up; throws nothing but `DecodeError` (for ping and pong too: they are the transport's). */
export function decodeProbeFrame(bytes: Uint8Array): ProbeFrame {
  if (bytes.length > MAX_PROBE_FRAME_BYTES) throw new DecodeError(`a probe frame of ${bytes.length} bytes`);
  if (bytes[0] !== PROBE_LEAD) throw new DecodeError("not a probe frame", 0);
  const rest = bytes.subarray(2);
  switch (bytes[1]) {
    case KIND.request:
      return decodeProto(rest, MAX_PROBE_FRAME_BYTES, "indirect probe", readRequest);
    case KIND.reply:
      return decodeProto(rest, MAX_PROBE_FRAME_BYTES, "indirect answer", (reader) => {
        return { kind: "indirect-reply", reply: readReply(reader) };
      });
    case KIND.obituary:
      return { kind: "obituary", obituary: decodeObituary(rest) };
    default:
      throw new DecodeError(`probe frame of kind ${bytes[1] ?? "none"}`, 1);
  }
}

function readRequest(reader: ProtoReader): ProbeFrame {
  let mesh: string | undefined;
  let accused: string | undefined;
  let generation: number | undefined;
  let sequence: number | undefined;
  let budgetMs: number | undefined;
  while (!reader.done) {
    const tag = reader.checkedUint32();
    if (tag === REQUEST.mesh) mesh = reader.text(63, "mesh");
    else if (tag === REQUEST.target) accused = nodeIdFromBytes(reader.exactBytes(32, "target"));
    else if (tag === REQUEST.generation) generation = reader.uint53();
    else if (tag === REQUEST.sequence) sequence = reader.uint53();
    else if (tag === REQUEST.budgetMs) budgetMs = reader.uint53();
    else reader.skipField(tag);
  }
  const name = required(mesh, "mesh");
  if (!isMeshName(name)) throw new DecodeError("mesh is no mesh name");
  return {
    kind: "indirect-request",
    accusation: {
      mesh: name,
      accused: required(accused, "target"),
      generation: required(generation, "generation"),
      sequence: required(sequence, "sequence"),
    },
    budgetMs: required(budgetMs, "budget_ms"),
  };
}

function readReply(reader: ProtoReader): IndirectReply {
  let outcome: number | undefined;
  let heardAgoMs: number | undefined;
  let generation: number | undefined;
  let sequence: number | undefined;
  let signature: Uint8Array | undefined;
  while (!reader.done) {
    const tag = reader.checkedUint32();
    if (tag === REPLY.outcome) outcome = reader.uint53();
    else if (tag === REPLY.heardAgoMs) heardAgoMs = reader.uint53();
    else if (tag === REPLY.generation) generation = reader.uint53();
    else if (tag === REPLY.sequence) sequence = reader.uint53();
    else if (tag === REPLY.signature) signature = reader.exactBytes(64, "signature").slice();
    else reader.skipField(tag);
  }
  if (outcome === OUTCOME.reached) return { outcome: "reached", heardAgoMs: required(heardAgoMs, "heard_ago_ms") };
  if (outcome === OUTCOME.unreached) {
    return {
      outcome: "unreached",
      generation: required(generation, "generation"),
      sequence: required(sequence, "sequence"),
      signature: required(signature, "signature"),
    };
  }
  // Outcomes of a later version say nothing that could be acted on.
  required(outcome, "outcome");
  return { outcome: "declined" };
}
