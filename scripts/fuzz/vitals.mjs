/**
 * What a process under fuzzing may not do: end, or grow. Open handles (file descriptors) and resident memory are read from /proc; the heap
 * is what the process says of it. The first fifth of a run is left out, because a process takes its buffers and caches in the beginning;
 * the two halves of the rest are compared.
 *
 * Held memory is judged by the lowest heap of each half: between collections a heap holds what nobody needs any more, and V8 collects the
 * later the more memory the machine has. (Measured: a console with 365 MB resident after 48,000 requests held 47 MB after a collection.)
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";

const PAGE_BYTES = 4_096;
const MB = 1_048_576;

/** What is held beyond what the process's own bounded stores count, which is taken off twice: a span counts 1 byte for 1.7 of heap. */
export const MAX_HELD_GROWTH_BYTES = 32 * MB;
/** Garbage included. */
export const MAX_RSS_GROWTH_BYTES = 256 * MB;
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
  #read;
  #samples = [];
  #timer;

  /** `pidOf` gives the process now; `read` its `heapBytes`, and `storedBytes` where it has bounded stores that say so. */
  constructor(pidOf, read) {
    this.#pidOf = pidOf;
    this.#read = read;
  }

  start(intervalMs) {
    this.#timer = setInterval(() => void this.sample(), intervalMs);
  }

  async sample() {
    const vitals = vitalsOf(this.#pidOf());
    const figures = await this.#read().catch(() => undefined);
    if (vitals !== undefined && figures !== undefined) this.#samples.push({ storedBytes: 0, ...vitals, ...figures });
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
  const settled = samples.slice(Math.ceil(samples.length / 5));
  if (settled.length < 4) return { complaints: [`only ${samples.length} samples`], growth: undefined };
  const half = Math.floor(settled.length / 2);
  const halves = [settled.slice(0, half), settled.slice(half)];
  const [before, after] = halves.map((part) => part.reduce((low, one) => (one.heapBytes < low.heapBytes ? one : low)));
  const median = (part, read) => part.map(read).sort((a, b) => a - b)[Math.floor(part.length / 2)];
  const grown = (read) => median(halves[1], read) - median(halves[0], read);
  const growth = {
    heldBytes: after.heapBytes - before.heapBytes,
    storedBytes: after.storedBytes - before.storedBytes,
    rssBytes: grown((sample) => sample.rssBytes),
    handles: grown((sample) => sample.handles),
    lastRssBytes: samples.at(-1).rssBytes,
  };
  const complaints = [];
  const tooMuch = (what, bytes, bound) => {
    if (bytes > bound) complaints.push(`${what} grew by ${Math.round(bytes / MB)} MB, the bound is ${bound / MB} MB`);
  };
  tooMuch("held memory", growth.heldBytes - 2 * Math.max(0, growth.storedBytes), MAX_HELD_GROWTH_BYTES);
  tooMuch("resident memory", growth.rssBytes, MAX_RSS_GROWTH_BYTES);
  if (growth.handles > MAX_HANDLE_GROWTH)
    complaints.push(`open handles grew by ${growth.handles}, the bound is ${MAX_HANDLE_GROWTH}`);
  return { complaints, growth };
}
