import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError, MeshError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import { testId, testRecord } from "../membership/testing/records.js";
import type { NodeRecord } from "../membership/types.js";
import { decodeRecord, encodeRecord } from "./record.js";

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(bytesToHex);
const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const text = fc.string({ unit: "grapheme-ascii", maxLength: 128 }).filter((value) => value.length <= 128);
const count = fc.maxSafeNat();
const cores = fc.nat(4_000_000_000).map((micros) => micros / 1_000_000);
const address = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([ip, port]) => `${ip}:${port}`),
  fc.tuple(fc.ipV6(), fc.integer({ min: 1, max: 65_535 })).map(([ip, port]) => `[${ip}]:${port}`),
);

/** Any record that may be published. */
export const anyRecord: fc.Arbitrary<NodeRecord> = fc.record(
  {
    id: hex(32),
    bootNonce: hex(8),
    mesh: label,
    type: label,
    generation: count,
    sequence: count,
    addresses: fc.array(address, { maxLength: 8 }),
    relayUrl: text,
    version: text,
    startedAtMs: count,
    neighbors: fc.array(hex(32), { maxLength: 16 }),
    loadClass: fc.constantFrom("idle", "normal", "high", "full"),
    cpuUsedCores: cores,
    cpuBudgetCores: cores,
    ramUsedBytes: count,
    ramBudgetBytes: count,
    framesSent: count,
    framesReceived: count,
    refreshIntervalMs: count,
    status: fc.constantFrom("alive", "leaving"),
    credential: fc.uint8Array({ maxLength: 1_024 }),
  },
  {
    requiredKeys: [
      "id",
      "bootNonce",
      "mesh",
      "type",
      "generation",
      "sequence",
      "addresses",
      "version",
      "startedAtMs",
      "neighbors",
      "loadClass",
      "cpuBudgetCores",
      "ramBudgetBytes",
      "framesSent",
      "framesReceived",
      "refreshIntervalMs",
      "status",
    ],
  },
);

test("every record survives the wire", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(decodeRecord(encodeRecord(record))).toEqual(record);
    }),
  );
});

test("whatever the bytes are, the decoder returns a record or throws DecodeError", () => {
  const valid = encodeRecord(testRecord({ neighbors: [testId(2), testId(3)], relayUrl: "https://relay.example" }));
  const damaged = fc.tuple(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length)).map(([at, value, end]) => {
    const bytes = valid.slice(0, end);
    if (at < end) bytes[at] = value;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (bytes) => {
      try {
        expect(decodeRecord(bytes).id).toMatch(/^[0-9a-f]{64}$/);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("fields of a later version are skipped, whatever their type", () => {
  const later = new BinaryWriter()
    .tag(900, WireType.Varint)
    .uint64(2n ** 60n)
    .tag(901, WireType.LengthDelimited)
    .string("news")
    .tag(902, WireType.Bit32)
    .fixed32(1)
    .tag(903, WireType.Bit64)
    .fixed64(1)
    .tag(904, WireType.StartGroup)
    .tag(1, WireType.Varint)
    .uint32(1)
    .tag(904, WireType.EndGroup)
    .finish();
  const record = testRecord();
  expect(decodeRecord(Uint8Array.from([...later, ...encodeRecord(record), ...later]))).toEqual(record);
});

test("enum values and addresses of a later version read as the harmless ones", () => {
  const extra = new BinaryWriter().uint32((7 << 3) | 0).uint32(9); // status
  extra.uint32((13 << 3) | 0).uint32(9); // load class
  extra.uint32((8 << 3) | 2).string("carrier-pigeon:coop-7");
  const record = decodeRecord(Uint8Array.from([...encodeRecord(testRecord({ loadClass: "full" })), ...extra.finish()]));
  expect(record.status).toBe("alive");
  expect(record.loadClass).toBe("normal");
  expect(record.addresses).toEqual(testRecord().addresses);
});

test("a figure that no sampler should give is held in range rather than refused", () => {
  const odd = testRecord({
    cpuUsedCores: -0.1,
    ramUsedBytes: 12.6,
    framesSent: Number.POSITIVE_INFINITY,
    framesReceived: Number.NaN,
  });
  expect(decodeRecord(encodeRecord(odd))).toMatchObject({
    cpuUsedCores: 0,
    ramUsedBytes: 13,
    framesSent: Number.MAX_SAFE_INTEGER,
    framesReceived: 0,
  });
});

test("every required field is missed by name", () => {
  const required = [1, 2, 3, 4, 5, 6, 7, 10, 11, 13, 15, 17, 18, 19, 20];
  const bytes = encodeRecord(testRecord());
  for (const field of required) {
    expect(() => decodeRecord(withoutField(bytes, field)), `field ${field}`).toThrow(/ is missing$/);
  }
});

test("limits are checked on the way in", () => {
  const base = encodeRecord(testRecord({ addresses: [] }));
  const repeated = (field: number, times: number, value: Uint8Array) => {
    const writer = new BinaryWriter();
    for (let i = 0; i < times; i++) writer.uint32((field << 3) | 2).bytes(value);
    return Uint8Array.from([...base, ...writer.finish()]);
  };
  const ascii = (value: string) => Uint8Array.from(value, (character) => character.charCodeAt(0));
  expect(decodeRecord(repeated(8, 8, ascii("1.2.3.4:5"))).addresses.length).toBe(8);
  expect(() => decodeRecord(repeated(8, 9, ascii("1.2.3.4:5")))).toThrow("more than 8 addresses");
  expect(() => decodeRecord(repeated(12, 17, new Uint8Array(32)))).toThrow("more than 16 neighbors");
  expect(() => decodeRecord(repeated(10, 1, ascii("v".repeat(129))))).toThrow("version has 129 bytes");
  expect(() => decodeRecord(repeated(10, 1, ascii("\x1b[2J")))).toThrow("not printable");
  expect(() => decodeRecord(repeated(10, 1, Uint8Array.of(0xff)))).toThrow(DecodeError);
  expect(() => decodeRecord(repeated(3, 1, ascii("Mesh")))).toThrow("no mesh name");
  expect(() => decodeRecord(repeated(1, 1, new Uint8Array(31)))).toThrow("31 bytes instead of 32");
  expect(() => decodeRecord(new Uint8Array(4_001))).toThrow("at most 4000");
  expect(() => decodeRecord(Uint8Array.of(0x28, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1))).toThrow("above 2^53");
});

test.each([
  [{ addresses: Array<string>(9).fill("1.2.3.4:5") }, "9 addresses"],
  [{ neighbors: Array<string>(17).fill(testId(9)) }, "17 neighbors"],
  [{ version: "v".repeat(129) }, "129 characters"],
  [{ relayUrl: "r".repeat(129) }, "129 characters"],
  [{ credential: new Uint8Array(1_025) }, "1025 bytes"],
] as const)("limits are checked on the way out: %#", (overrides, detail) => {
  const work = () => encodeRecord(testRecord(overrides));
  expect(work).toThrow(MeshError);
  expect(work).toThrow(
    expect.objectContaining({ code: "MESH_E_RECORD_TOO_LARGE", message: expect.stringContaining(detail) }),
  );
});

function withoutField(bytes: Uint8Array, field: number): Uint8Array {
  const kept: number[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    if ((tag & 7) === WireType.Varint) varint();
    else if ((tag & 7) === WireType.Bit64) at += 8;
    else {
      const length = varint();
      at += length;
    }
    if (tag >> 3 !== field) kept.push(...bytes.slice(start, at));
  }
  return Uint8Array.from(kept);
}
