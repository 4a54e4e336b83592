/**
 * iroh-gossip's own gossip rounds (`tests/sim.rs`, `simulations/all.toml`): everybody joins the first node at the same instant,
 * 20 latencies later rounds begin; a round ends when all have everything, or after 5 s. RMR, LDH, missed and duration of each round,
 * summed up as upstream does it (the mean over the rounds is what its tests hold against a bound).
 */
import type { GossipConfig } from "@meshwork/protocol";
import type { Summary } from "../measure/broadcast.js";
import { summarize } from "../measure/broadcast.js";
import { components, overlayOf, viewFill } from "../measure/overlay.js";
import { PLAIN } from "../net/profile.js";
import { Cluster } from "../node/cluster.js";
import { VARIANTS, type Variant } from "./variants.js";

const ROUND_TIMEOUT_MS = 5_000;
const WARM_UP_LATENCIES = 20;

export interface RoundsOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly rounds: number;
  /** One sender for all rounds, another in each, or everybody at once. */
  readonly senders: "single" | "random" | "all";
  readonly latencyMaxMs: number;
  readonly variant: Variant;
  /** To break gossip on purpose, so that a judge can be seen to notice. */
  readonly spoil?: Partial<GossipConfig>;
}

export interface RoundsResult {
  readonly rmr: Summary;
  readonly ldh: Summary;
  readonly durationMs: Summary;
  readonly missed: number;
  readonly components: number;
  readonly meanView: number;
  readonly events: number;
  readonly trace: string;
}

export function runRounds(options: RoundsOptions): RoundsResult {
  const { seed, nodes, senders, latencyMaxMs } = options;
  const cluster = new Cluster({
    seed,
    profile: { ...PLAIN, latencyMaxMs },
    gossip: { ...VARIANTS[options.variant], ...options.spoil },
  });
  const { world } = cluster;
  cluster.bootAll(nodes);
  world.runFor(WARM_UP_LATENCIES * latencyMaxMs);
  const only = world.random.int(nodes);
  const rmr: number[] = [];
  const ldh: number[] = [];
  const durationMs: number[] = [];
  let missed = 0;
  for (let round = 0; round < options.rounds; round++) {
    const from = senders === "all" ? cluster.running().map(({ index }) => index) : [only];
    if (senders === "random") from[0] = world.random.int(nodes);
    const stats = from.map((sender) => cluster.broadcast(sender, `${round}:${sender}`));
    const expected = stats.length * (nodes - 1);
    let received = 0;
    cluster.onFirstDelivery = () => received++;
    world.runFor(ROUND_TIMEOUT_MS, () => received >= expected);
    const payloads = stats.reduce((sum, stat) => sum + stat.payloads, 0);
    rmr.push(payloads / (received - 1) - 1);
    ldh.push(Math.max(...stats.map((stat) => stat.lastDeliveryHop)));
    durationMs.push(Math.max(...stats.map((stat) => stat.durationMs)));
    missed += expected - received;
    cluster.untrack();
  }
  const overlay = overlayOf(cluster);
  return {
    rmr: summarize(rmr),
    ldh: summarize(ldh),
    durationMs: summarize(durationMs),
    missed,
    components: components(overlay).length,
    meanView: viewFill(overlay, 5).mean,
    events: world.events,
    trace: world.trace.digest(),
  };
}
