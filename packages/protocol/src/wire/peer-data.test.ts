import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { PEER_DATA_MAX_BYTES } from "./gossip-codec.js";
import { decodeAddrInfo, encodeAddrInfo } from "./peer-data.js";
import { compareSocketAddresses, formatSocketAddress, parseSocketAddress } from "./peer-data-address.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

const VECTOR = bytes(
  "01 1b 68747470733a2f2f72656c61792e6578616d706c652e636f6d2e2f 02 00 c0a80107 d122 01 20010db8000000000000000000000001 bb03",
);
const INFO = {
  relayUrl: "https://relay.example.com./",
  directAddresses: ["192.168.1.7:4433", "[2001:db8::1]:443"],
};

test("the vector with relay, IPv4 and IPv6", () => {
  expect(VECTOR.length).toBe(56);
  expect(hex(encodeAddrInfo(INFO))).toBe(hex(VECTOR));
  expect(hex(encodeAddrInfo({ ...INFO, directAddresses: INFO.directAddresses.toReversed() }))).toBe(hex(VECTOR));
  expect(decodeAddrInfo(VECTOR)).toEqual(INFO);
});

test("no information: empty bytes are legal, an empty AddrInfo takes two", () => {
  const nothing = { relayUrl: undefined, directAddresses: [] };
  expect(decodeAddrInfo(new Uint8Array(0))).toEqual(nothing);
  expect(hex(encodeAddrInfo(nothing))).toBe("0000");
  expect(decodeAddrInfo(bytes("0000"))).toEqual(nothing);
});

describe("address text", () => {
  test.each([
    ["127.0.0.1:0", "127.0.0.1:0"],
    ["[::]:1", "[::]:1"],
    ["[::1]:65535", "[::1]:65535"],
    ["[2001:DB8:0:0:1:0:0:1]:443", "[2001:db8::1:0:0:1]:443"],
    ["[2001:db8:0:1:1:1:1:1]:443", "[2001:db8:0:1:1:1:1:1]:443"],
    ["[1:0:0:2::]:9", "[1:0:0:2::]:9"],
    ["[fe80::1%eth0]:7", "[fe80::1]:7"],
    ["[::ffff:1.2.3.4]:5", "[::ffff:1.2.3.4]:5"],
    ["[64:ff9b::1.2.3.4]:5", "[64:ff9b::102:304]:5"],
  ])("%s reads as %s", (text, normal) => {
    const address = parseSocketAddress(text);
    expect(address && formatSocketAddress(address)).toBe(normal);
  });

  test.each([
    "",
    ":1",
    "1.2.3.4",
    "1.2.3:4",
    "256.1.1.1:1",
    "01.1.1.1:1",
    "1.2.3.4:65536",
    "1.2.3.4:-1",
    "::1:5",
    "[::1]",
    "[1::2::3]:4",
    "[1:2:3:4:5:6:7]:8",
    "[1:2:3:4:5:6:7:8:9]:1",
    "[1.2.3.4::]:1",
    "[12345::]:1",
    "example.com:80",
  ])("%j is no address", (text) => {
    expect(parseSocketAddress(text)).toBeUndefined();
  });

  const arbAddress = fc.record({
    octets: fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
    port: fc.nat(0xffff),
  });
  test("text and bytes round trip, in Rust's order, without duplicates", () => {
    fc.assert(
      fc.property(
        fc.array(arbAddress, { maxLength: 12 }),
        fc.option(fc.webUrl(), { nil: undefined }),
        (list, relayUrl) => {
          const texts = [...list].sort(compareSocketAddresses).map(formatSocketAddress);
          const decoded = decodeAddrInfo(encodeAddrInfo({ relayUrl, directAddresses: [...texts, ...texts] }, 100_000));
          expect(decoded).toEqual({ relayUrl, directAddresses: [...new Set(texts)] });
        },
      ),
    );
  });
});

test("what does not fit is left out, IPv6 first", () => {
  const directAddresses = Array.from({ length: 60 }, (_, index) => `[2001:db8::${index + 1}]:50000`);
  const encoded = encodeAddrInfo({ relayUrl: INFO.relayUrl, directAddresses: [...directAddresses, "10.0.0.1:1"] });
  expect(encoded.length).toBeLessThanOrEqual(PEER_DATA_MAX_BYTES);
  expect(encoded.length).toBeGreaterThan(PEER_DATA_MAX_BYTES - 24);
  expect(decodeAddrInfo(encoded).directAddresses[0]).toBe("10.0.0.1:1");
  expect(() => encodeAddrInfo({ relayUrl: `https://${"a".repeat(500)}/`, directAddresses: [] })).toThrow(RangeError);
  expect(() => encodeAddrInfo({ relayUrl: undefined, directAddresses: ["localhost:1"] })).toThrow(RangeError);
});

test("random and damaged bytes: a value or a DecodeError", () => {
  const damaged = fc.tuple(fc.nat(VECTOR.length - 1), fc.nat(255)).map(([at, value]) => VECTOR.with(at, value));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), damaged), (input) => {
      try {
        decodeAddrInfo(input);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(() => decodeAddrInfo(bytes("00ffffffff0f"))).toThrow(/exceeds the input/);
  expect(() => decodeAddrInfo(bytes("0001020000000000"))).toThrow(/address family/);
});
