/** What `mesh.profile` answers with. */
import type { CpuProfile } from "./cpu-profile.js";
import type { ThreadShare } from "./thread-shares.js";
import type { NodeStats } from "./types.js";

/** Figures of a stretch of time; of the whole process where they are of CPU and threads, of the node where they are of its network. */
export interface ProfileWindow {
  readonly durationMs: number;
  /** User and system, all threads. */
  readonly cpuMs: number;
  /** Most CPU first; null where the platform does not tell (only Linux does). */
  readonly threads: readonly ThreadShare[] | null;
  /** By this node, to and from peers. */
  readonly connectionsOpened: number;
  readonly frames: NodeStats["frames"];
}

/**
 * Two windows, because sampling costs: on an idle node more than the node itself. `quiet` comes first and has no sampler in it;
 * its figures are the node's. `sampled` is the time of the profile, and shows what the sampler added.
 */
export interface NodeProfile {
  /** Full name of the node that answered. */
  readonly node: string;
  /** `shared`: several nodes live in the process. The profile, CPU and threads are then of all of them. */
  readonly process: { readonly pid: number; readonly shared: boolean };
  readonly samplingIntervalUs: number;
  readonly quiet: ProfileWindow;
  readonly sampled: ProfileWindow;
  readonly profile: CpuProfile;
}
