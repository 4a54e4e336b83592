/**
 * Swarm testing: each seed picks its own size, network and kinds of faults (kinds are switched on and off as wholes, Groce et al.,
 * "Swarm Testing", ISSTA 2012), injects them for a while, and checks invariants all along. Then the faults end, and within
 * `LIVENESS_MS` the survivors must be one mesh again (TigerBeetle's safety phase and liveness phase).
 *
 * Invariants, every 5 s of virtual time:
 *   1. the own id is in none of a node's views, the views are disjoint and within their capacities;
 *   2. eager and lazy peers are neighbours;
 *   3. per life of an observer, what its directory says of an id only moves forward;
 *   4. a directory holds nobody who never was, and its own record is its own;
 *   5. collections are within their bounds.
 * And at each moment, where the mesh as a whole is not split: nobody is held for dead, or expires, while he runs and can be reached
 * (measure/membership-watch.ts). In a split two on one side rightly bury who is on the other, and what they say may come over.
 * The machines' own invariants throw where they break. Liveness: one component, no link that one end alone has known for 15 s, every
 * directory holds exactly the running nodes in their present lives, broadcasts reach everybody.
 */
import { DEFAULT_GOSSIP_CONFIG } from "@meshwork/protocol";
import { Random } from "../core/random.js";
import { MembershipWatch } from "../measure/membership-watch.js";
import { components, oneSidedLinks, overlayOf } from "../measure/overlay.js";
import { QUIC } from "../net/profile.js";
import { Cluster } from "../node/cluster.js";
import type { SimNode } from "../node/sim-node.js";

const MAX_NODES = 50;
const MAX_FAULTY_MS = 180_000;
const SETTLE_MS = 10_000;
const LOOK_MS = 5_000;
const LIVENESS_MS = 60_000;
/** A one-sided link is mended after 5 s, dropped after 10; what is older stays. */
const ONE_SIDED_MS = 15_000;

