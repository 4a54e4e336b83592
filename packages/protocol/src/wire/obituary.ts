/**
 * Obituary: the claim of two live members that a third is dead, as it is broadcast (kind 0x01, wire/broadcast.ts) and answered
 * with in a sync; docs/protocol/obituary.proto. It buries one version of the accused, (generation, sequence): the accused undoes
 * it by publishing a higher sequence.
 *
 * Signed, by the issuer and by the witness in roles of their own: `"meshwork/obituary/1" 0x00`, the role (1 issuer, 2 witness),
 * the mesh (length u8, ASCII), the id of the accused (32 bytes), generation and sequence (u64 BE). The mesh is part of it so that an
 * obituary means nothing elsewhere. Decoding verifies nothing; who may sign is judged in membership/obituary-rules.ts.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DecodeError } from "../errors.js";
import { hexInto, nodeIdFromBytes, nodeIdToBytes } from "../ids.js";
import type { RecordVersion } from "../membership/version-order.js";
import { isMeshName } from "../names.js";
import { bytesTag, decodeProto, required, varintTag, writeUint53 } from "./protobuf.js";

/** Leading byte of an obituary among broadcasts. As a protobuf tag it would be field 0, which no envelope can begin with. */
export const OBITUARY_LEAD = 0x01;
/** 318 bytes at the longest mesh name; the rest is for fields to come. */
export const MAX_OBITUARY_BYTES = 512;

/** Who is said to be dead, and which of its lives. */
export interface Accusation extends RecordVersion {
  readonly mesh: string;
  readonly accused: string;
}

