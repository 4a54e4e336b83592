/**
 * Takes a CPU profile of this process: first a quiet window, in which only counters are read, then V8's sampler, through an
 * inspector session inside the process (no port is opened).
 *
 * Sampling at 1 kHz takes 3 % of a core by itself, mostly on a thread of its own (docs/profiles/idle-node.md). So: one profile at a
 * time in a process, 60 s at most, and after each a pause as long as it took: whoever asks, at least half of the time is free of it.
 * Owner: the process; nothing is loaded before the first profile, and nothing is kept after one.
 */
import type { Profiler } from "node:inspector";
import { setTimeout as sleep } from "node:timers/promises";
import { MeshError } from "@meshwork/protocol";
import { type CpuProfile, profileTakesMs } from "./cpu-profile.js";
import type { NodeProfile, ProfileWindow } from "./profile-types.js";
import { readThreads, threadShares } from "./thread-shares.js";
import type { NodeStats } from "./types.js";

const SAMPLING_INTERVAL_US = 1_000;
const MIN_PAUSE_MS = 2_000;

export interface ProfileOrder {
  readonly durationMs: number;
  /** Ends the profile early; nothing is then given back. */
  readonly signal: AbortSignal;
  readonly stats: () => NodeStats;
}

let running = false;
let nextAtMs = Number.NEGATIVE_INFINITY;

/** Throws MESH_E_OVERLOADED while another profile of this process runs and in the pause after it, else the signal's reason. */
export async function takeProfile({ durationMs, signal, stats }: ProfileOrder): Promise<NodeProfile> {
  if (running) throw new MeshError("MESH_E_OVERLOADED", "another profile of this process is being taken");
  const startedAtMs = performance.now();
  if (startedAtMs < nextAtMs) {
    const waitMs = Math.ceil(nextAtMs - startedAtMs);
    throw new MeshError(
      "MESH_E_OVERLOADED",
      `this process was profiled just now; the next profile may begin in ${waitMs} ms`,
    );
  }
  running = true;
  try {
    const { name, process: host } = stats();
    const quiet = await measured(stats, profileTakesMs(durationMs) - durationMs, signal);
    const { window: sampled, profile } = await whileSampling(() => measured(stats, durationMs, signal));
    return {
      node: name,
      process: { pid: host.pid, shared: host.shared },
      samplingIntervalUs: SAMPLING_INTERVAL_US,
      quiet,
      sampled,
      profile,
    };
  } finally {
    running = false;
    nextAtMs = performance.now() + Math.max(MIN_PAUSE_MS, performance.now() - startedAtMs);
  }
}

/** Reads the counters, waits, reads them again. What the reading costs is not within the CPU. */
async function measured(stats: () => NodeStats, waitMs: number, signal: AbortSignal): Promise<ProfileWindow> {
  const before = readProfileCounters(stats);
  const cpu = process.cpuUsage();
  const startedAtMs = performance.now();
  await pause(waitMs, signal);
  const durationMs = performance.now() - startedAtMs;
  const { user, system } = process.cpuUsage(cpu);
  const after = readProfileCounters(stats);
  return {
    durationMs,
    cpuMs: (user + system) / 1_000,
    threads: before.threads && after.threads ? threadShares(before.threads, after.threads) : null,
    connectionsOpened: after.stats.connectionsOpened - before.stats.connectionsOpened,
    frames: framesBetween(before.stats.frames, after.stats.frames),
  };
}

/** Known by its name to cpu-profile.ts, which counts it as the profiler's own work. */
function readProfileCounters(stats: () => NodeStats) {
  return { stats: stats(), threads: readThreads() };
}

function framesBetween(before: NodeStats["frames"], after: NodeStats["frames"]): NodeStats["frames"] {
  const none = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0 };
  return Object.fromEntries(
    Object.entries(after).map(([kind, end]) => {
      const start = before[kind] ?? none;
      const between = {
        sent: end.sent - start.sent,
        received: end.received - start.received,
        sentBytes: end.sentBytes - start.sentBytes,
        receivedBytes: end.receivedBytes - start.receivedBytes,
      };
      return [kind, between];
    }),
  );
}

/** The window lies within the sampling: the sampler's thread is there when it is read at either end. */
async function whileSampling(
  work: () => Promise<ProfileWindow>,
): Promise<{ readonly window: ProfileWindow; readonly profile: CpuProfile }> {
  const { Session } = await inspector();
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_INTERVAL_US });
    await session.post("Profiler.start");
    const window = await work();
    const { profile } = await session.post("Profiler.stop");
    return { window, profile: dataOf(profile) };
  } finally {
    // Ends the sampler too where it still runs.
    session.disconnect();
  }
}

/** Without the ticks of each line, which double the size. */
function dataOf({ nodes, startTime, endTime, samples = [], timeDeltas = [] }: Profiler.Profile): CpuProfile {
  const sites = nodes.map(({ id, callFrame, hitCount = 0, children = [] }) => ({ id, callFrame, hitCount, children }));
  return { nodes: sites, startTime, endTime, samples, timeDeltas };
}

async function inspector(): Promise<typeof import("node:inspector/promises")> {
  try {
    return await import("node:inspector/promises");
  } catch (error) {
    throw new MeshError("MESH_E_REFUSED", "this Node.js was built without its inspector", { cause: error });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
