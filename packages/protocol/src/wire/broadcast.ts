/**
 * What is broadcast in a mesh's topic: a node record's envelope, an obituary, or a merged digest.
 *
 * Records came first and have no leading byte: an envelope is a protobuf message, whose first byte is a field's tag. The other
 * kinds begin with a byte from 0x00 to 0x07, which as a tag would be field 0 and is no protobuf: the two cannot be confused
 * whatever an envelope's fields and their order, and who knows records alone refuses the rest by the rules it has.
 */
import { DecodeError } from "../errors.js";
import type { SignedRecord } from "../membership/types.js";
import { decodeEnvelope } from "./envelope.js";
import { decodeMerged, MERGED_LEAD, type SignedMerged } from "./merged.js";
import { decodeObituary, OBITUARY_LEAD, type Obituary } from "./obituary.js";

export type Broadcast =
  | { readonly kind: "record"; readonly signed: SignedRecord }
  | { readonly kind: "obituary"; readonly obituary: Obituary }
  | { readonly kind: "merged"; readonly merged: SignedMerged }
  /** Of a later version. It was carried on like the others; there is nothing to do. */
  | { readonly kind: "unknown"; readonly lead: number };

const FIRST_FIELD_TAG = 0x08;

/** Reads a broadcast; throws nothing but `DecodeError`. Signatures are not looked at. */
export function decodeBroadcast(content: Uint8Array): Broadcast {
  const lead = content[0];
  if (lead === undefined) throw new DecodeError("an empty broadcast", 0);
  if (lead >= FIRST_FIELD_TAG) return { kind: "record", signed: decodeEnvelope(content) };
  if (lead === OBITUARY_LEAD) return { kind: "obituary", obituary: decodeObituary(content) };
  if (lead === MERGED_LEAD) return { kind: "merged", merged: decodeMerged(content) };
  return { kind: "unknown", lead };
}

/** What `decode` makes of it; undefined where the bytes are none. */
export function readable(content: Uint8Array, decode: (content: Uint8Array) => Broadcast): Broadcast | undefined {
  try {
    return decode(content);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
