import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { testId, testSigned } from "../membership/testing/records.js";
import { testObituary, testSigner } from "../membership/testing/signatures.js";
import { decodeBroadcast } from "./broadcast.js";
import { decodeEnvelope } from "./envelope.js";
import { buriedBitmap, signMerged } from "./merged.js";

const accusation = { mesh: "mesh1", accused: testId(1), generation: 1, sequence: 1 };
const merged = { mesh: "mesh1", issuer: testId(1), contact: testId(2), nonce: 1, buried: buriedBitmap([]) };

test("each kind is told from the others by its first byte", () => {
  const signed = testSigned();
  expect(signed.bytes[0]).toBe(0x0a);
  expect(decodeBroadcast(signed.bytes)).toEqual({ kind: "record", signed });
  const obituary = testObituary(accusation, testId(2), testId(3));
  expect(decodeBroadcast(obituary.bytes)).toEqual({ kind: "obituary", obituary });
  const digest = signMerged(merged, testSigner(testId(1)));
  expect(decodeBroadcast(digest.bytes)).toEqual({ kind: "merged", merged: digest });
  expect(decodeBroadcast(Uint8Array.of(7, 1, 2))).toEqual({ kind: "unknown", lead: 7 });
  expect(() => decodeBroadcast(new Uint8Array())).toThrow(DecodeError);
});

test("who knows records alone refuses the new kinds, as it does anything that is no envelope", () => {
  for (const { bytes } of [testObituary(accusation, testId(2)), signMerged(merged, testSigner(testId(1)))]) {
    expect(() => decodeEnvelope(bytes)).toThrow(DecodeError);
  }
});

test("no envelope that can be read begins with a byte of another kind", () => {
  const rest = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.constant(testSigned().bytes));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 7 }), rest, (lead, bytes) => {
      expect(() => decodeEnvelope(Uint8Array.from([lead, ...bytes]))).toThrow(DecodeError);
    }),
  );
});

test("whatever the bytes are, the decoder returns a broadcast or throws DecodeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
      try {
        decodeBroadcast(input);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
