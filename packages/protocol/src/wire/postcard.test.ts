import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { PostcardReader, PostcardWriter } from "./postcard.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

describe("varints", () => {
  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [300, "ac02"],
    [4433, "d122"],
    [65_535, "ffff03"],
  ])("u16 %i is %s", (value, encoded) => {
    expect(hex(new PostcardWriter().u16(value).finish())).toBe(encoded);
    expect(new PostcardReader(bytes(encoded)).u16()).toBe(value);
  });

  test("limits: the largest of each width passes, one more does not", () => {
    expect(new PostcardReader(bytes("ffffffff0f")).u32()).toBe(0xffff_ffff);
    expect(new PostcardReader(bytes("ffffffffffffffffff01")).u64()).toBe(0xffff_ffff_ffff_ffffn);
    expect(() => new PostcardReader(bytes("808004")).u16()).toThrow(DecodeError);
    expect(() => new PostcardReader(bytes("8080808010")).u32()).toThrow(DecodeError);
    expect(() => new PostcardReader(bytes("ffffffffffffffffff02")).u64()).toThrow(DecodeError);
    expect(() => new PostcardReader(bytes("80808000")).u16()).toThrow(/too long/);
    expect(() => new PostcardWriter().u16(65_536)).toThrow(RangeError);
    expect(() => new PostcardWriter().u16(1.5)).toThrow(RangeError);
  });

  test("a longer than necessary form is read, as Rust reads it", () => {
    expect(new PostcardReader(bytes("8100")).u16()).toBe(1);
  });

  test("round trip", () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
        (a, b, c) => {
          const reader = new PostcardReader(new PostcardWriter(1).u16(a).u32(b).u64(c).finish());
          expect([reader.u16(), reader.u32(), reader.u64(), reader.remaining]).toEqual([a, b, c, 0]);
        },
      ),
    );
  });
});

test("strings, bytes, ids, options and bools round trip; what is read is a copy", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.boolean(),
      (text, content, id, flag) => {
        const encoded = new PostcardWriter(0)
          .string(text)
          .bytes(content)
          .id(hex(id))
          .some(flag)
          .bool(flag)
          .raw(id)
          .finish();
        const reader = new PostcardReader(encoded);
        const read = [reader.string(), reader.bytes(), reader.id(), reader.some(), reader.bool(), reader.fixed(32)];
        encoded.fill(0);
        expect(read).toEqual([text, content, hex(id), flag, flag, id]);
      },
    ),
  );
});

test("a claimed length is refused before anything is allocated for it", () => {
  // 2^32 - 1, 2^35 and 2^63 bytes or elements claimed, none there.
  for (const claim of ["ffffffff0f", "808080808001", "80808080808080808001", "ffffffffffffffffffff"]) {
    expect(() => new PostcardReader(bytes(claim)).bytes()).toThrow(DecodeError);
    expect(() => new PostcardReader(bytes(claim)).length(33)).toThrow(DecodeError);
  }
  expect(() => new PostcardReader(bytes("02aa")).bytes()).toThrow(/exceeds the input/);
  expect(() => new PostcardReader(bytes("02aabb")).bytes(1)).toThrow(/limit/);
});

test.each([
  ["bool", "02"],
  ["some", "02"],
  ["id", "00"],
  ["string", "02c328"],
  ["string", "01ff"],
  ["u8", ""],
] as const)("%s of %s is a DecodeError", (kind, encoded) => {
  expect(() => new PostcardReader(bytes(encoded))[kind]()).toThrow(DecodeError);
});

test("random input: a value or a DecodeError, never past the end", () => {
  const kinds = ["u8", "u16", "u32", "u64", "bool", "some", "bytes", "id", "string"] as const;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(fc.constantFrom(...kinds), { maxLength: 12 }),
      (input, calls) => {
        const reader = new PostcardReader(input);
        try {
          for (const call of calls) reader[call]();
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
        expect(reader.remaining).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 2_000 },
  );
});
