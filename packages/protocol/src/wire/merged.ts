/**
 * Merged digest: the news that two parts of a mesh have found each other again, as it is broadcast (kind 0x02, wire/broadcast.ts);
 * docs/protocol/merged.proto. It names the contact (who dialled, who was found) and, as a bitmap over the ids' first ten bits, who
 * was held for dead on either side: those of them who live publish once more. 128 bytes say it for any size of mesh; a bit
 * shared by chance costs one more publication.
 *
 * Signed by the issuer: `"meshwork/merged/1" 0x00`, then the encoded fields but the signature, as they are on the wire.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DecodeError } from "../errors.js";
import { nodeIdFromBytes, nodeIdToBytes } from "../ids.js";
import { isMeshName } from "../names.js";
import { bytesTag, decodeProto, type ProtoReader, required, varintTag, writeUint53 } from "./protobuf.js";

/** Leading byte of a merged digest among broadcasts. As a protobuf tag it would be field 0. */
export const MERGED_LEAD = 0x02;
export const MAX_MERGED_BYTES = 512;
export const BURIED_BYTES = 128;

export interface MergedDigest {
  readonly mesh: string;
  /** Who dialled. */
  readonly issuer: string;
  /** Who was found. */
  readonly contact: string;
  /** The issuer's own counter, so that no two digests are the same bytes. */
  readonly nonce: number;
  /** 1,024 bits: `buriedBit` of each id held for dead. */
  readonly buried: Uint8Array;
}

export interface SignedMerged extends MergedDigest {
  /** The signed bytes. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What is broadcast. */
  readonly bytes: Uint8Array;
}

const DOMAIN = Uint8Array.from("meshwork/merged/1\0", (character) => character.charCodeAt(0));
const TAG = { payload: bytesTag(1), signature: bytesTag(2) } as const;
const FIELD = {
  mesh: bytesTag(1),
  issuer: bytesTag(2),
  contact: bytesTag(3),
  nonce: varintTag(4),
  buried: bytesTag(5),
} as const;

/** The bit of an id: its first ten bits. */
export function buriedBit(id: string): number {
  return Number.parseInt(id.slice(0, 3), 16) >> 2;
}

export function buriedBitmap(ids: Iterable<string>): Uint8Array {
  const bitmap = new Uint8Array(BURIED_BYTES);
  for (const id of ids) bitmap[buriedBit(id) >> 3]! |= 1 << (buriedBit(id) & 7);
  return bitmap;
}

export function isBuriedIn(bitmap: Uint8Array, id: string): boolean {
  return ((bitmap[buriedBit(id) >> 3] ?? 0) & (1 << (buriedBit(id) & 7))) !== 0;
}

function signatureInput(payload: Uint8Array): Uint8Array {
  const input = new Uint8Array(DOMAIN.length + payload.length);
  input.set(DOMAIN);
  input.set(payload, DOMAIN.length);
  return input;
}

/** Encodes and signs; the key of `sign` is the issuer's. */
export function signMerged(merged: MergedDigest, sign: (message: Uint8Array) => Uint8Array): SignedMerged {
  const inner = new BinaryWriter();
  inner.uint32(FIELD.mesh).string(merged.mesh);
  inner.uint32(FIELD.issuer).bytes(nodeIdToBytes(merged.issuer));
  inner.uint32(FIELD.contact).bytes(nodeIdToBytes(merged.contact));
  writeUint53(inner.uint32(FIELD.nonce), merged.nonce);
  inner.uint32(FIELD.buried).bytes(merged.buried);
  const payload = inner.finish();
  const signature = Uint8Array.from(sign(signatureInput(payload)));
  const writer = new BinaryWriter().raw(Uint8Array.of(MERGED_LEAD));
  const bytes = writer.uint32(TAG.payload).bytes(payload).uint32(TAG.signature).bytes(signature).finish();
  return { ...merged, payload, signature, bytes };
}

/** Reads a merged digest with its leading byte; throws nothing but `DecodeError`. The result owns its bytes. */
export function decodeMerged(content: Uint8Array): SignedMerged {
  if (content[0] !== MERGED_LEAD) throw new DecodeError("not a merged digest", 0);
  if (content.length > MAX_MERGED_BYTES) throw new DecodeError(`a merged digest of ${content.length} bytes`);
  const bytes = content.slice();
  const outer = decodeProto(bytes.subarray(1), MAX_MERGED_BYTES, "merged digest", (reader) => {
    let payload: Uint8Array | undefined;
    let signature: Uint8Array | undefined;
    while (!reader.done) {
      const tag = reader.checkedUint32();
      if (tag === TAG.payload) payload = reader.limitedBytes(MAX_MERGED_BYTES, "payload");
      else if (tag === TAG.signature) signature = reader.exactBytes(64, "signature");
      else reader.skipField(tag);
    }
    return { payload: required(payload, "payload"), signature: required(signature, "signature") };
  });
  return { ...decodeProto(outer.payload, MAX_MERGED_BYTES, "merged digest", readDigest), ...outer, bytes };
}

function readDigest(reader: ProtoReader): MergedDigest {
  const draft: { -readonly [Key in keyof MergedDigest]?: MergedDigest[Key] } = {};
  while (!reader.done) {
    const tag = reader.checkedUint32();
    if (tag === FIELD.mesh) draft.mesh = reader.text(63, "mesh");
    else if (tag === FIELD.issuer) draft.issuer = nodeIdFromBytes(reader.exactBytes(32, "issuer"));
    else if (tag === FIELD.contact) draft.contact = nodeIdFromBytes(reader.exactBytes(32, "contact"));
    else if (tag === FIELD.nonce) draft.nonce = reader.uint53();
    else if (tag === FIELD.buried) draft.buried = reader.exactBytes(BURIED_BYTES, "buried");
    else reader.skipField(tag);
  }
  const mesh = required(draft.mesh, "mesh");
  if (!isMeshName(mesh)) throw new DecodeError("mesh is no mesh name");
  return {
    mesh,
    issuer: required(draft.issuer, "issuer"),
    contact: required(draft.contact, "contact"),
    nonce: required(draft.nonce, "nonce"),
    buried: required(draft.buried, "buried"),
  };
}

/** True where the signature is the issuer's. */
export function verifyMerged(
  merged: SignedMerged,
  verify: (id: string, message: Uint8Array, signature: Uint8Array) => boolean,
): boolean {
  return verify(merged.issuer, signatureInput(merged.payload), merged.signature);
}
