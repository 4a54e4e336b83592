/**
 * Who listens on a TCP port, for the message "port taken by …". Linux: /proc/net/tcp{,6} gives the socket's inode, /proc/*\/fd
 * its holder (only one's own processes unless root). Elsewhere `lsof` where it is installed. Costs some ms per hundred
 * processes: for an error message, not for a loop.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { SupervisorError } from "./errors.js";
import { readProcess } from "./process-identity.js";

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

/** Undefined where nobody listens or the system does not tell. */
export function findPortOwner(port: number): PortOwner | undefined {
  const pid = process.platform === "linux" ? (fromProc(port) ?? fromLsof(port)) : fromLsof(port);
  if (pid === undefined) return undefined;
  return { pid, command: readProcess(pid)?.command ?? "" };
}

/** The error for a port that could not be bound; names the holder where it can be found. */
export function portTakenError(host: string, port: number, cause?: unknown): SupervisorError {
  const owner = findPortOwner(port);
  const holder = owner
    ? `process ${owner.pid} (${owner.command.slice(0, 200) || "unknown command"})`
    : "another process";
  return new SupervisorError("MESH_E_PORT_TAKEN_BY", `${host}:${port} is held by ${holder}`, { cause });
}

/** Inodes of the sockets that listen on the port, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const inodes: string[] = [];
  for (const line of table.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    // 0A is TCP_LISTEN.
    if (fields[1]?.endsWith(suffix) && fields[3] === "0A" && fields[9] !== undefined) inodes.push(fields[9]);
  }
  return inodes;
}

function fromProc(port: number): number | undefined {
  const links = new Set<string>();
  for (const table of ["tcp", "tcp6"]) {
    for (const inode of listeningInodes(readOr(`/proc/net/${table}`), port)) links.add(`socket:[${inode}]`);
  }
  if (links.size === 0) return undefined;
  for (const pid of listOr("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of listOr(`/proc/${pid}/fd`)) {
      try {
        if (links.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) return Number(pid);
      } catch {
        // Closed meanwhile.
      }
    }
  }
  return undefined;
}

function fromLsof(port: number): number | undefined {
  try {
    const args = ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"];
    const out = execFileSync("lsof", args, { encoding: "utf8", timeout: 3_000, stdio: ["ignore", "pipe", "ignore"] });
    const pid = Number(out.trim().split("\n")[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listOr(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