export interface ObituarySigner {
  readonly id: string;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

export interface Obituary extends Accusation {
  readonly issuer: ObituarySigner;
  /** Who failed to reach the accused as well; absent where fewer than three live. */
  readonly witness?: ObituarySigner;
  /** What is broadcast: the leading byte and the encoded fields. */
  readonly bytes: Uint8Array;
}

export type ObituaryRole = "issuer" | "witness";

const DOMAIN = Uint8Array.from("meshwork/obituary/1\0", (character) => character.charCodeAt(0));
const ROLE = { issuer: 1, witness: 2 } as const;
const SIGNATURE_BYTES = 64;
const TAG = {
  mesh: bytesTag(1),
  accused: bytesTag(2),
  generation: varintTag(3),
  sequence: varintTag(4),
  issuer: bytesTag(5),
  issuerSignature: bytesTag(6),
  witness: bytesTag(7),
  witnessSignature: bytesTag(8),
} as const;

/** What a signer of this role signs. */
export function obituarySignatureInput(accusation: Accusation, role: ObituaryRole): Uint8Array {
  const { mesh } = accusation;
  const input = new Uint8Array(DOMAIN.length + 2 + mesh.length + 48);
  const view = new DataView(input.buffer);
  input.set(DOMAIN);
  let at = DOMAIN.length;
  input[at++] = ROLE[role];
  input[at++] = mesh.length;
  for (let i = 0; i < mesh.length; i++) input[at++] = mesh.charCodeAt(i);
  hexInto(accusation.accused, input.subarray(at, at + 32));
  view.setBigUint64(at + 32, BigInt(accusation.generation));
  view.setBigUint64(at + 40, BigInt(accusation.sequence));
  return input;
}

/** Signs as issuer. `sign` gets the message and returns 64 bytes; its key is `issuer`. */
export function signObituary(
  accusation: Accusation,
  issuer: string,
  sign: (message: Uint8Array) => Uint8Array,
  witness?: ObituarySigner,
): Obituary {
  const signature = Uint8Array.from(sign(obituarySignatureInput(accusation, "issuer")));
  const { mesh, accused, generation, sequence } = accusation;
  const unsealed = { mesh, accused, generation, sequence, issuer: { id: issuer, signature } };
  const obituary = witness === undefined ? unsealed : { ...unsealed, witness };
  return { ...obituary, bytes: encodeObituary(obituary) };
}

export function encodeObituary(obituary: Omit<Obituary, "bytes">): Uint8Array {
  const writer = new BinaryWriter().raw(Uint8Array.of(OBITUARY_LEAD));
  writer.uint32(TAG.mesh).string(obituary.mesh);
  writer.uint32(TAG.accused).bytes(nodeIdToBytes(obituary.accused));
  writeUint53(writer.uint32(TAG.generation), obituary.generation);
  writeUint53(writer.uint32(TAG.sequence), obituary.sequence);
  writer.uint32(TAG.issuer).bytes(nodeIdToBytes(obituary.issuer.id));
  writer.uint32(TAG.issuerSignature).bytes(obituary.issuer.signature);
  if (obituary.witness !== undefined) {
    writer.uint32(TAG.witness).bytes(nodeIdToBytes(obituary.witness.id));
    writer.uint32(TAG.witnessSignature).bytes(obituary.witness.signature);
  }
  return writer.finish();
}

/** Reads an obituary with its leading byte; throws nothing but `DecodeError`. The result owns its bytes. */
export function decodeObituary(content: Uint8Array): Obituary {
  if (content[0] !== OBITUARY_LEAD) throw new DecodeError("not an obituary", 0);
  if (content.length > MAX_OBITUARY_BYTES) throw new DecodeError(`an obituary of ${content.length} bytes`);
  const bytes = content.slice();
  return decodeProto(bytes.subarray(1), MAX_OBITUARY_BYTES, "obituary", (reader) => {
    let mesh: string | undefined;
    let accused: string | undefined;
    let generation: number | undefined;
    let sequence: number | undefined;
    const ids: { issuer?: string; witness?: string } = {};
    const signatures: { issuer?: Uint8Array; witness?: Uint8Array } = {};
    while (!reader.done) {
      const tag = reader.checkedUint32();
      if (tag === TAG.mesh) mesh = reader.text(63, "mesh");
      else if (tag === TAG.accused) accused = nodeIdFromBytes(reader.exactBytes(32, "accused"));
      else if (tag === TAG.generation) generation = reader.uint53();
      else if (tag === TAG.sequence) sequence = reader.uint53();
      else if (tag === TAG.issuer) ids.issuer = nodeIdFromBytes(reader.exactBytes(32, "issuer"));
      else if (tag === TAG.issuerSignature) signatures.issuer = reader.exactBytes(SIGNATURE_BYTES, "issuer_signature");
      else if (tag === TAG.witness) ids.witness = nodeIdFromBytes(reader.exactBytes(32, "witness"));
      else if (tag === TAG.witnessSignature)
        signatures.witness = reader.exactBytes(SIGNATURE_BYTES, "witness_signature");
      else reader.skipField(tag);
    }
    if (!isMeshName(required(mesh, "mesh"))) throw new DecodeError("mesh is no mesh name");
    if ((ids.witness === undefined) !== (signatures.witness === undefined)) {
      throw new DecodeError("a witness without a signature, or the reverse");
    }
    return {
      mesh: required(mesh, "mesh"),
      accused: required(accused, "accused"),
      generation: required(generation, "generation"),
      sequence: required(sequence, "sequence"),
      issuer: {
        id: required(ids.issuer, "issuer"),
        signature: required(signatures.issuer, "issuer_signature"),
      },
      ...(ids.witness === undefined || signatures.witness === undefined
        ? {}
        : { witness: { id: ids.witness, signature: signatures.witness } }),
      bytes,
    };
  });
}

type Verify = (id: string, message: Uint8Array, signature: Uint8Array) => boolean;

/** True where every signature in it holds: one or two verifications of 67 µs. */
export function verifyObituary(obituary: Obituary, verify: Verify): boolean {
  const { issuer, witness } = obituary;
  if (!verify(issuer.id, obituarySignatureInput(obituary, "issuer"), issuer.signature)) return false;
  return witness === undefined || verifyWitness(obituary, witness, verify);
}

/** True where the witness has signed this very accusation. For the answers of helpers, before they are relied on. */
export function verifyWitness(accusation: Accusation, witness: ObituarySigner, verify: Verify): boolean {
  return verify(witness.id, obituarySignatureInput(accusation, "witness"), witness.signature);
}
