import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { fakeSign, testId, testRecord } from "../membership/testing/records.js";
import {
  decodeEnvelope,
  MAX_ENVELOPE_BYTES,
  NORMAL_ENVELOPE_BYTES,
  recordSignatureInput,
  signRecord,
  verifyEnvelope,
} from "./envelope.js";

const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const id = Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x as string, "base64url").toString("hex");
const verifyEd25519 = (key: string, message: Uint8Array, signature: Uint8Array) => {
  const x = Buffer.from(key, "hex").toString("base64url");
  return verify(null, message, createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), signature);
};
const signEd25519 = (message: Uint8Array) => sign(null, message, privateKey);

test("a signed record is read back and verifies under its own id alone", () => {
  const signed = signRecord(testRecord({ id }), signEd25519);
  const read = decodeEnvelope(signed.bytes);
  expect(read).toEqual(signed);
  expect(verifyEnvelope(read, verifyEd25519)).toBe(true);
  const stolen = signRecord(testRecord({ id: testId(5) }), signEd25519);
  expect(verifyEnvelope(stolen, (key, ...rest) => key === id && verifyEd25519(key, ...rest))).toBe(false);
});

test("the signature covers a domain of its own, and every byte of the payload", () => {
  const signed = signRecord(testRecord({ id }), signEd25519);
  const input = recordSignatureInput(signed.payload);
  expect(Buffer.from(input.subarray(0, 23)).toString()).toBe("meshwork/node-record/1\0");
  expect(input.subarray(23)).toEqual(signed.payload);
  expect(verifyEd25519(id, signed.payload, signed.signature)).toBe(false);
  const payload = signed.payload.slice();
  payload[payload.length - 1]! ^= 1;
  expect(verifyEnvelope({ ...signed, payload }, verifyEd25519)).toBe(false);
});

test("an ordinary record stays below 600 bytes, the largest below 4,000", () => {
  const ordinary = testRecord({
    addresses: ["192.168.100.100:65535", "[fd00:1234:5678:9abc::1]:65535"],
    neighbors: [1, 2, 3, 4, 5].map(testId),
    generation: 1_000,
    sequence: 1_000_000,
    cpuUsedCores: 0.123456,
    ramUsedBytes: 123_456_789,
    framesSent: 123_456_789,
    framesReceived: 123_456_789,
  });
  expect(signRecord(ordinary, fakeSign).bytes.length).toBeLessThanOrEqual(NORMAL_ENVELOPE_BYTES);
  const longest = `[${Array<string>(8).fill("ffff").join(":")}]:65535`;
  const largest = testRecord({
    mesh: "m".repeat(63),
    type: "t".repeat(63),
    addresses: Array<string>(8).fill(longest),
    relayUrl: "r".repeat(128),
    version: "v".repeat(128),
    neighbors: Array<string>(16).fill(testId(2)),
    credential: new Uint8Array(1_024),
  });
  expect(signRecord(largest, fakeSign).bytes.length).toBeLessThanOrEqual(MAX_ENVELOPE_BYTES);
});

test("the result owns its bytes: it keeps no network buffer alive", () => {
  const { bytes } = signRecord(testRecord(), fakeSign);
  const buffer = new Uint8Array(65_536);
  buffer.set(bytes, 1_000);
  const read = decodeEnvelope(buffer.subarray(1_000, 1_000 + bytes.length));
  expect(read.bytes.buffer.byteLength).toBe(bytes.length);
  expect(read.payload.buffer).toBe(read.bytes.buffer);
  buffer.fill(0);
  expect(read.bytes).toEqual(bytes);
});

test("whatever the bytes are, the decoder returns an envelope or throws DecodeError", () => {
  const { bytes } = signRecord(testRecord(), fakeSign);
  const damaged = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, value]) => bytes.with(at, value));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (input) => {
      try {
        expect(decodeEnvelope(input).signature.length).toBe(64);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(() => decodeEnvelope(new Uint8Array(MAX_ENVELOPE_BYTES + 1))).toThrow("at most 4000");
  expect(() => decodeEnvelope(new Uint8Array(0))).toThrow("payload is missing");
  const short = new BinaryWriter().uint32(10).bytes(new Uint8Array(1)).uint32(18).bytes(new Uint8Array(63)).finish();
  expect(() => decodeEnvelope(short)).toThrow("63 bytes instead of 64");
});
