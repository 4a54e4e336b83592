import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import { testId } from "../membership/testing/records.js";
import { testObituary, testSigner, testVerify, testWitness } from "../membership/testing/signatures.js";
import {
  decodeObituary,
  encodeObituary,
  MAX_OBITUARY_BYTES,
  OBITUARY_LEAD,
  obituarySignatureInput,
  verifyObituary,
} from "./obituary.js";

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const accusation = fc.record({
  mesh: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
  accused: id,
  generation: fc.maxSafeNat(),
  sequence: fc.maxSafeNat(),
});
const anyObituary = fc.tuple(accusation, id, fc.option(id, { nil: undefined })).map(([what, issuer, witness]) => {
  return testObituary(what, issuer, witness);
});
const sample = { mesh: "mesh1", accused: testId(1), generation: 2, sequence: 3 };

test("an obituary survives the wire, signatures included, and stays within its bound", () => {
  fc.assert(
    fc.property(anyObituary, (obituary) => {
      const decoded = decodeObituary(obituary.bytes);
      expect(decoded).toEqual(obituary);
      expect(verifyObituary(decoded, testVerify)).toBe(true);
      expect(obituary.bytes.length).toBeLessThanOrEqual(MAX_OBITUARY_BYTES);
    }),
  );
});

test("a signature holds for one mesh, one accused, one version and one role", () => {
  const inputs = [
    obituarySignatureInput(sample, "issuer"),
    obituarySignatureInput(sample, "witness"),
    obituarySignatureInput({ ...sample, mesh: "mesh2" }, "issuer"),
    obituarySignatureInput({ ...sample, accused: testId(2) }, "issuer"),
    obituarySignatureInput({ ...sample, generation: 3 }, "issuer"),
    obituarySignatureInput({ ...sample, sequence: 2 }, "issuer"),
  ].map(bytesToHex);
  expect(new Set(inputs).size).toBe(inputs.length);
  const asWitness = testWitness(sample, testId(2));
  const forged = encodeObituary({ ...sample, issuer: asWitness, witness: testWitness(sample, testId(3)) });
  expect(verifyObituary(decodeObituary(forged), testVerify)).toBe(false);
  const lent = testObituary({ ...sample, sequence: 4 }, testId(2), testId(3)).witness!;
  const real = testObituary(sample, testId(2));
  expect(verifyObituary(decodeObituary(encodeObituary({ ...real, witness: lent })), testVerify)).toBe(false);
});

test("what is missing or half there is refused", () => {
  const real = testObituary(sample, testId(2), testId(3));
  expect(() => decodeObituary(real.bytes.subarray(1))).toThrow("not an obituary");
  expect(() => decodeObituary(Uint8Array.of(OBITUARY_LEAD))).toThrow("mesh is missing");
  expect(() => decodeObituary(real.bytes.subarray(0, real.bytes.length - 66))).toThrow("a witness without a signature");
  expect(() => decodeObituary(new Uint8Array(MAX_OBITUARY_BYTES + 1).fill(OBITUARY_LEAD))).toThrow("513 bytes");
  const badMesh = testObituary({ ...sample, mesh: "Mesh 1" }, testId(2));
  expect(() => decodeObituary(badMesh.bytes)).toThrow("no mesh name");
  expect(testSigner(testId(1))(real.bytes)).not.toEqual(testSigner(testId(2))(real.bytes));
});

test("whatever the bytes are, the decoder returns an obituary or throws DecodeError", () => {
  const damaged = fc.tuple(anyObituary, fc.nat(), fc.nat(255)).map(([{ bytes }, at, value]) => {
    return bytes.with(at % bytes.length, value);
  });
  const headed = fc.uint8Array({ maxLength: 600 }).map((rest) => Uint8Array.from([OBITUARY_LEAD, ...rest]));
  fc.assert(
    fc.property(fc.oneof(headed, damaged, fc.uint8Array({ maxLength: 100 })), (input) => {
      try {
        decodeObituary(input);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
