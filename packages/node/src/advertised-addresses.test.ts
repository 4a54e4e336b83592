import { expect, test } from "vitest";
import { advertisedAddresses, type InterfaceAddress } from "./advertised-addresses.js";

const INTERFACES: InterfaceAddress[] = [
  { address: "127.0.0.1", family: "IPv4", internal: true },
  { address: "192.0.2.10", family: "IPv4", internal: false },
  { address: "fe80::1", family: "IPv6", internal: false },
  { address: "2001:db8::10", family: "IPv6", internal: false },
];

test.each([
  [
    ["127.0.0.1:4", "[::1]:5"],
    ["127.0.0.1:4", "[::1]:5"],
  ],
  [["192.0.2.10:4", "[::1]:5"], ["192.0.2.10:4"]],
  [["0.0.0.0:4", "[::1]:5"], ["192.0.2.10:4"]],
  [
    ["0.0.0.0:4", "[::]:5"],
    ["192.0.2.10:4", "[2001:db8::10]:5"],
  ],
])("%j is advertised as %j", (bound, advertised) => {
  expect(advertisedAddresses(bound, INTERFACES)).toEqual(advertised);
});

test("a wildcard on a machine without interfaces advertises nothing", () => {
  expect(advertisedAddresses(["0.0.0.0:4"], [])).toEqual([]);
});
