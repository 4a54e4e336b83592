/**
 * What the waits before a Graft cost and save (GT1 of the gossip's RULES.md): a settled swarm on QUIC, rare broadcasts from changing
 * senders, each watched until its last duplicate; then a share of the nodes dies at one instant while broadcasts go on, with the
 * dead still among neighbours and announcers.
 */
import { type BroadcastStat, type Summary, summarize } from "../measure/broadcast.js";
import { QUIC } from "../net/profile.js";
import { Cluster } from "../node/cluster.js";
import { VARIANTS, type Variant } from "./variants.js";

const JOIN_SPACING_MS = 100;
const WARM_UP_MS = 60_000;
/** Longer than any broadcast and its duplicates are under way. */
const BROADCAST_SPACING_MS = 8_000;
/** Dead neighbours are found by the probes after 3.7 s: the first ten broadcasts meet them, the others their replacements. */
const STORM_SPACING_MS = 500;
const STORM_BROADCASTS = 40;
const STORM_FIRST = 10;
const STORM_REST_MS = 20_000;

export interface GraftWaitsOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly broadcasts: number;
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  readonly killShare: number;
  readonly variant: Variant;
}

export interface GraftWaitsResult {
  readonly rmr: Summary;
  readonly ldh: Summary;
  readonly durationMs: Summary;
  readonly missed: number;
  /** Grafts per broadcast and node. */
  readonly grafts: number;
  /** Mean share of the survivors reached by the broadcasts of the first five seconds after the failure, and by those after it. */
  readonly deliveredAtFirst: number;
  readonly deliveredLater: number;
  /** Tree frames (Gossip, IHave, Graft, Prune) per survivor: per broadcast after the failure, and in the busiest second. */
  readonly framesPerBroadcast: number;
  readonly framesInBusiestSecond: number;
  readonly events: number;
  readonly trace: string;
}

export function runGraftWaits(options: GraftWaitsOptions): GraftWaitsResult {
  const { seed, nodes, latencyMinMs, latencyMaxMs } = options;
  const cluster = new Cluster({
    seed,
    profile: { ...QUIC, latencyMinMs, latencyMaxMs },
    gossip: VARIANTS[options.variant],
    probeLinks: true,
  });
  const { world } = cluster;
  cluster.bootSequentially(nodes, JOIN_SPACING_MS);
  world.runFor(WARM_UP_MS);
  const stats: BroadcastStat[] = [];
  const graftsBefore = cluster.sentByKind.get("graft") ?? 0;
  for (let count = 0; count < options.broadcasts; count++) {
    stats.push(cluster.broadcast(world.random.int(nodes), `settled:${count}`));
    world.runFor(BROADCAST_SPACING_MS);
  }
  const grafts = ((cluster.sentByKind.get("graft") ?? 0) - graftsBefore) / (options.broadcasts * nodes);
  cluster.untrack();
  return {
    rmr: summarize(stats.map((stat) => stat.relativeMessageRedundancy)),
    ldh: summarize(stats.map((stat) => stat.lastDeliveryHop)),
    durationMs: summarize(stats.map((stat) => stat.durationMs)),
    missed: stats.reduce((sum, stat) => sum + nodes - 1 - stat.deliveries, 0),
    grafts,
    ...failureUnderLoad(cluster, options.killShare),
    events: world.events,
    trace: world.trace.digest(),
  };
}

function failureUnderLoad(cluster: Cluster, killShare: number) {
  const { world } = cluster;
  const everybody = cluster.running().map(({ index }) => index);
  cluster.killMany(world.random.sample(everybody, Math.round(everybody.length * killShare)));
  const survivors = cluster.running();
  const before = treeFrames(cluster);
  let busiest = 0;
  let lastLook = before;
  const lookBack = () => {
    const now = treeFrames(cluster);
    busiest = Math.max(busiest, now - lastLook);
    lastLook = now;
  };
  const stats: BroadcastStat[] = [];
  for (let count = 0; count < STORM_BROADCASTS; count++) {
    stats.push(cluster.broadcast(world.random.pick(survivors).index, `storm:${count}`));
    world.runFor(STORM_SPACING_MS);
    if (count % (1_000 / STORM_SPACING_MS) === 1) lookBack();
  }
  for (let second = 0; second < STORM_REST_MS / 1_000; second++) {
    world.runFor(1_000);
    lookBack();
  }
  const delivered = (some: readonly BroadcastStat[]) =>
    summarize(some.map(({ deliveries }) => deliveries / (survivors.length - 1))).mean;
  return {
    deliveredAtFirst: delivered(stats.slice(0, STORM_FIRST)),
    deliveredLater: delivered(stats.slice(STORM_FIRST)),
    framesPerBroadcast: (lastLook - before) / (survivors.length * STORM_BROADCASTS),
    framesInBusiestSecond: busiest / survivors.length,
  };
}

function treeFrames(cluster: Cluster): number {
  let sum = 0;
  for (const kind of ["gossip", "ihave", "graft", "prune"] as const) sum += cluster.sentByKind.get(kind) ?? 0;
  return sum;
}
