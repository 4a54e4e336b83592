/**
 * A chaos run from nothing to nothing: lab, cluster, one fault after the other, all of it removed. One cluster serves all faults as long
 * as it is whole; a fault that leaves it broken costs the next one a new cluster, not its verdict.
 */
import { Cluster } from "../cluster/cluster.js";
import type { Fault } from "../faults/fault.js";
import { type Abilities, probeAbilities } from "../lab/abilities.js";
import { Lab } from "../lab/lab.js";
import { type ChaosSpec, DEFAULT_FOR_MS, type Plan, planOf } from "../spec/spec.js";
import { atTheirTime, timetable } from "../spec/timetable.js";
import { randomFrom } from "./figures.js";
import { judge, type Verdict } from "./judge.js";
import { pickTargets } from "./targets.js";

interface RunOptions {
  readonly blind?: boolean;
  /** False: on loopback, where only faults of processes are possible. Default: where the machine can hold a lab. */
  readonly lab?: boolean;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
  readonly onVerdict?: (verdict: Verdict) => void;
  /** After each fault, with the cluster whole or not. */
  readonly between?: (cluster: Cluster, signal: AbortSignal) => Promise<void>;
}

export interface SessionOptions extends RunOptions {
  /** Asked for the next one when the one before is done. */
  readonly faults: Iterable<Fault>;
  /** A name, the beginning of one, an id's beginning, or a type. */
  readonly target?: string;
  readonly forMs?: number;
}

export interface SpecOptions extends RunOptions {
  readonly specs: readonly ChaosSpec[];
}

export interface SessionReport {
  readonly seed: number;
  readonly nodes: number;
  readonly verdicts: readonly Verdict[];
  /** What could not be removed afterwards. */
  readonly left: readonly string[];
  readonly abilities: Abilities;
}

const WHOLE_MS = 20_000;

type Task = Pick<Plan, "fault" | "target" | "forMs">;

export function runChaos({
  faults,
  target,
  forMs = DEFAULT_FOR_MS,
  ...options
}: SessionOptions): Promise<SessionReport> {
  function* tasks(): Generator<Task> {
    for (const fault of faults) yield { fault, target, forMs };
  }
  return run(tasks(), options);
}

/** Each spec at its time. Throws MESH_E_BAD_OPTION and MESH_E_NO_SUCH_FAULT before anything is started. */
export async function runSpecs({ specs, ...options }: SpecOptions): Promise<SessionReport> {
  const due = timetable(specs.map(planOf));
  async function* tasks(): AsyncGenerator<Task> {
    for await (const { plan } of atTheirTime(due, options.signal ?? new AbortController().signal)) yield plan;
  }
  return run(tasks(), options);
}

async function run(tasks: Iterable<Task> | AsyncIterable<Task>, options: RunOptions): Promise<SessionReport> {
  const { seed = Date.now() % 2 ** 32, log = () => {}, onVerdict = () => {} } = options;
  const signal = options.signal ?? new AbortController().signal;
  const random = randomFrom(seed);
  const abilities = options.lab === false ? withoutLab(probeAbilities()) : probeAbilities();
  const lab = abilities.namespaces.ok && abilities.cuts.ok ? await Lab.up({ abilities }) : undefined;
  const verdicts: Verdict[] = [];
  let cluster: Cluster | undefined;
  let nodes = 0;
  try {
    cluster = await wholeCluster(undefined, lab, log);
    for await (const { fault, target, forMs } of tasks) {
      if (signal.aborted) break;
      cluster = await wholeCluster(cluster, lab, log);
      nodes = cluster.nodes.length;
      const current = cluster;
      const stage = { cluster, random, pick: (count: number) => pickTargets(current, random, count, target) };
      const verdict = await judge(fault, { abilities, stage, forMs, blind: options.blind ?? false, signal, log });
      verdicts.push(verdict);
      onVerdict(verdict);
      if (!signal.aborted) await options.between?.(cluster, signal);
    }
  } finally {
    await cluster?.down();
    const left = (await lab?.down()) ?? [];
    for (const what of left) log(`still there: ${what}`);
  }
  return { seed, nodes, verdicts, left: (await lab?.down()) ?? [], abilities };
}

function withoutLab(abilities: Abilities): Abilities {
  const { namespaces } = abilities;
  return { ...abilities, namespaces: { ...namespaces, ok: false, detail: "this run is without a lab (--no-lab)" } };
}

async function wholeCluster(
  cluster: Cluster | undefined,
  lab: Lab | undefined,
  log: (line: string) => void,
): Promise<Cluster> {
  if (cluster !== undefined) {
    const problem = await cluster.whole(WHOLE_MS);
    if (problem === undefined) return cluster;
    log(`a new cluster, because ${problem}`);
    await cluster.down();
    await lab?.links.clear();
  }
  const startedAtMs = performance.now();
  const fresh = await Cluster.up({ lab, collector: true });
  log(
    `${fresh.nodes.length} nodes are up and list each other after ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`,
  );
  return fresh;
}
