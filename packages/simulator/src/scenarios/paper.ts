/**
 * The figures of the papers at their size (10,000 nodes, active 5, passive 30, sequential join, 50 cycles): HyParView (DSN 2007)
 * Table 1, Figures 1, 3 and 5, and Plumtree's messages per broadcast (SRDS 2007, Table 1). Their simulators have neither latency
 * nor timers; here every pair has a latency and Plumtree its 80 ms, so that redundancy of exactly 0 is not to be had.
 */
import { summarize } from "../measure/broadcast.js";
import { clustering, components, inDegrees, overlayOf, pathLengths, viewFill } from "../measure/overlay.js";
import { PLAIN } from "../net/profile.js";
import { Cluster } from "../node/cluster.js";
import { CYCLE_MS } from "./mass-failure.js";
import { VARIANTS, type Variant } from "./variants.js";

const JOIN_SPACING_MS = 50;
const SETTLE_BROADCASTS = 10;
const BROADCAST_SPACING_MS = 500;
const PATH_SOURCES = 50;

export interface PaperOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly warmUpCycles: number;
  readonly killShare: number;
  /** Broadcasts right after the failure, before any cycle; the paper sends 1,000. */
  readonly broadcasts: number;
  readonly healingCycles: number;
  readonly variant: Variant;
}

export interface PaperResult {
  readonly clustering: number;
  readonly meanPath: number;
  readonly longestPath: number;
  readonly inDegrees: readonly number[];
  readonly fullViews: number;
  readonly components: number;
  /** Of settled broadcasts of one sender: hops, payload and control frames per broadcast, redundancy. */
  readonly ldh: number;
  readonly payloads: number;
  readonly control: number;
  readonly rmr: number;
  /** Mean share of the survivors reached: over all broadcasts after the failure, over the last tenth, after each cycle. */
  readonly reliability: number;
  readonly reliabilityOfLast: number;
  readonly afterCycles: readonly number[];
  readonly events: number;
  readonly trace: string;
}

export function runPaper(options: PaperOptions): PaperResult {
  const { seed, nodes, killShare } = options;
  const cluster = new Cluster({ seed, profile: { ...PLAIN, latencyMaxMs: 50 }, gossip: VARIANTS[options.variant] });
  const { world } = cluster;
  cluster.bootSequentially(nodes, JOIN_SPACING_MS);
  world.runFor(options.warmUpCycles * CYCLE_MS);
  const overlay = overlayOf(cluster);
  const paths = pathLengths(overlay, PATH_SOURCES, world.random);

  const sender = world.random.int(nodes);
  for (let count = 0; count < SETTLE_BROADCASTS; count++) reach(cluster, sender, `settle:${count}`, 5_000);
  const controlBefore = controlFrames(cluster);
  const last = cluster.broadcast(sender, "settled");
  world.runFor(5_000);
  const control = controlFrames(cluster) - controlBefore;

  cluster.killMany(
    world.random.sample(
      cluster.running().map(({ index }) => index),
      Math.round(nodes * killShare),
    ),
  );
  const reached: number[] = [];
  for (let count = 0; count < options.broadcasts; count++) {
    reached.push(reach(cluster, randomSurvivor(cluster), `failed:${count}`, BROADCAST_SPACING_MS));
  }
  const afterCycles: number[] = [];
  for (let cycle = 0; cycle < options.healingCycles; cycle++) {
    world.runFor(CYCLE_MS);
    afterCycles.push(reach(cluster, randomSurvivor(cluster), `cycle:${cycle}`, 5_000));
  }
  return {
    clustering: clustering(overlay),
    meanPath: paths.mean,
    longestPath: paths.longest,
    inDegrees: inDegrees(overlay),
    fullViews: viewFill(overlay, 5).full,
    components: components(overlay).length,
    ldh: last.lastDeliveryHop,
    payloads: last.payloads,
    control,
    rmr: last.relativeMessageRedundancy,
    reliability: summarize(reached).mean,
    reliabilityOfLast: summarize(reached.slice(-Math.max(1, Math.floor(reached.length / 10)))).mean,
    afterCycles,
    events: world.events,
    trace: world.trace.digest(),
  };
}

function randomSurvivor(cluster: Cluster): number {
  return cluster.world.random.pick(cluster.running()).index;
}

function reach(cluster: Cluster, from: number, text: string, forMs: number): number {
  const others = cluster.running().length - 1;
  const stat = cluster.broadcast(from, text);
  cluster.world.runFor(forMs);
  cluster.untrack();
  return stat.deliveries / others;
}

function controlFrames(cluster: Cluster): number {
  let sum = 0;
  for (const kind of ["ihave", "graft", "prune"] as const) sum += cluster.sentByKind.get(kind) ?? 0;
  return sum;
}
