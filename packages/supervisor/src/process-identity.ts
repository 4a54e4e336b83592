/**
 * Which process a pid means. A pid alone is reused by the system; pid and start time together are not, so nothing here ever
 * signals a process by its pid alone. Linux reads /proc (three system calls); elsewhere `ps` is asked.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  /** Opaque: clock ticks since boot on Linux, a date elsewhere. Compared, never parsed. */
  readonly startTime: string;
  /** False for a zombie too: it is dead, only not collected by its parent. */
  readonly alive: boolean;
  /** Short name, as the kernel has it. */
  readonly name: string;
  /** Full command line, arguments separated by spaces; cut at 4,096 characters. Empty where it cannot be read. */
  readonly command: string;
}

const onLinux = process.platform === "linux";

/** Undefined where there is no such process. Costs ~30 µs on Linux, a few ms (a `ps`) elsewhere. */
export function readProcess(pid: number): ProcessInfo | undefined {
  return onLinux ? readFromProc(pid) : readFromPs(pid);
}

/** The start time of a live process, or undefined. */
export function readStartTime(pid: number): string | undefined {
  const info = readProcess(pid);
  return info?.alive ? info.startTime : undefined;
}

export function isSameProcess(pid: number, startTime: string): boolean {
  return readStartTime(pid) === startTime;
}

/** Sends the signal if the pid still means that process. True where it was sent. */
export function signalExactly(pid: number, startTime: string, signal: NodeJS.Signals): boolean {
  if (!isSameProcess(pid, startTime)) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function readFromProc(pid: number): ProcessInfo | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    if (stat === undefined) return undefined;
    return { pid, ...stat, command: commandLine(pid) };
  } catch {
    return undefined;
  }
}

/** proc(5): the name is in parentheses and may hold anything, so fields count from the last ')'. */
export function parseStat(line: string): Pick<ProcessInfo, "parentPid" | "startTime" | "alive" | "name"> | undefined {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const fields = line.slice(close + 2).split(" ");
  const [state, parent] = fields;
  const startTime = fields[19];
  if (state === undefined || parent === undefined || startTime === undefined) return undefined;
  return { name: line.slice(open + 1, close), parentPid: Number(parent), startTime, alive: !/^[ZXx]/.test(state) };
}

function commandLine(pid: number): string {
  try {
    const raw = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return raw.replace(/\0+$/, "").replaceAll("\0", " ").slice(0, 4_096);
  } catch {
    return "";
  }
}

function readFromPs(pid: number): ProcessInfo | undefined {
  try {
    const args = ["-o", "ppid=,state=,lstart=,command=", "-p", String(pid)];
    const out = execFileSync("ps", args, { encoding: "utf8", timeout: 2_000, stdio: ["ignore", "pipe", "ignore"] });
    return parsePs(pid, out);
  } catch {
    return undefined;
  }
}

/** `lstart` is five words ("Fri Nov 20 13:31:00 2026"), whatever the locale's spelling. */
export function parsePs(pid: number, line: string): ProcessInfo | undefined {
  const match = /^(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/s.exec(line.trim());
  if (match === null) return undefined;
  const [, parent, state, startTime, command] = match as unknown as [string, string, string, string, string];
  const first = command.split(" ")[0] ?? "";
  return {
    pid,
    parentPid: Number(parent),
    startTime,
    alive: !state.startsWith("Z"),
    name: first.slice(first.lastIndexOf("/") + 1),
    command: command.slice(0, 4_096),
  };
}
