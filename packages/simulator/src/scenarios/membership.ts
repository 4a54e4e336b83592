/**
 * Membership under the design's own bars: crashes, mass crashes, bad weather, splits, newcomers, idleness (design.md, "Failure
 * detection", "Healing", "Numbers to beat"). A mesh is settled first; then the cases are done to it one after the other, each begins
 * with a mesh that is whole again, and all directories are looked at from outside.
 */
import { Histogram, type HistogramData } from "../measure/histogram.js";
import { type FalseDeath, MembershipWatch } from "../measure/membership-watch.js";
import { components, isolated, overlayOf, viewFill } from "../measure/overlay.js";
import { Cluster, type TrafficKind } from "../node/cluster.js";
import type { SimMembershipOptions } from "../node/membership-driver.js";
import { CASES, type MembershipCase } from "./membership-cases.js";

const JOIN_SPACING_MS = 50;
const SETTLE_MS = 60_000;
/** Of a mesh that has long been up, as long as what is published early takes to be replaced; its joins overlap. */
const LONG_UP = { spacingMs: 20, settleMs: 45_000 } as const;
/** Between two cases. */
const REST_MS = 30_000;
const LOOK_MS = 500;
const HOUR_MS = 3_600_000;

export interface MembershipOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly cases: readonly MembershipCase[];
  /** The directories are handed over, where booting them would take longer than all cases (hand-over.ts). */
  readonly longUp?: boolean;
  /** How long the bad weather lasts; an hour by default. */
  readonly weatherMs?: number;
  /** Breaks a rule on purpose; a function, so for tests alone. */
  readonly spoil?: SimMembershipOptions["spoil"];
}

/** What a case finds of its own; the rest of the result is looked at after each. */
export interface CaseFindings {
  /** Single crashes, mass crashes: from death to each survivor. */
  readonly detections?: Histogram;
  readonly floodsPerDeath?: readonly number[];
  /** Newcomers: from the first neighbour to the whole mesh, and from the start to the last directory that has it. */
  readonly completeMs?: Histogram;
  readonly knownMs?: Histogram;
  /** Splits: from the end of the cut to one component with equal directories. */
  readonly healedMs?: Histogram;
  /** Application bytes sent and received, per node and second. */
  readonly bytesPerNodeSecond?: number;
  readonly bytesByKind?: Readonly<Record<string, number>>;
}

export interface MembershipResult {
  readonly cases: readonly CaseResult[];
  readonly virtualMs: number;
  readonly events: number;
  readonly trace: string;
}

export interface CaseResult {
  readonly case: MembershipCase;
  readonly detections: HistogramData;
  readonly floodsPerDeath: readonly number[];
  readonly completeMs: HistogramData;
  readonly knownMs: HistogramData;
  readonly healedMs: HistogramData;
  readonly bytesPerNodeSecond: number | undefined;
  /** Bytes sent per node and second. */
  readonly bytesByKind: Readonly<Record<string, number>>;
  readonly falseDeaths: readonly FalseDeath[];
  readonly falseExpiries: number;
  readonly marks: number;
  readonly suspicions: number;
  readonly floods: number;
  readonly repeats: number;
  /** At the end: directories that are not the mesh as it is, and the overlay. */
  readonly divergent: number;
  readonly meanView: number;
  readonly components: number;
  readonly isolated: number;
  readonly virtualMs: number;
}

export function runMembership(options: MembershipOptions): MembershipResult {
  const stage = new Stage(options);
  const cases: CaseResult[] = [];
  for (const name of options.cases) {
    if (cases.length > 0) stage.rest();
    cases.push(runCase(name, stage));
  }
  const { nowMs, events, trace } = stage.cluster.world;
  return { cases, virtualMs: nowMs, events, trace: trace.digest() };
}

