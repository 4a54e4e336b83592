import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "./errors.js";
import {
  bootNonceFromBytes,
  bytesToHex,
  hexToBytes,
  isBootNonce,
  isNodeId,
  nodeIdFromBytes,
  nodeIdToBytes,
} from "./ids.js";

test("bytes survive hex and back, as Buffer would write them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(bytesToHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
      expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
      expect(hexToBytes(bytesToHex(bytes).toUpperCase())).toEqual(bytes);
    }),
  );
});

test("hexToBytes throws nothing but DecodeError", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (text) => {
      if (/^(?:[0-9a-fA-F]{2})*$/.test(text)) expect(hexToBytes(text).length).toBe(text.length / 2);
      else expect(() => hexToBytes(text)).toThrow(DecodeError);
    }),
  );
  expect(() => hexToBytes("0g")).toThrow("at byte 1");
});

test("a node id is 64 lower-case hex digits", () => {
  const id = "ab".repeat(32);
  expect(isNodeId(id)).toBe(true);
  for (const text of ["", "ab", id.toUpperCase(), `${id}0`, id.slice(1), `${id}\n`, `x${id.slice(1)}`]) {
    expect(isNodeId(text), text).toBe(false);
  }
  expect(nodeIdFromBytes(nodeIdToBytes(id))).toBe(id);
  expect(() => nodeIdFromBytes(new Uint8Array(31))).toThrow(DecodeError);
  expect(() => nodeIdToBytes("ab")).toThrow(DecodeError);
});

test("a boot nonce is 8 bytes as 16 digits", () => {
  const nonce = bootNonceFromBytes(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 255));
  expect(nonce).toBe("00010203040506ff");
  expect(isBootNonce(nonce)).toBe(true);
  expect(isBootNonce(nonce.slice(1))).toBe(false);
  expect(() => bootNonceFromBytes(new Uint8Array(7))).toThrow(DecodeError);
});
