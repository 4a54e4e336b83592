/**
 * Mass failure: a share of a settled swarm dies at one instant. How long until the survivors are one component again, who stays
 * alone, what broadcasts reach (HyParView §5.2–5.3 asks the same of its figures 2 and 4).
 *
 * `plain`: links and dials fail after a latency or two, as in iroh-gossip's simulator. `quic`: a killed process says nothing,
 * dead links are found by the node's probes (3.7 s), dials to the dead take 5 s.
 */
import type { GossipConfig } from "@meshwork/protocol";
import { components, isolated, overlayOf, viewFill } from "../measure/overlay.js";
import { PLAIN, QUIC } from "../net/profile.js";
import { Cluster } from "../node/cluster.js";
import { VARIANTS, type Variant } from "./variants.js";

export const CYCLE_MS = 60_000;
const JOIN_SPACING_MS = 100;
const PROBE_BROADCASTS = 5;

export interface MassFailureOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly killShare: number;
  readonly warmUpCycles: number;
  readonly network: "plain" | "quic";
  readonly variant: Variant;
  /** To break gossip on purpose, so that a judge can be seen to notice. */
  readonly spoil?: Partial<GossipConfig>;
}

export interface MassFailureResult {
  readonly survivors: number;
  readonly fullViewsBefore: number;
  /** When the survivors were one component for good, after the failure; undefined: not within two cycles. */
  readonly connectedAfterMs: number | undefined;
  /** Mean share of the survivors reached by broadcasts begun 30 s and two cycles after the failure. */
  readonly deliveredAfter30s: number;
  readonly deliveredAfterTwoCycles: number;
  readonly isolatedAfterTwoCycles: number;
  readonly componentsAfterTwoCycles: number;
  /** HyParView messages per survivor in the first minute, and in the idle one before the failure. */
  readonly repairMessagesPerNode: number;
  readonly idleMessagesPerNode: number;
  readonly events: number;
  readonly trace: string;
}

export function runMassFailure(options: MassFailureOptions): MassFailureResult {
  const { seed, nodes, killShare, network } = options;
  const cluster = new Cluster({
    seed,
    profile: network === "plain" ? { ...PLAIN, latencyMaxMs: 50 } : QUIC,
    gossip: { ...VARIANTS[options.variant], ...options.spoil },
    probeLinks: network === "quic",
  });
  const { world } = cluster;
  cluster.bootSequentially(nodes, JOIN_SPACING_MS);
  world.runFor((options.warmUpCycles - 1) * CYCLE_MS);
  const beforeIdle = swarmMessages(cluster);
  world.runFor(CYCLE_MS);
  const idleMessagesPerNode = (swarmMessages(cluster) - beforeIdle) / nodes;
  const fullViewsBefore = viewFill(overlayOf(cluster), 5).full;

  const everybody = cluster.running().map(({ index }) => index);
  cluster.killMany(world.random.sample(everybody, Math.round(nodes * killShare)));
  const survivors = cluster.running().length;
  const failedAtMs = world.nowMs;
  const beforeRepair = swarmMessages(cluster);
  let connectedAfterMs: number | undefined;
  const look = (untilMs: number) => {
    while (world.nowMs < failedAtMs + untilMs) {
      world.runFor(1_000);
      const connected = components(overlayOf(cluster)).length === 1;
      if (!connected) connectedAfterMs = undefined;
      else connectedAfterMs ??= world.nowMs - failedAtMs;
    }
  };
  look(30_000);
  const deliveredAfter30s = probe(cluster, "30 s");
  look(CYCLE_MS);
  const repairMessagesPerNode = (swarmMessages(cluster) - beforeRepair) / survivors;
  look(2 * CYCLE_MS);
  const deliveredAfterTwoCycles = probe(cluster, "two cycles");
  const overlay = overlayOf(cluster);
  return {
    survivors,
    fullViewsBefore,
    connectedAfterMs,
    deliveredAfter30s,
    deliveredAfterTwoCycles,
    isolatedAfterTwoCycles: isolated(overlay),
    componentsAfterTwoCycles: components(overlay).length,
    repairMessagesPerNode,
    idleMessagesPerNode,
    events: world.events,
    trace: world.trace.digest(),
  };
}

/** Broadcasts from random survivors, one after the other. Takes at most 25 s of the cluster's time. */
function probe(cluster: Cluster, label: string): number {
  const { world } = cluster;
  const running = cluster.running();
  let reached = 0;
  for (let count = 0; count < PROBE_BROADCASTS; count++) {
    const from = world.random.pick(running).index;
    const stat = cluster.broadcast(from, `${label}:${count}`);
    world.runFor(5_000, () => stat.deliveries === running.length - 1);
    reached += stat.deliveries / (running.length - 1);
  }
  cluster.untrack();
  return reached / PROBE_BROADCASTS;
}

function swarmMessages(cluster: Cluster): number {
  let sum = 0;
  for (const [kind, count] of cluster.sentByKind) {
    if (kind !== "gossip" && kind !== "ihave" && kind !== "graft" && kind !== "prune") sum += count;
  }
  return sum;
}
