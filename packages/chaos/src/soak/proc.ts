/** A process as /proc shows it: what it cannot be wrong about itself. Undefined where it is gone, or there is no /proc. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcFigures {
  /** User and system, since it started. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Shared pages counted once, over all who share them: the honest figure for many processes. */
  readonly pssBytes: number;
  readonly fileDescriptors: number;
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
      fileDescriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: Number(fields[17]),
    };
    return Object.values(figures).every(Number.isFinite) ? figures : undefined;
  } catch {
    return undefined;
  }
}
