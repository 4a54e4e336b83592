/**
 * What a process under fuzzing may not do: end, or grow. Resident memory and open handles (file descriptors) are read from /proc; the
 * second and the last fifth of the run are compared, because a process takes its buffers and caches in the beginning.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";

const PAGE_BYTES = 4_096;
const MB = 1_048_576;

/** Bounds of growth. The console's own bounded stores may fill meanwhile; what they say of their size is taken off. */
export const MAX_RSS_GROWTH_BYTES = 64 * MB;
export const MAX_HANDLE_GROWTH = 32;

/** undefined where there is no such process (any more). */
export function vitalsOf(pid) {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return { rssBytes: pages * PAGE_BYTES, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

export class VitalSigns {
  #pidOf;
  #storedBytes;
  #samples = [];
  #timer;

  /** `pidOf` gives the process now; `storedBytes` what its bounded stores say they hold. */
  constructor(pidOf, storedBytes = async () => 0) {
    this.#pidOf = pidOf;
    this.#storedBytes = storedBytes;
  }

  start(intervalMs) {
    this.#timer = setInterval(() => void this.sample(), intervalMs);
  }

  async sample() {
    const vitals = vitalsOf(this.#pidOf());
    if (vitals !== undefined) this.#samples.push({ ...vitals, storedBytes: await this.#storedBytes().catch(() => 0) });
  }

  /** Ends the watch and reports its verdict. */
  async judge(report) {
    clearInterval(this.#timer);
    if (!existsSync("/proc/self/statm")) return report.skip("no growth", "this system has no /proc");
    await this.sample();
    const { complaints, growth } = judgeGrowth(this.#samples);
    if (complaints.length === 0) report.pass("no growth", growth);
    else report.fail("no growth", complaints.join("; "), growth);
  }
}

/** `complaints` is empty where nothing grew beyond its bound. */
export function judgeGrowth(samples) {
  if (samples.length < 5) return { complaints: [`only ${samples.length} samples`], growth: undefined };
  const part = Math.ceil(samples.length / 5);
  const [first, last] = [samples.slice(part, 2 * part), samples.slice(-part)];
  const median = (list, read) => list.map(read).sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const grown = (read) => median(last, read) - median(first, read);
  const growth = {
    rssBytes: grown((sample) => sample.rssBytes),
    storedBytes: grown((sample) => sample.storedBytes),
    handles: grown((sample) => sample.handles),
    lastRssBytes: samples.at(-1).rssBytes,
  };
  const complaints = [];
  // A byte that a store counts is about two in the heap before the next full collection.
  const unexplained = growth.rssBytes - 2 * Math.max(0, growth.storedBytes);
  if (unexplained > MAX_RSS_GROWTH_BYTES)
    complaints.push(
      `resident memory grew by ${Math.round(unexplained / MB)} MB beyond its stores, the bound is ${MAX_RSS_GROWTH_BYTES / MB} MB`,
    );
  if (growth.handles > MAX_HANDLE_GROWTH)
    complaints.push(`open handles grew by ${growth.handles}, the bound is ${MAX_HANDLE_GROWTH}`);
  return { complaints, growth };
}
