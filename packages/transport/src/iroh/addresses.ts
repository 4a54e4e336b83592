/**
 * Addresses on their way into the binding: which sockets to bind, and whether a text is an address at all.
 *
 * Binding only `127.0.0.1:0` would still bind `[::]` on every interface, so both families are always named: a family that
 * was not asked for gets its loopback.
 */
import { isIP, isIPv4, isIPv6 } from "node:net";
import { MeshError } from "@meshwork/protocol";

export interface SocketAddress {
  readonly family: 4 | 6;
  readonly ip: string;
  readonly port: number;
}

/** `1.2.3.4:5` or `[::1]:5`; anything else, host names included, is `undefined`. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([^\]%]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  if (match[1] !== undefined) return isIPv6(match[1]) ? { family: 6, ip: match[1], port } : undefined;
  const ip = match[2] as string;
  return isIPv4(ip) && isIP(ip) === 4 ? { family: 4, ip, port } : undefined;
}

export interface BindPlan {
  readonly v4: SocketAddress;
  readonly v6: SocketAddress;
}

/** The sockets for `bind` (`ip:port`, or nothing: loopback of both families with free ports). Throws MESH_E_BAD_ADDRESS. */
export function planBind(bind: string | undefined): BindPlan {
  const v4: SocketAddress = { family: 4, ip: "127.0.0.1", port: 0 };
  const v6: SocketAddress = { family: 6, ip: "::1", port: 0 };
  if (bind === undefined) return { v4, v6 };
  const given = parseSocketAddress(bind);
  if (given === undefined) throw new MeshError("MESH_E_BAD_ADDRESS", `"${bind}"`);
  return given.family === 4 ? { v4: given, v6 } : { v4, v6: given };
}

export function formatSocketAddress(address: SocketAddress): string {
  return address.family === 4 ? `${address.ip}:${address.port}` : `[${address.ip}]:${address.port}`;
}

/** What is bound beyond the plan; empty when exactly the plan (with free ports filled in) is bound. */
export function unexpectedSockets(plan: BindPlan, bound: readonly string[]): string[] {
  return bound.filter((text) => {
    const socket = parseSocketAddress(text);
    if (socket === undefined) return true;
    const asked = socket.family === 4 ? plan.v4 : plan.v6;
    const sameIp = asked.family === 4 ? asked.ip === socket.ip : canonicalV6(asked.ip) === canonicalV6(socket.ip);
    return !(sameIp && (asked.port === 0 || asked.port === socket.port));
  });
}

function canonicalV6(ip: string): string {
  return new URL(`http://[${ip}]/`).hostname;
}
