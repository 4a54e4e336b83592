/**
 * Size: a mesh boots, broadcasts, loses 30 % of its nodes at one instant and heals. All nodes are in the overlay; all of them, or so many
 * spread evenly among them, are members with directories. The others watch their links as nodes of other makes do. Nodes join the
 * overlay one after the other; the directories are handed over while they do (hand-over.ts).
 */
import { MembershipWatch } from "../measure/membership-watch.js";
import { components, overlayOf } from "../measure/overlay.js";
import { Cluster } from "../node/cluster.js";
import type { SimMembershipOptions } from "../node/membership-driver.js";

const SETTLE_MS = 60_000;
const KILL_SHARE = 0.3;
const BROADCASTS = 5;
const BROADCAST_LIMIT_MS = 5_000;
const LOOK_MS = 1_000;
/** After the failure: when broadcasts are tried, and how long the directories are waited for. */
const TRIED_AFTER_MS = 30_000;
const HEAL_LIMIT_MS = 180_000;

export interface ScaleOptions {
  readonly seed: number;
  readonly nodes: number;
  /** How many of them have directories. */
  readonly directories: number;
  readonly joinSpacingMs: number;
  /** Breaks a rule on purpose; a function, so for tests alone. */
  readonly spoil?: SimMembershipOptions["spoil"];
}

export interface ScaleResult {
  readonly componentsAfterBoot: number;
  /** Directories that are not the members as they are. */
  readonly divergentAfterBoot: number;
  readonly deliveredBefore: number;
  readonly lastDeliveryMs: number;
  readonly killed: number;
  /** From the failure to one component for good; undefined: not within the limit. */
  readonly connectedAfterMs: number | undefined;
  readonly deliveredAfter30s: number;
  /** From the failure to directories that hold exactly the survivors. */
  readonly wholeAfterMs: number | undefined;
  readonly divergentAtEnd: number;
  readonly falseDeaths: number;
  readonly virtualMs: number;
  readonly events: number;
  readonly trace: string;
}

export function runScale(options: ScaleOptions): ScaleResult {
  const { seed, nodes, directories, joinSpacingMs, spoil } = options;
  const stride = nodes / directories;
  const cluster = new Cluster({
    seed,
    membership: { mesh: "scale", ...(spoil === undefined ? {} : { spoil }) },
    ...(directories < nodes ? { isMember: (index: number) => index % stride < 1, probeLinks: true } : {}),
  });
  const watch = new MembershipWatch(cluster);
  const { world } = cluster;
  cluster.bootLongUp(nodes, joinSpacingMs, SETTLE_MS);
  const componentsAfterBoot = components(overlayOf(cluster)).length;
  const divergentAfterBoot = divergentMembers(cluster);
  const before = broadcasts(cluster, "before");

  const everybody = cluster.running().map(({ index }) => index);
  const victims = world.random.sample(everybody, Math.round(nodes * KILL_SHARE));
  const failedAtMs = world.nowMs;
  cluster.killMany(victims);
  let connectedAfterMs: number | undefined;
  let wholeAfterMs: number | undefined;
  const look = () => {
    world.runFor(LOOK_MS);
    const afterMs = world.nowMs - failedAtMs;
    connectedAfterMs = components(overlayOf(cluster)).length === 1 ? (connectedAfterMs ?? afterMs) : undefined;
    wholeAfterMs = divergentMembers(cluster) === 0 ? (wholeAfterMs ?? afterMs) : undefined;
  };
  while (world.nowMs < failedAtMs + TRIED_AFTER_MS) look();
  const after = broadcasts(cluster, "after");
  while (world.nowMs < failedAtMs + HEAL_LIMIT_MS && (connectedAfterMs === undefined || wholeAfterMs === undefined))
    look();
  return {
    componentsAfterBoot,
    divergentAfterBoot,
    deliveredBefore: before.delivered,
    lastDeliveryMs: before.lastMs,
    killed: victims.length,
    connectedAfterMs,
    deliveredAfter30s: after.delivered,
    wholeAfterMs,
    divergentAtEnd: divergentMembers(cluster),
    falseDeaths: watch.falseDeaths.length,
    virtualMs: world.nowMs,
    events: world.events,
    trace: world.trace.digest(),
  };
}

/** Stops at the first member that is missing, so that a mesh which is far from whole is asked quickly. */
function divergentMembers(cluster: Cluster): number {
  const members = cluster.running().filter(({ membership }) => membership !== undefined);
  let count = 0;
  for (const { membership } of members) {
    const { directory } = membership!;
    const knows = (id: string, generation: number) => directory.versionOf(id)?.generation === generation;
    const same =
      directory.size === members.length && members.every((member) => knows(member.id, member.membership!.generation));
    if (!same) count++;
  }
  return count;
}

/** From random nodes, one after the other: the share that was reached, and the last delivery of the slowest. */
function broadcasts(cluster: Cluster, label: string): { delivered: number; lastMs: number } {
  const { world } = cluster;
  const running = cluster.running();
  let reached = 0;
  let lastMs = 0;
  for (let count = 0; count < BROADCASTS; count++) {
    const stat = cluster.broadcast(world.random.pick(running).index, `${label}:${count}`);
    world.runFor(BROADCAST_LIMIT_MS, () => stat.deliveries === running.length - 1);
    reached += stat.deliveries / (running.length - 1);
    lastMs = Math.max(lastMs, stat.durationMs);
  }
  cluster.untrack();
  return { delivered: reached / BROADCASTS, lastMs };
}
