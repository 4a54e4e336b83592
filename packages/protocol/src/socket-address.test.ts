import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isIpv4, isIpv6, isSocketAddress, parseSocketAddressParts } from "./socket-address.js";

test("IP addresses are judged as Node judges them, zones excepted", () => {
  const pieces = fc.constantFrom(
    "0",
    "1",
    "01",
    "255",
    "256",
    "::",
    ":",
    ".",
    "fe80",
    "ABCD",
    "12345",
    "1.2.3.4",
    "g",
    "",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), fc.constantFrom("", ":", "."), (parts, separator) => {
      const text = parts.join(separator);
      expect(isIpv4(text), text).toBe(isIPv4(text));
      expect(isIpv6(text), text).toBe(isIPv6(text));
    }),
    { numRuns: 3_000 },
  );
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), (v4, v6) => {
      expect(isIpv4(v4)).toBe(true);
      expect(isIpv6(v6), v6).toBe(isIPv6(v6));
    }),
  );
  expect(isIpv6("fe80::1%eth0")).toBe(false);
});

test("an address has a port from 1 to 65535", () => {
  expect(parseSocketAddressParts("127.0.0.1:4433")).toEqual({ ip: "127.0.0.1", family: 4, port: 4433 });
  expect(parseSocketAddressParts("[2001:db8::1]:1")).toEqual({ ip: "2001:db8::1", family: 6, port: 1 });
  for (const text of [
    "",
    "1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:0",
    "1.2.3.4:65536",
    "1.2.3.4:+5",
    "1.2.3.4:05",
    "localhost:1",
  ]) {
    expect(isSocketAddress(text), text).toBe(false);
  }
  for (const text of ["::1:5", "[::1]", "[::1]5", "[::1", "[1.2.3.4]:5", "[::1]:x", " 1.2.3.4:5", "1.2.3.4:5 "]) {
    expect(isSocketAddress(text), text).toBe(false);
  }
});