/** Kinds that a seed switches on or off as a whole. */
export const FAULT_KINDS = [
  "kill",
  "restart",
  "stop",
  "freeze",
  "slow",
  "skew",
  "loss",
  "jitter",
  "cut",
  "one-way",
  "clog",
  "flap",
  "duplicate",
  "broadcast",
  "partition",
  "one-way-partition",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface SwarmOptions {
  readonly seed: number;
  /** Kinds to choose from; all where absent. */
  readonly kinds?: readonly FaultKind[];
  /** To break something on purpose once the mesh has settled, before the faults, so that a judge can be seen to notice. */
  readonly spoil?: (cluster: Cluster) => void;
}

export interface SwarmResult {
  readonly nodes: number;
  readonly kinds: readonly FaultKind[];
  readonly faults: number;
  /** Invariants that broke, with the virtual time; empty where everything held. */
  readonly violations: readonly string[];
  /** What the liveness phase still found wrong at its end. */
  readonly unrecovered: readonly string[];
  readonly recoveredAfterMs: number | undefined;
  readonly virtualMs: number;
  readonly events: number;
  readonly trace: string;
}

export function runSwarm(options: SwarmOptions): SwarmResult {
  return new Swarm(options).run();
}

class Swarm {
  readonly #random: Random;
  readonly #cluster: Cluster;
  readonly #watch: MembershipWatch;
  readonly #kinds: readonly FaultKind[];
  readonly #nodes: number;
  readonly #spoil: (cluster: Cluster) => void;
  readonly #violations: string[] = [];
  readonly #unrecovered: string[] = [];
  /** Since when each one-sided link has been seen. */
  #oneSidedSinceMs = new Map<string, number>();
  readonly #oldOneSided = new Set<string>();
  /** Newest version per observer's life and id, for invariant 3. */
  readonly #seen = new Map<string, { generation: number; sequence: number }>();
  #faults = 0;
  #broadcasts = 0;

  constructor(options: SwarmOptions) {
    this.#random = new Random(options.seed, 0x5741);
    const random = this.#random;
    const chosen = (options.kinds ?? FAULT_KINDS).filter(() => random.chance(0.4));
    this.#kinds = chosen.length > 0 ? chosen : ["kill"];
    this.#spoil = options.spoil ?? (() => {});
    this.#nodes = 3 + random.int(MAX_NODES - 2);
    this.#cluster = new Cluster({
      seed: options.seed,
      profile: {
        ...QUIC,
        latencyMinMs: random.pick([0.2, 1, 10]),
        latencyMaxMs: random.pick([10, 50, 150]),
        jitterMs: random.pick([0, 5, 50]),
      },
      membership: { mesh: "swarm" },
    });
    this.#watch = new MembershipWatch(this.#cluster);
  }

  run(): SwarmResult {
    let recoveredAfterMs: number | undefined;
    try {
      this.#boot();
      this.#faultyPhase();
      recoveredAfterMs = this.#livenessPhase();
    } catch (error) {
      this.#violations.push(`${this.#at()}: ${(error as Error).stack ?? String(error)}`);
    }
    this.#judgeDeaths();
    const { world } = this.#cluster;
    return {
      nodes: this.#nodes,
      kinds: this.#kinds,
      faults: this.#faults,
      violations: this.#violations,
      unrecovered: this.#unrecovered,
      recoveredAfterMs,
      virtualMs: world.nowMs,
      events: world.events,
      trace: world.trace.digest(),
    };
  }

  #boot(): void {
    const cluster = this.#cluster;
    cluster.addHosts(this.#nodes);
    const together = this.#random.chance(0.5);
    for (let index = 0; index < this.#nodes; index++) {
      cluster.boot(index, index === 0 ? [] : [0]);
      if (!together) cluster.world.runFor(this.#random.between(0, 500));
    }
    if (this.#kinds.includes("skew")) {
      for (const host of cluster.world.hosts) host.clockRate = this.#random.between(0.95, 1.05);
    }
    cluster.world.runFor(SETTLE_MS);
    this.#spoil(cluster);
  }

  #faultyPhase(): void {
    const { world } = this.#cluster;
    const endMs = world.nowMs + this.#random.between(30_000, MAX_FAULTY_MS);
    const meanGapMs = this.#random.pick([500, 2_000, 10_000]);
    let nextLookMs = world.nowMs + LOOK_MS;
    while (world.nowMs < endMs) {
      world.runFor(Math.min(this.#random.between(0, 2 * meanGapMs), LOOK_MS));
      this.#inject(this.#random.pick(this.#kinds));
      if (world.nowMs < nextLookMs) continue;
      this.#checkInvariants();
      nextLookMs = world.nowMs + LOOK_MS;
    }
  }

  #inject(kind: FaultKind): void {
    const cluster = this.#cluster;
    const { world } = cluster;
    const { paths } = cluster.network;
    const random = this.#random;
    const running = cluster.running();
    const one = random.pick(running).index;
    const other = random.int(this.#nodes);
    const durationMs = random.between(100, 20_000);
    this.#faults++;
    switch (kind) {
      case "kill":
        // Half of them stay: a mesh of corpses says nothing.
        if (running.length > Math.max(2, this.#nodes / 2)) cluster.kill(one);
        break;
      case "restart":
        cluster.restart(one, this.#contacts(one));
        break;
      case "stop":
        if (running.length > Math.max(2, this.#nodes / 2)) cluster.stop(one);
        break;
      case "freeze":
        cluster.network.freeze(one);
        world.after(random.pick([durationMs / 10, durationMs, 40_000]), () => cluster.network.thaw(one));
        break;
      case "slow":
        world.hosts[one]!.workMs = random.between(0, 20);
        world.after(durationMs, () => {
          world.hosts[one]!.workMs = 0;
        });
        break;
      case "skew":
        world.hosts[one]!.clockOffsetMs += random.between(0, 1_000);
        break;
      case "loss":
        paths.loss = random.between(0, 0.2);
        break;
      case "jitter":
        paths.jitterMs = random.between(0, 200);
        break;
      case "duplicate":
        paths.duplication = random.between(0, 0.2);
        break;
      case "cut":
      case "one-way":
        if (one === other) break;
        paths.cut(one, other);
        if (kind === "cut") paths.cut(other, one);
        world.after(durationMs, () => {
          paths.mend(one, other);
          paths.mend(other, one);
        });
        break;
      case "clog":
        if (one !== other) paths.clog(one, other, durationMs);
        break;
      case "flap":
        if (one !== other)
          paths.flap(one, other, random.between(100, 5_000), random.between(100, 5_000), world.nowMs + durationMs);
        break;
      case "broadcast":
        this.#broadcasts++;
        cluster.broadcast(one, `swarm:${this.#broadcasts}`);
        cluster.untrack();
        break;
      case "partition":
      case "one-way-partition": {
        const border = random.int(this.#nodes);
        const oneWay = kind === "one-way-partition";
        paths.partition(
          (host) => (host < border ? 0 : 1),
          (from) => !oneWay || from === 0,
        );
        world.after(durationMs, () => paths.join());
        break;
      }
    }
  }

  #contacts(except: number): number[] {
    const others = this.#cluster.running().filter(({ index }) => index !== except);
    return this.#random.sample(others, 3).map(({ index }) => index);
  }

  #livenessPhase(): number | undefined {
    const cluster = this.#cluster;
    const { world } = cluster;
    cluster.network.paths.healAll();
    for (const host of world.hosts) {
      host.workMs = 0;
      cluster.network.thaw(host.index);
    }
    if (this.#kinds.includes("restart")) {
      for (let index = 0; index < this.#nodes; index++) {
        if (cluster.nodes[index] === undefined) cluster.boot(index, this.#contacts(index));
      }
    }
    const healedAtMs = world.nowMs;
    let wrong: string[] = [];
    while (world.nowMs < healedAtMs + LIVENESS_MS) {
      world.runFor(1_000);
      wrong = this.#disunity();
      if (wrong.length === 0 && this.#oneSidedSinceMs.size === 0) break;
    }
    this.#checkInvariants();
    if (wrong.length > 0) {
      this.#unrecovered.push(...wrong.map((what) => `${this.#at()}: ${what}`));
      return undefined;
    }
    const recoveredAfterMs = world.nowMs - healedAtMs;
    const running = cluster.running();
    const stat = cluster.broadcast(this.#random.pick(running).index, "alive");
    world.runFor(10_000, () => stat.deliveries === running.length - 1);
    if (stat.deliveries < running.length - 1) {
      this.#unrecovered.push(`${this.#at()}: a broadcast reached ${stat.deliveries} of ${running.length - 1}`);
    }
    return recoveredAfterMs;
  }

  #disunity(): string[] {
    const cluster = this.#cluster;
    const { nowMs } = cluster.world;
    const overlay = overlayOf(cluster);
    const found: string[] = [];
    const parts = components(overlay);
    if (parts.length > 1) found.push(`components of ${parts.join(", ")}`);
    const oneSided = oneSidedLinks(overlay);
    this.#oneSidedSinceMs = new Map(oneSided.map((link) => [link, this.#oneSidedSinceMs.get(link) ?? nowMs]));
    for (const link of oneSided) {
      if (nowMs - this.#oneSidedSinceMs.get(link)! > ONE_SIDED_MS) this.#oldOneSided.add(link);
    }
    if (this.#oldOneSided.size > 0) found.push(`one-sided links ${[...this.#oldOneSided].join(" ")}`);
    const running = cluster.running();
    const missing: string[] = [];
    const surplus: string[] = [];
    for (const node of running) {
      const { directory } = node.membership!;
      for (const peer of running) {
        const entry = directory.get(peer.id);
        if (entry?.record.generation !== peer.membership!.generation) missing.push(`${node.index} of ${peer.index}`);
      }
      for (const { id } of directory.entries()) {
        if (cluster.nodes[cluster.indexOf(id)] === undefined) surplus.push(`${cluster.indexOf(id)} at ${node.index}`);
      }
    }
    if (missing.length > 0)
      found.push(`no present record at ${missing.slice(0, 5).join(", ")} (${missing.length} in all)`);
    if (surplus.length > 0) found.push(`still a member: ${surplus.slice(0, 5).join(", ")} (${surplus.length} in all)`);
    return found;
  }

  /** Whoever ran and could be reached, and was held for dead or expired. */
  #judgeDeaths(): void {
    if (this.#kinds.includes("partition") || this.#kinds.includes("one-way-partition")) return;
    for (const { observer, accused, by, atMs } of this.#watch.falseDeaths) {
      const who = `${accused} dead at ${observer}, by ${by.join(" and ")}`;
      this.#violations.push(`${(atMs / 1_000).toFixed(1)} s: false death of ${who}`);
    }
    const { falseExpiries } = this.#watch;
    if (falseExpiries > 0) this.#violations.push(`${this.#at()}: ${falseExpiries} who run have expired`);
  }

  #checkInvariants(): void {
    for (const node of this.#cluster.running()) this.#checkNode(node);
  }

  #checkNode(node: SimNode): void {
    const { router, index } = node;
    const { topic } = this.#cluster;
    const { activeViewCapacity, passiveViewCapacity } = DEFAULT_GOSSIP_CONFIG;
    const active = router.activeView(topic);
    const passive = router.passiveView(topic);
    const fail = (what: string) => this.#violations.push(`${this.#at()}: node ${index}: ${what}`);
    if (active.includes(node.id) || passive.includes(node.id)) fail("own id in a view");
    if (active.some((id) => passive.includes(id))) fail("a peer is in both views");
    if (active.length > activeViewCapacity || passive.length > passiveViewCapacity) fail("a view is too large");
    for (const peer of [...router.eagerPeers(topic), ...router.lazyPeers(topic)]) {
      if (!active.includes(peer)) fail("an eager or lazy peer is no neighbour");
    }
    const { directory } = node.membership!;
    if (directory.size > this.#nodes) fail(`${directory.size} members of ${this.#nodes}`);
    if ((node.membership!.sizes().syncSessions ?? 0) > 32) fail("too many sync sessions");
    const own = directory.get(node.id);
    if (own !== undefined && own.record.generation !== node.membership!.generation)
      fail("the own record is not its own");
    for (const { id, record } of directory.entries()) {
      const key = `${index}/${node.host.life}/${id}`;
      const before = this.#seen.get(key);
      const { generation, sequence } = record;
      if (before !== undefined) {
        const back = generation < before.generation || (generation === before.generation && sequence < before.sequence);
        if (back) fail(`directory went back from ${before.generation}.${before.sequence} to ${generation}.${sequence}`);
      }
      this.#seen.set(key, { generation, sequence });
    }
  }

  #at(): string {
    return `${(this.#cluster.world.nowMs / 1_000).toFixed(1)} s`;
  }
}
