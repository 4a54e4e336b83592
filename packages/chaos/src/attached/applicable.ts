/** Which faults can be done to a cluster that runs, and why not the others. */
import type { Fault } from "../faults/fault.js";
import { FAULTS } from "../faults/index.js";
import { ABILITIES, type Abilities } from "../lab/abilities.js";
import { isNode } from "./attached-cluster.js";
import type { RunningProcess } from "./processes.js";

const NEEDS_LAB = "this cluster runs in the machine's own network: `mesh chaos run` starts one in a lab of its own";
const NEEDS_PROCESSES = "no node has a process of its own here: start the cluster without --inline";

export interface FaultCard {
  readonly name: string;
  readonly summary: string;
  readonly expects: string;
  readonly withinMs: number;
  readonly healedWithinMs: number;
  /** Abilities of a lab. */
  readonly needs: readonly string[];
  /** Why it cannot be done here; null where it can. */
  readonly obstacle: string | null;
}

/** A running cluster has none of the lab's. */
export const NO_LAB = Object.fromEntries(
  Object.keys(ABILITIES).map((ability) => [ability, { ability, ok: false, detail: NEEDS_LAB }]),
) as unknown as Abilities;

export function faultCards(processes: readonly RunningProcess[]): FaultCard[] {
  const hasNodes = processes.some(isNode);
  return FAULTS.map((fault) => {
    const { name, summary, expects, withinMs, healedWithinMs, needs } = fault;
    return { name, summary, expects, withinMs, healedWithinMs, needs, obstacle: obstacleOf(fault, hasNodes) };
  });
}

function obstacleOf({ needs }: Fault, hasNodes: boolean): string | null {
  const [first] = needs;
  if (first !== undefined) return `it needs the lab (${needs.join(", ")}): ${NO_LAB[first].detail}`;
  return hasNodes ? null : NEEDS_PROCESSES;
}
