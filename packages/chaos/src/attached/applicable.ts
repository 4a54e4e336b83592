/** Which faults can be done to a cluster that runs, and why not the others. */
import type { Fault } from "../faults/fault.js";
import { FAULTS } from "../faults/index.js";
import { ABILITIES, type Abilities } from "../lab/abilities.js";
import { isNode } from "./attached-cluster.js";
import type { Grounds } from "./grounds.js";
import type { RunningProcess } from "./processes.js";

const NEEDS_LAB = "this cluster runs in the machine's own network: `mesh up --chaos --lab` starts one in a lab";
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

/** Of a cluster in the machine's own network. */
const NO_LAB = Object.fromEntries(
  Object.keys(ABILITIES).map((ability) => [ability, { ability, ok: false, detail: NEEDS_LAB }]),
) as unknown as Abilities;

export function abilitiesOf({ lab }: Grounds): Abilities {
  return lab?.abilities ?? NO_LAB;
}

export function faultCards(processes: readonly RunningProcess[], grounds: Grounds): FaultCard[] {
  const hasNodes = processes.some(isNode);
  return FAULTS.map((fault) => {
    const { name, summary, expects, withinMs, healedWithinMs, needs } = fault;
    const obstacle = obstacleOf(fault, grounds) ?? (hasNodes ? null : NEEDS_PROCESSES);
    return { name, summary, expects, withinMs, healedWithinMs, needs, obstacle };
  });
}

function obstacleOf({ name, needs }: Fault, grounds: Grounds): string | undefined {
  const abilities = abilitiesOf(grounds);
  const missing = needs.filter((need) => !abilities[need].ok);
  const [first] = missing;
  if (first !== undefined) return `it needs the lab (${missing.join(", ")}): ${abilities[first].detail}`;
  return grounds.obstacles[name];
}
