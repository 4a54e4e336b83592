/**
 * Where the console listens. By default nobody but this machine reaches it. Beyond that its token travels in plain HTTP, so it has to be
 * allowed in so many words, with the names that browsers will use: the console answers no other (DNS rebinding).
 */
import { isIP } from "node:net";
import { MeshError } from "@meshwork/protocol";

export interface ConsoleAddress {
  readonly host: string;
  /** By which processes of this machine reach it: `host`, or the loopback where it listens on every address. */
  readonly localHost: string;
  /** Names and addresses, without port, that it may be called by besides 127.0.0.1, ::1 and localhost. */
  readonly remoteNames: readonly string[] | undefined;
}

const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;
const LOOPBACK: ConsoleAddress = { host: "127.0.0.1", localHost: "127.0.0.1", remoteNames: undefined };

/** Of `--host` and `--allow-remote`. Throws MESH_E_USAGE, MESH_E_BAD_ADDRESS. */
export function consoleAddress(host: string | undefined, allowRemote: string | undefined): ConsoleAddress {
  if (host === undefined) {
    if (allowRemote !== undefined) throw new MeshError("MESH_E_USAGE", "--allow-remote is of use with --host alone");
    return LOOPBACK;
  }
  const family = isIP(host);
  if (family === 0) throw new MeshError("MESH_E_BAD_ADDRESS", `--host ${host}: write an IP address of this machine`);
  const localHost = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  if (host === "127.0.0.1" || host === "::1") return { host, localHost, remoteNames: undefined };
  // The rest of the loopback's block: nobody else reaches it, but the console does not know it by itself.
  if (host.startsWith("127.")) return { host, localHost, remoteNames: [host] };
  if (allowRemote === undefined) {
    throw new MeshError(
      "MESH_E_USAGE",
      `--host ${host}: other machines would reach the console, by plain HTTP. Leave it on loopback behind a tunnel or a proxy with TLS, or name what they call it by: --allow-remote ${host === localHost ? host : "console.example.org"}`,
    );
  }
  const names = allowRemote.split(",").map((name) => name.trim().replace(/^\[(.*)\]$/, "$1"));
  for (const name of names)
    if (isIP(name) === 0 && !NAME.test(name))
      throw new MeshError(
        "MESH_E_USAGE",
        `--allow-remote ${JSON.stringify(name)}: write names or addresses, without port`,
      );
  const remoteNames = [...new Set([...names, localHost])].map(inUrl);
  return { host, localHost, remoteNames };
}

/** An address as a URL has it. */
export function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
