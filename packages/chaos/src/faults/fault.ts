/**
 * A fault: how it is done, what every other node must come to know of it and by when, how it is undone. The judge (judge/judge.ts)
 * runs it; a fault only says what is its own.
 */
import type { Cluster } from "../cluster/cluster.js";
import type { ClusterNode } from "../cluster/cluster-node.js";
import type { Ability } from "../lab/abilities.js";

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
  readonly targets: readonly ClusterNode[];
  /** Each must come to know. */
  readonly witnesses: readonly ClusterNode[];
  /** Where the bound depends on who was hit. */
  readonly withinMs?: number;
  /** Gives the monotonic time from which waiting counts. */
  inject(): Promise<number>;
  /** The time at which the witness knew, by its own words; undefined: not until the deadline. */
  detect(witness: ClusterNode, sinceMs: number, deadlineMs: number): Promise<number | undefined>;
  /** Undoes it, whatever stage it is in. Called once, always. Aborted: without seeing it through. */
  revert(signal: AbortSignal): Promise<void>;
  /** What must hold besides, once all directories are whole again; says what does not. */
  verifyHealed?(): Promise<string | undefined>;
  /** Whether `observer` may take the node `id` for dead while the fault is on: it is dead, or beyond its reach. */
  excuses(observer: ClusterNode, id: string): boolean;
}

/** What a fault may use. */
export interface Stage {
  readonly cluster: Cluster;
  /** 0 to 1; from the run's seed. */
  readonly random: () => number;
  /** Members of one mesh, the target that was asked for first; the same mesh for all of them. */
  pick(count: number): readonly ClusterNode[];
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

export function witnessesOf(cluster: Cluster, targets: readonly ClusterNode[]): readonly ClusterNode[] {
  const meshes = new Set(targets.map(({ mesh }) => mesh));
  return [...new Set([...meshes].flatMap((mesh) => cluster.whoSee(mesh)))].filter((node) => !targets.includes(node));
}

export function hasId(nodes: readonly ClusterNode[], id: string): boolean {
  return nodes.some((node) => node.id === id);
}

/** For faults in which nobody may be taken for dead. */
export const excusesNobody = () => false;
