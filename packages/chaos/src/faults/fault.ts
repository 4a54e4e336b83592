/**
 * A fault: how it is done, what every other node must come to know of it and by when, how it is undone. The judge (judge/judge.ts)
 * runs it; a fault only says what is its own.
 */
import type { ChaosCluster } from "../cluster/chaos-cluster.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import type { Ability } from "../lab/abilities.js";
import type { Hands } from "../lab/hands.js";
import type { LabHost } from "../lab/host.js";

export interface Fault {
  readonly name: string;
  readonly summary: string;
  readonly needs: readonly Ability[];
  /** Said beforehand: what every witness must come to know. */
  readonly expects: string;
  /** By when, after the injection. */
  readonly withinMs: number;
  /** By when after the revert every node must list exactly whom it should. */
  readonly healedWithinMs: number;
  /** Before anything is counted: picks its targets, and brings them into the shape that the fault needs. */
  prepare(stage: Stage): Promise<FaultRun> | FaultRun;
}

export interface FaultRun {
  readonly targets: readonly ChaosNode[];
  /** Each must come to know. */
  readonly witnesses: readonly ChaosNode[];
  /** Where the bound depends on who was hit. */
  readonly withinMs?: number;
  /** Gives the monotonic time from which waiting counts. */
  inject(): Promise<number>;
  /** The time at which the witness knew, by its own words; undefined: not until the deadline. */
  detect(witness: ChaosNode, sinceMs: number, deadlineMs: number): Promise<number | undefined>;
  /** Undoes it, whatever stage it is in. Called once, always. Aborted: without seeing it through. */
  revert(signal: AbortSignal): Promise<void>;
  /** What must hold besides, once all directories are whole again; says what does not. */
  verifyHealed?(): Promise<string | undefined>;
  /** Whether `observer` may take the node `id` for dead while the fault is on: it is dead, or beyond its reach. */
  excuses(observer: ChaosNode, id: string): boolean;
}

/** What a fault may use. */
export interface Stage {
  readonly cluster: ChaosCluster;
  /** 0 to 1; from the run's seed. */
  readonly random: () => number;
  /** Members of one mesh, the target that was asked for first; the same mesh for all of them. */
  pick(count: number): readonly ChaosNode[];
}

export interface LabStage extends Stage {
  readonly hands: Hands;
}

/** A fault of hosts and links: of a cluster in a lab. */
export function labFault(
  fault: Omit<Fault, "prepare"> & { prepare(stage: LabStage): ReturnType<Fault["prepare"]> },
): Fault {
  return {
    ...fault,
    prepare: (stage) => {
      const { hands } = stage.cluster;
      if (hands === undefined) throw new Error(NEEDS_LAB);
      return fault.prepare({ ...stage, hands });
    },
  };
}

const NEEDS_LAB = "the fault needs the lab";

export function hostOf({ host }: ChaosNode): LabHost {
  if (host === undefined) throw new Error(NEEDS_LAB);
  return host;
}

/** What every node that lists a target must know: the time at which the last of them was gone from its directory. */
export function goneFrom(targets: readonly { readonly id: string }[]): FaultRun["detect"] {
  return async (witness, sinceMs, deadlineMs) => {
    const times = await Promise.all(
      targets.map(({ id }) =>
        witness.until(
          (change) => change.id === id && ["dead", "left", "expired"].includes(change.kind),
          sinceMs,
          deadlineMs,
        ),
      ),
    );
    const found = times.filter((change) => change !== undefined).map(({ atMs }) => atMs);
    return found.length === targets.length ? Math.max(...found) : undefined;
  };
}

export function witnessesOf<N extends ChaosNode>(
  cluster: ChaosCluster<N>,
  targets: readonly ChaosNode[],
): readonly N[] {
  const meshes = new Set(targets.map(({ mesh }) => mesh));
  return [...new Set([...meshes].flatMap((mesh) => cluster.whoSee(mesh)))].filter((node) => !targets.includes(node));
}

export function hasId(nodes: readonly ChaosNode[], id: string): boolean {
  return nodes.some((node) => node.id === id);
}

/** For faults in which nobody may be taken for dead. */
export const excusesNobody = () => false;
