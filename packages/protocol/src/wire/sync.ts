/**
 * Frames of directory sync (stream tag 0x03), protobuf behind one byte of kind; docs/protocol/sync.proto. The rules of who sends
 * what when are in membership/sync.ts. Every frame is at most 64 KiB; digests, ids and envelopes are checked for their size here.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DecodeError } from "../errors.js";
import { nodeIdFromBytes, nodeIdToBytes } from "../ids.js";
import { DIGEST_BYTES, type DigestBits } from "../membership/directory-digest.js";
import type { RecordVersion } from "../membership/version-order.js";
import { isMeshName } from "../names.js";
import { MAX_ENVELOPE_BYTES } from "./envelope.js";
import { bytesTag, decodeProto, ProtoReader, printable, required, varintTag, writeUint53 } from "./protobuf.js";

export const MAX_SYNC_FRAME_BYTES = 65_536;
/** Entries per frame, so that no frame passes 64 KiB: 32 B of id and up to 18 B of numbers, or 34 B for a bare id. */
export const MAX_IDS_PER_FRAME = 1_024;

export interface SyncVersion extends RecordVersion {
  readonly id: string;
}

export interface SyncItem {
  readonly envelope: Uint8Array;
  /** Since the sender received it, by the sender's clock. */
  readonly ageMs: number;
}

export type SyncFrame =
  /** Opens: how many live members, and one digest of them all. */
  | { readonly kind: "root"; readonly mesh: string; readonly live: number; readonly digest: Uint8Array }
  /** Both are the same; the end. */
  | { readonly kind: "equal" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "buckets"; readonly live: number; readonly bits: DigestBits; readonly digests: Uint8Array }
  /** What the sender holds in the buckets that differ. `last`: no more frames of this kind follow. */
  | {
      readonly kind: "ids";
      readonly bits: DigestBits;
      readonly buckets: readonly number[];
      readonly versions: readonly SyncVersion[];
      readonly last: boolean;
    }
  | { readonly kind: "records"; readonly items: readonly SyncItem[]; readonly last: boolean }
  | { readonly kind: "want"; readonly ids: readonly string[]; readonly last: boolean };

const KIND = { root: 1, equal: 2, refused: 3, buckets: 4, ids: 5, records: 6, want: 7 } as const;
const TAG = {
  mesh: bytesTag(1),
  live: varintTag(2),
  digests: bytesTag(3),
  bits: varintTag(4),
  buckets: bytesTag(5),
  version: bytesTag(6),
  item: bytesTag(7),
  id: bytesTag(8),
  last: varintTag(9),
  reason: bytesTag(10),
} as const;
const ENTRY = { id: bytesTag(1), generation: varintTag(2), sequence: varintTag(3) } as const;
const ITEM = { envelope: bytesTag(1), ageMs: varintTag(2) } as const;

export function encodeSyncFrame(frame: SyncFrame): Uint8Array {
  const writer = new BinaryWriter().uint32(KIND[frame.kind]);
  switch (frame.kind) {
    case "root":
      writer.uint32(TAG.mesh).string(frame.mesh);
      writeUint53(writer.uint32(TAG.live), frame.live);
      writer.uint32(TAG.digests).bytes(frame.digest);
      break;
    case "equal":
      break;
    case "refused":
      writer.uint32(TAG.reason).string(frame.reason.slice(0, 128));
      break;
    case "buckets":
      writeUint53(writer.uint32(TAG.live), frame.live);
      writer.uint32(TAG.bits).uint32(frame.bits);
      writer.uint32(TAG.digests).bytes(frame.digests);
      break;
    case "ids":
      writer.uint32(TAG.bits).uint32(frame.bits);
      writer.uint32(TAG.buckets).bytes(Uint8Array.from(frame.buckets));
      for (const version of frame.versions) {
        writer.uint32(TAG.version).fork().uint32(ENTRY.id).bytes(nodeIdToBytes(version.id));
        writeUint53(writer.uint32(ENTRY.generation), version.generation);
        writeUint53(writer.uint32(ENTRY.sequence), version.sequence).join();
      }
      writer.uint32(TAG.last).bool(frame.last);
      break;
    case "records":
      for (const { envelope, ageMs } of frame.items) {
        writer.uint32(TAG.item).fork().uint32(ITEM.envelope).bytes(envelope);
        writeUint53(writer.uint32(ITEM.ageMs), Math.max(0, Math.ceil(ageMs))).join();
      }
      writer.uint32(TAG.last).bool(frame.last);
      break;
    case "want":
      for (const id of frame.ids) writer.uint32(TAG.id).bytes(nodeIdToBytes(id));
      writer.uint32(TAG.last).bool(frame.last);
      break;
    default:
      frame satisfies never;
  }
  return writer.finish();
}

/** Reads a frame; throws nothing but `DecodeError`. Envelopes are views on the frame and are not looked into. */
export function decodeSyncFrame(bytes: Uint8Array): SyncFrame {
  return decodeProto(bytes, MAX_SYNC_FRAME_BYTES, "sync frame", (reader) => {
    const kind = reader.checkedUint32();
    return frameOf(kind, readFields(reader));
  });
}

