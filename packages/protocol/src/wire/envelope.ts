/**
 * The signed envelope of a node record: `payload` (the encoded record) and the Ed25519 signature of its own id over
 * `"meshwork/node-record/1" 0x00 payload`. The prefix keeps a signature from meaning anything in another protocol.
 *
 * Signing and verifying are handed in. Decoding does not verify: the shell does, in slices, and only for records that the
 * directory would take (`Directory.wants`): a verification costs 67 µs, a decode 3 µs.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { MeshError } from "../errors.js";
import type { NodeRecord, SignedRecord } from "../membership/types.js";
import { bytesTag, decodeProto, required } from "./protobuf.js";
import { decodeRecord, encodeRecord, RECORD_LIMITS } from "./record.js";

/** An envelope is below this as a rule: it then fits one datagram-sized packet with the gossip's own framing. */
export const NORMAL_ENVELOPE_BYTES = 600;
/** And below this always: the original's gossip frames end at 4,096 bytes. */
export const MAX_ENVELOPE_BYTES = 4_000;
export const SIGNATURE_BYTES = 64;

const DOMAIN = Uint8Array.from("meshwork/node-record/1\0", (character) => character.charCodeAt(0));
const TAG = { payload: bytesTag(1), signature: bytesTag(2) } as const;

/** What is signed and verified for a payload. */
export function recordSignatureInput(payload: Uint8Array): Uint8Array {
  const input = new Uint8Array(DOMAIN.length + payload.length);
  input.set(DOMAIN);
  input.set(payload, DOMAIN.length);
  return input;
}

/**
 * Encodes and signs. `sign` gets `recordSignatureInput(payload)` and returns 64 bytes; its key must be the record's id.
 * Throws MESH_E_RECORD_TOO_LARGE above `MAX_ENVELOPE_BYTES` or a field's limit.
 */
export function signRecord(record: NodeRecord, sign: (message: Uint8Array) => Uint8Array): SignedRecord {
  const payload = encodeRecord(record);
  const signature = Uint8Array.from(sign(recordSignatureInput(payload)));
  if (signature.length !== SIGNATURE_BYTES) throw new RangeError(`a signature of ${signature.length} bytes`);
  const bytes = new BinaryWriter().uint32(TAG.payload).bytes(payload).uint32(TAG.signature).bytes(signature).finish();
  if (bytes.length > MAX_ENVELOPE_BYTES) {
    throw new MeshError("MESH_E_RECORD_TOO_LARGE", `${bytes.length} bytes, at most ${MAX_ENVELOPE_BYTES}`);
  }
  return { record, payload, signature, bytes };
}

/**
 * Reads an envelope and the record in it; throws nothing but `DecodeError`. The result owns its bytes: a view would keep the
 * whole network buffer alive for as long as the record stays in the directory.
 */
export function decodeEnvelope(bytes: Uint8Array): SignedRecord {
  const owned = bytes.length <= MAX_ENVELOPE_BYTES ? bytes.slice() : bytes;
  return decodeProto(owned, MAX_ENVELOPE_BYTES, "envelope", (reader) => {
    let payload: Uint8Array | undefined;
    let signature: Uint8Array | undefined;
    while (!reader.done) {
      const tag = reader.checkedUint32();
      if (tag === TAG.payload) payload = reader.limitedBytes(RECORD_LIMITS.payloadBytes, "payload");
      else if (tag === TAG.signature) signature = reader.exactBytes(SIGNATURE_BYTES, "signature");
      else reader.skipField(tag);
    }
    const signedPayload = required(payload, "payload");
    return {
      record: decodeRecord(signedPayload),
      payload: signedPayload,
      signature: required(signature, "signature"),
      bytes: owned,
    };
  });
}

/** True where the signature is that of the record's own id. `verify(id, message, signature)` is handed in. */
export function verifyEnvelope(
  signed: SignedRecord,
  verify: (id: string, message: Uint8Array, signature: Uint8Array) => boolean,
): boolean {
  return verify(signed.record.id, recordSignatureInput(signed.payload), signed.signature);
}
