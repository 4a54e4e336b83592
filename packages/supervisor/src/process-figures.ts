/**
 * Memory and CPU time of a process from outside. Nodes report their own figures over the mesh; this is for those that do not
 * answer (frozen, wedged). Undefined where the system does not say (no /proc).
 */
import { readFileSync } from "node:fs";
import type { ProcessFigures } from "./types.js";

/** USER_HZ; 100 on every architecture that Node runs on, by the kernel's ABI. */
const TICK_MS = 10;

export function readFigures(pid: number): ProcessFigures | undefined {
  try {
    return parseFigures(readFileSync(`/proc/${pid}/stat`, "utf8"), readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return undefined;
  }
}

export function parseFigures(stat: string, status: string): ProcessFigures | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (!Number.isFinite(ticks) || rss === null) return undefined;
  return { rssBytes: Number(rss[1]) * 1_024, cpuTimeMs: ticks * TICK_MS };
}
