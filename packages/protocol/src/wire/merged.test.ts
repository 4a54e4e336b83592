import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import { testId } from "../membership/testing/records.js";
import { testSigner, testVerify } from "../membership/testing/signatures.js";
import {
  BURIED_BYTES,
  buriedBitmap,
  decodeMerged,
  isBuriedIn,
  MAX_MERGED_BYTES,
  MERGED_LEAD,
  signMerged,
  verifyMerged,
} from "./merged.js";

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const anyMerged = fc
  .record({
    mesh: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
    issuer: id,
    contact: id,
    nonce: fc.maxSafeNat(),
    buried: fc.uint8Array({ minLength: BURIED_BYTES, maxLength: BURIED_BYTES }),
  })
  .map((merged) => signMerged(merged, testSigner(merged.issuer)));

test("a merged digest survives the wire with its signature", () => {
  fc.assert(
    fc.property(anyMerged, (merged) => {
      const decoded = decodeMerged(merged.bytes);
      expect(decoded).toEqual(merged);
      expect(verifyMerged(decoded, testVerify)).toBe(true);
      expect(verifyMerged({ ...decoded, issuer: testId(1) }, testVerify)).toBe(false);
      expect(merged.bytes.length).toBeLessThanOrEqual(MAX_MERGED_BYTES);
    }),
  );
});

test("everybody who is buried finds its bit, and few others do", () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 50 }), (ids) => {
      const bitmap = buriedBitmap(ids);
      expect(ids.every((one) => isBuriedIn(bitmap, one))).toBe(true);
    }),
  );
  const bitmap = buriedBitmap(Array.from({ length: 50 }, (_, number) => testId(number)));
  const others = Array.from({ length: 1_000 }, (_, number) => testId(1_000 + number));
  expect(others.filter((one) => isBuriedIn(bitmap, one)).length).toBeLessThan(100);
  expect(isBuriedIn(new Uint8Array(), testId(1))).toBe(false);
});

test("whatever the bytes are, the decoder returns a digest or throws DecodeError", () => {
  const damaged = fc.tuple(anyMerged, fc.nat(), fc.nat(255)).map(([{ bytes }, at, value]) => {
    return bytes.with(at % bytes.length, value);
  });
  const headed = fc.uint8Array({ maxLength: 600 }).map((rest) => Uint8Array.from([MERGED_LEAD, ...rest]));
  fc.assert(
    fc.property(fc.oneof(headed, damaged, fc.uint8Array({ maxLength: 100 })), (input) => {
      try {
        decodeMerged(input);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
