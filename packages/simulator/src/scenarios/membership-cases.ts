/** What is done to a settled mesh, case by case (membership.ts), and how long it is watched. */
import { refreshIntervalMs } from "@meshwork/protocol";
import { Histogram } from "../measure/histogram.js";
import type { CaseFindings, Stage } from "./membership.js";

const CRASHES = 10;
/** What a crash and a return are watched for: three times what each may take. */
const AFTER_CRASH_MS = 15_000;
const AFTER_RETURN_MS = 15_000;
const MASS_SHARE = 0.3;
const AFTER_MASS_MS = 90_000;
const NEWCOMERS = 5;
const NEWCOMER_LIMIT_MS = 10_000;
const KNOWN_LOOK_MS = 50;
const IDLE_MS = 600_000;
const HOUR_MS = 3_600_000;
const WEATHER = { loss: 0.1, jitterMs: 200, freezeMs: 2_000, freezeEveryMs: 600_000 } as const;
const SPLIT_MS = 600_000;
const HEAL_LIMIT_MS = 120_000;

export type MembershipCase =
  | "crash"
  | "mass-crash"
  | "weather"
  | "split-half"
  | "split-one"
  | "cut-off"
  | "newcomer"
  | "idle";

export const CASES: Readonly<Record<MembershipCase, (stage: Stage) => CaseFindings>> = {
  crash,
  "mass-crash": massCrash,
  weather,
  "split-half": (stage) => split(stage, Math.floor(stage.nodes / 2), SPLIT_MS),
  "split-one": (stage) => split(stage, Math.max(1, Math.round(stage.nodes / 100)), SPLIT_MS),
  "cut-off": (stage) => split(stage, 1, HOUR_MS),
  newcomer,
  idle,
};

/**
 * Whole periods of refreshing, or ten minutes of a mesh that has long been up: its nodes publish at random times of their periods. (Those of one
 * that has just been booted come in waves, which a watch shorter than the period would miss.)
 */
function idle(stage: Stage): CaseFindings {
  const periodMs = refreshIntervalMs(stage.nodes);
  return stage.traffic(stage.longUp ? IDLE_MS : Math.ceil(IDLE_MS / periodMs) * periodMs);
}

/** One after the other dies, and comes back as another life. */
function crash(stage: Stage): CaseFindings {
  for (let count = 0; count < CRASHES; count++) {
    const [victim] = stage.some(1) as [number];
    stage.watch.kill([victim]);
    stage.runFor(AFTER_CRASH_MS);
    stage.cluster.boot(victim, stage.some(3));
    stage.runFor(AFTER_RETURN_MS);
  }
  return { detections: stage.watch.detections(), floodsPerDeath: stage.watch.floodsPerDeath() };
}

function massCrash(stage: Stage): CaseFindings {
  stage.watch.kill(stage.some(Math.round(stage.nodes * MASS_SHARE)));
  stage.runFor(AFTER_MASS_MS);
  return { detections: stage.watch.detections(), floodsPerDeath: stage.watch.floodsPerDeath() };
}

/** Loss, jitter and standstills, an hour of them where the mesh is not too large, in which nobody dies. */
function weather(stage: Stage): CaseFindings {
  const { cluster } = stage;
  const { world, network } = cluster;
  network.paths.loss = WEATHER.loss;
  network.paths.jitterMs = WEATHER.jitterMs;
  const endMs = world.nowMs + stage.weatherMs;
  const freeze = (index: number) => {
    if (world.nowMs >= endMs) return;
    network.freeze(index);
    world.after(WEATHER.freezeMs, () => network.thaw(index));
    world.after(WEATHER.freezeEveryMs, () => freeze(index));
  };
  for (const index of stage.indexes()) world.after(world.random.between(0, WEATHER.freezeEveryMs), () => freeze(index));
  const traffic = stage.traffic(stage.weatherMs);
  network.paths.healAll();
  stage.runFor(AFTER_MASS_MS);
  return traffic;
}

/** So many are cut off from the rest for so long, and the rest from them. */
function split(stage: Stage, minority: number, cutMs: number): CaseFindings {
  const apart = new Set(stage.some(minority));
  const { paths } = stage.cluster.network;
  paths.partition((host) => (apart.has(host) ? 1 : 0));
  stage.runFor(cutMs);
  paths.join();
  const healedMs = new Histogram();
  const tookMs = stage.untilWhole(HEAL_LIMIT_MS);
  if (Number.isFinite(tookMs)) healedMs.add(tookMs);
  else healedMs.missing++;
  return { healedMs };
}

/** New hosts come one by one. */
function newcomer(stage: Stage): CaseFindings {
  const { cluster } = stage;
  const { world } = cluster;
  const completeMs = new Histogram();
  const knownMs = new Histogram();
  for (let count = 0; count < NEWCOMERS; count++) {
    const contacts = stage.some(1);
    const index = cluster.addHosts(1);
    let firstNeighborAtMs: number | undefined;
    cluster.watch.neighborUp = (node) => {
      if (node === index) firstNeighborAtMs ??= world.nowMs;
    };
    const startMs = world.nowMs;
    const node = cluster.boot(index, contacts);
    const everybody = cluster.running();
    const isComplete = () => node.membership!.directory.size === everybody.length;
    const isKnown = () => everybody.every(({ membership }) => membership!.directory.versionOf(node.id) !== undefined);
    if (world.runFor(NEWCOMER_LIMIT_MS, isComplete) && firstNeighborAtMs !== undefined) {
      completeMs.add(world.nowMs - firstNeighborAtMs);
    } else completeMs.missing++;
    // Asking all directories after each event would cost more than the run.
    let known = isKnown();
    for (let waited = 0; !known && waited < NEWCOMER_LIMIT_MS; waited += KNOWN_LOOK_MS) {
      world.runFor(KNOWN_LOOK_MS);
      known = isKnown();
    }
    if (known) knownMs.add(world.nowMs - startMs);
    else knownMs.missing++;
    stage.runFor(NEWCOMER_LIMIT_MS);
  }
  return { completeMs, knownMs };
}
