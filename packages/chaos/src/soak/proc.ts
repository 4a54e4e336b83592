/** A process as /proc shows it: what it cannot be wrong about itself. Undefined where it is gone, or there is no /proc. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface ProcFigures {
  /** User and system, since it started. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Shared pages counted once, over all who share them: the honest figure for many processes. */
  readonly pssBytes: number;
  /** Without TCP connections: these come and go with the telemetry that a node happens to send, and are kept alive for the next. */
  readonly fileDescriptors: number;
  readonly tcpConnections: number;
  readonly threads: number;
}

/** USER_HZ; 100 on every architecture that Node runs on, by the kernel's ABI. */
const TICK_MS = 10;

export function readProc(pid: number): ProcFigures | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const memory = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(memory)?.[1]);
    const figures = {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
      rssBytes: kilobytes("Rss") * 1_024,
      pssBytes: kilobytes("Pss") * 1_024,
      ...readDescriptors(pid),
      threads: Number(fields[17]),
    };
    return Object.values(figures).every(Number.isFinite) ? figures : undefined;
  } catch {
    return undefined;
  }
}

function readDescriptors(pid: number): Pick<ProcFigures, "fileDescriptors" | "tcpConnections"> {
  const connected = connectedInodes(pid);
  const directory = `/proc/${pid}/fd`;
  let tcpConnections = 0;
  const descriptors = readdirSync(directory);
  for (const descriptor of descriptors) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(join(directory, descriptor)))?.[1];
    if (inode !== undefined && connected.has(inode)) tcpConnections += 1;
  }
  return { fileDescriptors: descriptors.length - tcpConnections, tcpConnections };
}

/** A descriptor may be closed while it is looked at. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const LISTENING = "0A";

/** proc(5), /proc/net/tcp: of what is no listener, the tenth field. */
function connectedInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const table of ["tcp", "tcp6"]) {
    for (const line of readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const inode = fields[9];
      if (inode !== undefined && fields[3] !== LISTENING) inodes.add(inode);
    }
  }
  return inodes;
}
