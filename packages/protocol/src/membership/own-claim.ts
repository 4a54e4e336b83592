/**
 * Meeting a record of one's own id from elsewhere: an echo, or another life of the same key (a copied data directory, a restored
 * backup, a second process). The answer to the latter is the next generation, so that peers follow one of the two at a time.
 */
import { type ApplyOutcome, DUPLICATE, OLDER } from "./apply-outcome.js";
import type { SignedRecord } from "./types.js";
import { compareVersions } from "./version-order.js";

/** `own` is what this node published last; absent for an observer and after leaving, when any claim is an echo. */
export function compareOwn(claim: SignedRecord, own: SignedRecord | undefined): ApplyOutcome {
  if (own === undefined) return OLDER;
  const { record } = claim;
  const order = compareVersions(record, own.record);
  const sameLife = record.bootNonce === own.record.bootNonce;
  if (order === 0 && sameLife && sameBytes(claim.payload, own.payload)) return DUPLICATE;
  if (order < 0 && (record.generation < own.record.generation || sameLife)) return OLDER;
  const generation = Math.max(record.generation, own.record.generation) + 1;
  return { kind: "self-conflict", generation, bootNonce: record.bootNonce };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
