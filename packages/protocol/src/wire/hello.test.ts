import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import type { Hello } from "../membership/types.js";
import { decodeHello, encodeHello } from "./hello.js";

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(bytesToHex);
const anyHello: fc.Arbitrary<Hello> = fc.record({
  protocolVersion: fc.integer({ min: 1, max: 0xffff_ffff }),
  bootNonce: hex(8),
  mesh: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
  topics: fc.array(hex(32), { maxLength: 64 }),
  role: fc.constantFrom("member", "observer"),
  name: fc.stringMatching(/^[ -~]{0,256}$/),
});
const hello: Hello = {
  protocolVersion: 1,
  bootNonce: "0011223344556677",
  mesh: "mesh1",
  topics: ["ab".repeat(32)],
  role: "member",
  name: "mesh1.broker.239dc9",
};

test("every hello survives the wire, within 4 KiB", () => {
  fc.assert(
    fc.property(anyHello, (value) => {
      const bytes = encodeHello(value);
      expect(bytes.length).toBeLessThanOrEqual(4_096);
      expect(decodeHello(bytes)).toEqual(value);
    }),
  );
});

test("a hello of a later version stays readable, and its new role is the lesser one", () => {
  const later = new BinaryWriter()
    .uint32(5 << 3)
    .uint32(7)
    .uint32((99 << 3) | 2)
    .string("new")
    .finish();
  const bytes = Uint8Array.from([...encodeHello({ ...hello, protocolVersion: 12 }), ...later]);
  expect(decodeHello(bytes)).toEqual({ ...hello, protocolVersion: 12, role: "observer" });
});

test("what is wrong is a DecodeError that says what", () => {
  const bytes = encodeHello(hello);
  const plus = (writer: BinaryWriter) => Uint8Array.from([...bytes, ...writer.finish()]);
  expect(() => decodeHello(new Uint8Array(0))).toThrow("protocol_version is missing");
  expect(() => decodeHello(plus(new BinaryWriter().uint32(1 << 3).uint32(0)))).toThrow("protocol_version is 0");
  expect(() => decodeHello(plus(new BinaryWriter().uint32(26).string("No Mesh")))).toThrow("no mesh name");
  expect(() => decodeHello(plus(new BinaryWriter().uint32(34).bytes(new Uint8Array(31))))).toThrow("31 bytes");
  expect(() => decodeHello(plus(new BinaryWriter().uint32(50).string("\x07bell")))).toThrow("not printable");
  expect(() => decodeHello(new Uint8Array(4_097))).toThrow("at most 4096");
  const many = new BinaryWriter();
  for (let i = 0; i < 64; i++) many.uint32(34).bytes(new Uint8Array(32));
  expect(() => decodeHello(plus(many))).toThrow("more than 64 topics");
});

test("whatever the bytes are, the decoder returns a hello or throws DecodeError", () => {
  const bytes = encodeHello(hello);
  const damaged = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, value]) => bytes.with(at, value));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), (input) => {
      try {
        decodeHello(input);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
