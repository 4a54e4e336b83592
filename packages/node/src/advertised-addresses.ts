/**
 * The addresses that a record and gossip carry: where others can reach this node. Loopback is told only by nodes that listen on
 * nothing else; a wildcard stands for the addresses of the machine's interfaces.
 */
import { networkInterfaces } from "node:os";

const MAX_ADDRESSES = 8;

export interface InterfaceAddress {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  readonly internal: boolean;
}

export function advertisedAddresses(
  bound: readonly string[],
  interfaces: readonly InterfaceAddress[] = localInterfaces(),
): string[] {
  const expanded = bound.flatMap((socket) => {
    const at = socket.lastIndexOf(":");
    const [host, port] = [socket.slice(0, at), socket.slice(at + 1)];
    if (host === "0.0.0.0") return addressesOf(interfaces, "IPv4").map((address) => `${address}:${port}`);
    if (host === "[::]") return addressesOf(interfaces, "IPv6").map((address) => `[${address}]:${port}`);
    return [socket];
  });
  const reachable = expanded.filter((socket) => !isLoopback(socket));
  return (reachable.length > 0 ? reachable : expanded).slice(0, MAX_ADDRESSES);
}

function addressesOf(interfaces: readonly InterfaceAddress[], family: "IPv4" | "IPv6"): string[] {
  // Link-local IPv6 needs a zone, which the wire has no room for.
  return interfaces
    .filter((entry) => entry.family === family && !entry.internal && !entry.address.startsWith("fe80:"))
    .map((entry) => entry.address);
}

export function isLoopback(socket: string): boolean {
  return socket.startsWith("127.") || socket.startsWith("[::1]");
}

function localInterfaces(): InterfaceAddress[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []) as InterfaceAddress[]);
}