function runCase(name: MembershipCase, stage: Stage): CaseResult {
  const { cluster, watch } = stage;
  const startMs = cluster.world.nowMs;
  const findings = CASES[name](stage);
  const overlay = overlayOf(cluster);
  const none = new Histogram().data();
  return {
    case: name,
    detections: findings.detections?.data() ?? none,
    floodsPerDeath: findings.floodsPerDeath ?? [],
    completeMs: findings.completeMs?.data() ?? none,
    knownMs: findings.knownMs?.data() ?? none,
    healedMs: findings.healedMs?.data() ?? none,
    bytesPerNodeSecond: findings.bytesPerNodeSecond,
    bytesByKind: findings.bytesByKind ?? {},
    falseDeaths: watch.falseDeaths,
    falseExpiries: watch.falseExpiries,
    marks: watch.marks,
    suspicions: watch.suspicions,
    floods: watch.floods,
    repeats: watch.repeats,
    divergent: divergent(cluster),
    meanView: viewFill(overlay, 5).mean,
    components: components(overlay).length,
    isolated: isolated(overlay),
    virtualMs: cluster.world.nowMs - startMs,
  };
}

/** A settled mesh, and what cases do with it. */
export class Stage {
  readonly cluster: Cluster;
  readonly nodes: number;
  readonly longUp: boolean;
  readonly weatherMs: number;
  /** Of the present case. */
  watch: MembershipWatch;

  constructor({ seed, nodes, longUp, weatherMs, spoil }: MembershipOptions) {
    this.nodes = nodes;
    this.longUp = longUp === true;
    this.weatherMs = weatherMs ?? HOUR_MS;
    this.cluster = new Cluster({ seed, membership: { mesh: "sim", ...(spoil === undefined ? {} : { spoil }) } });
    this.watch = new MembershipWatch(this.cluster);
    if (this.longUp) this.cluster.bootLongUp(nodes, LONG_UP.spacingMs, LONG_UP.settleMs);
    else this.cluster.bootSequentially(nodes, JOIN_SPACING_MS);
    this.cluster.world.runFor(SETTLE_MS);
  }

  /** After a case, before the next. */
  rest(): void {
    this.cluster.world.runFor(REST_MS);
    this.watch = new MembershipWatch(this.cluster);
  }

  runFor(durationMs: number): void {
    this.cluster.world.runFor(durationMs);
  }

  indexes(): number[] {
    return this.cluster.running().map(({ index }) => index);
  }

  /** Hosts at random. */
  some(count: number): number[] {
    return this.cluster.world.random.sample(this.indexes(), count);
  }

  /** Time until the mesh is one, and known to everybody as it is; Infinity where that is not within `limitMs`. */
  untilWhole(limitMs: number): number {
    const { world } = this.cluster;
    const startMs = world.nowMs;
    while (world.nowMs < startMs + limitMs) {
      world.runFor(LOOK_MS);
      if (components(overlayOf(this.cluster)).length === 1 && divergent(this.cluster) === 0) {
        return world.nowMs - startMs;
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Runs for so long; application bytes per node and second, sent and received, and those sent by kind. */
  traffic(durationMs: number): { bytesPerNodeSecond: number; bytesByKind: Record<string, number> } {
    const { cluster } = this;
    const total = () =>
      cluster.network.traffic.reduce((sum, { sentBytes, receivedBytes }) => sum + sentBytes + receivedBytes, 0);
    const before = total();
    const kindsBefore = new Map<TrafficKind, number>(cluster.sentBytesByKind);
    this.runFor(durationMs);
    const nodeSeconds = (cluster.running().length * durationMs) / 1_000;
    const bytesByKind: Record<string, number> = {};
    for (const [kind, bytes] of cluster.sentBytesByKind) {
      bytesByKind[kind] = (bytes - (kindsBefore.get(kind) ?? 0)) / nodeSeconds;
    }
    return { bytesPerNodeSecond: (total() - before) / nodeSeconds, bytesByKind };
  }
}

/** How many directories are not the mesh as it is: exactly the running nodes, each in its present life. */
export function divergent(cluster: Cluster): number {
  const running = cluster.running();
  const generations = running.map((node) => ({ id: node.id, generation: node.membership!.generation }));
  let count = 0;
  for (const { membership } of running) {
    const { directory } = membership!;
    const same =
      directory.size === running.length &&
      generations.every(({ id, generation }) => directory.versionOf(id)?.generation === generation);
    if (!same) count++;
  }
  return count;
}