interface Fields {
  mesh: string | undefined;
  live: number | undefined;
  digests: Uint8Array | undefined;
  bits: number | undefined;
  buckets: Uint8Array | undefined;
  readonly versions: SyncVersion[];
  readonly items: SyncItem[];
  readonly ids: string[];
  last: boolean;
  reason: string;
}

function frameOf(kind: number, fields: Fields): SyncFrame {
  switch (kind) {
    case KIND.root: {
      const mesh = required(fields.mesh, "mesh");
      if (!isMeshName(mesh)) throw new DecodeError("mesh is no mesh name");
      return { kind: "root", mesh, live: required(fields.live, "live"), digest: digestsOf(fields, 0) };
    }
    case KIND.equal:
      return { kind: "equal" };
    case KIND.refused:
      return { kind: "refused", reason: fields.reason };
    case KIND.buckets: {
      const bits = bitsOf(fields);
      return { kind: "buckets", live: required(fields.live, "live"), bits, digests: digestsOf(fields, bits) };
    }
    case KIND.ids: {
      const bits = bitsOf(fields);
      const buckets = Array.from(required(fields.buckets, "buckets"));
      if (buckets.some((bucket) => bucket >= 1 << bits)) throw new DecodeError("a bucket is out of range");
      return { kind: "ids", bits, buckets, versions: fields.versions, last: fields.last };
    }
    case KIND.records:
      return { kind: "records", items: fields.items, last: fields.last };
    case KIND.want:
      return { kind: "want", ids: fields.ids, last: fields.last };
    default:
      throw new DecodeError(`sync frame of kind ${kind}`, 0);
  }
}

function bitsOf({ bits }: Fields): DigestBits {
  if (bits !== 4 && bits !== 8) throw new DecodeError(`digests of ${bits ?? "no"} bits`);
  return bits;
}

function digestsOf({ digests }: Fields, bits: DigestBits): Uint8Array {
  const bytes = required(digests, "digests");
  if (bytes.length !== DIGEST_BYTES << bits) throw new DecodeError(`digests of ${bytes.length} bytes`);
  return bytes;
}

function readFields(reader: ProtoReader): Fields {
  const fields: Fields = {
    mesh: undefined,
    live: undefined,
    digests: undefined,
    bits: undefined,
    buckets: undefined,
    versions: [],
    items: [],
    ids: [],
    last: false,
    reason: "",
  };
  while (!reader.done) {
    const tag = reader.checkedUint32();
    if (tag === TAG.mesh) fields.mesh = reader.text(63, "mesh");
    else if (tag === TAG.live) fields.live = reader.uint53();
    else if (tag === TAG.digests) fields.digests = reader.limitedBytes(DIGEST_BYTES << 8, "digests");
    else if (tag === TAG.bits) fields.bits = reader.uint53();
    else if (tag === TAG.buckets) fields.buckets = reader.limitedBytes(256, "buckets");
    else if (tag === TAG.version) pushLimited(fields.versions, readVersion(reader.limitedBytes(128, "version")));
    else if (tag === TAG.item)
      pushLimited(fields.items, readItem(reader.limitedBytes(MAX_ENVELOPE_BYTES + 64, "item")));
    else if (tag === TAG.id) pushLimited(fields.ids, nodeIdFromBytes(reader.exactBytes(32, "id")));
    else if (tag === TAG.last) fields.last = reader.bool();
    else if (tag === TAG.reason) fields.reason = printable(reader.text(128, "reason"), "reason");
    else reader.skipField(tag);
  }
  return fields;
}

function pushLimited<T>(list: T[], item: T): void {
  if (list.length >= MAX_IDS_PER_FRAME) throw new DecodeError(`more than ${MAX_IDS_PER_FRAME} entries in a frame`);
  list.push(item);
}

function readVersion(bytes: Uint8Array): SyncVersion {
  const reader = new ProtoReader(bytes);
  let id: string | undefined;
  let generation: number | undefined;
  let sequence: number | undefined;
  while (!reader.done) {
    const tag = reader.checkedUint32();
    if (tag === ENTRY.id) id = nodeIdFromBytes(reader.exactBytes(32, "id"));
    else if (tag === ENTRY.generation) generation = reader.uint53();
    else if (tag === ENTRY.sequence) sequence = reader.uint53();
    else reader.skipField(tag);
  }
  return {
    id: required(id, "id"),
    generation: required(generation, "generation"),
    sequence: required(sequence, "sequence"),
  };
}

function readItem(bytes: Uint8Array): SyncItem {
  const reader = new ProtoReader(bytes);
  let envelope: Uint8Array | undefined;
  let ageMs: number | undefined;
  while (!reader.done) {
    const tag = reader.checkedUint32();
    if (tag === ITEM.envelope) envelope = reader.limitedBytes(MAX_ENVELOPE_BYTES, "envelope");
    else if (tag === ITEM.ageMs) ageMs = reader.uint53();
    else reader.skipField(tag);
  }
  return { envelope: required(envelope, "envelope"), ageMs: required(ageMs, "age_ms") };
}
