/**
 * What each thread of this process uses: CPU time and wake-ups, as Linux counts them under /proc/self/task. A CPU profile shows
 * the main thread's JavaScript alone; the network stack, V8's helpers and the thread pool are the other rows here.
 *
 * CPU time comes from `schedstat` (ns) where the kernel has it, else from `stat` (user + system, in ticks of 10 ms). A wake-up is
 * a voluntary context switch: the thread had slept until something happened. Elsewhere than on Linux there are no rows.
 * Cost: 0.4 to 1.2 ms of CPU for 11 threads, three files each; read only around a profile. Bounded: `MAX_THREADS` rows, those with the most CPU.
 */
import { readdirSync, readFileSync } from "node:fs";

const MAX_THREADS = 256;
/** USER_HZ, which Linux shows to programs whatever the kernel ticks at. */
const TICK_MS = 10;
const PROFILER_THREAD = "v8:ProfEvntProc";

/** `main` runs the JavaScript that a profile shows; `profiler` is V8's sampler, there only while it samples. */
export type ThreadRole = "main" | "profiler" | "other";

export interface ThreadShare {
  readonly name: string;
  readonly role: ThreadRole;
  readonly cpuMs: number;
  readonly wakeUps: number;
}

export interface ThreadReading {
  readonly name: string;
  readonly cpuMs: number;
  readonly wakeUps: number;
}

/** By thread id; undefined where the platform does not tell. */
export function readThreads(directory = "/proc/self/task"): ReadonlyMap<number, ThreadReading> | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const readings = new Map<number, ThreadReading>();
    for (const id of readdirSync(directory)) {
      const reading = readThread(`${directory}/${id}`);
      if (reading !== undefined) readings.set(Number(id), reading);
    }
    return readings;
  } catch {
    return undefined;
  }
}

/** What each thread used between two readings, most CPU first. A thread that ended in between took its figures along. */
export function threadShares(
  before: ReadonlyMap<number, ThreadReading>,
  after: ReadonlyMap<number, ThreadReading>,
  mainId = process.pid,
): ThreadShare[] {
  return [...after]
    .map(([id, { name, cpuMs, wakeUps }]) => {
      const start = before.get(id);
      return {
        name,
        role: id === mainId ? ("main" as const) : name === PROFILER_THREAD ? ("profiler" as const) : ("other" as const),
        cpuMs: Math.max(0, cpuMs - (start?.cpuMs ?? 0)),
        wakeUps: Math.max(0, wakeUps - (start?.wakeUps ?? 0)),
      };
    })
    .sort((a, b) => b.cpuMs - a.cpuMs)
    .slice(0, MAX_THREADS);
}

/** Undefined where the thread ended while it was read. */
function readThread(directory: string): ThreadReading | undefined {
  try {
    const name = readFileSync(`${directory}/comm`, "utf8").trim().slice(0, 64);
    const switches = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${directory}/status`, "utf8"))?.[1];
    return { name, cpuMs: readCpuMs(directory), wakeUps: Number(switches ?? 0) };
  } catch {
    return undefined;
  }
}

function readCpuMs(directory: string): number {
  try {
    return Number(readFileSync(`${directory}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    // The name in front may hold spaces and brackets: fields are counted from its last bracket; 11 and 12 are user and system.
    const stat = readFileSync(`${directory}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }
}
