/**
 * What a soak does to nodes, and what the others must then come to know. A fault here needs no more than processes; others, that need a
 * lab, come by the same interface.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SoakCluster } from "./cluster.js";
import type { Population, Standing } from "./population.js";
import type { PlannedFault } from "./schedule.js";
import type { Wait, Witnesses } from "./witnesses.js";

export interface Strike {
  readonly target: Standing;
  readonly cluster: SoakCluster;
  readonly population: Population;
  readonly witnesses: Witnesses;
  readonly random: () => number;
}

export interface FaultOutcome {
  readonly passed: boolean;
  /** What came of it, in a line. */
  readonly detail: string;
  /** Since the kill, where there was one: until each survivor's directory had dropped the node. */
  readonly deathWaits?: readonly Wait[];
  /** From the return to where each survivor lists it again. */
  readonly returnWaits?: readonly Wait[];
}

export interface SoakFault extends PlannedFault {
  /** Injects, waits until the others know, undoes it, waits until it has healed. Leaves a node in the place, or throws. */
  strike(strike: Strike): Promise<FaultOutcome>;
}

/** Above the bound of 5 s, so that it is known how late the late ones are. */
export const LEARN_TIMEOUT_MS = 30_000;
export const DEATH_BOUND_MS = 5_000;
const RETURN_BOUND_MS = 10_000;
/** A soak that is stopped does not stay for it. */
const UNHELD = { ref: false } as const;

export async function killAndSee({ target, cluster, population, witnesses }: Strike): Promise<readonly Wait[]> {
  const observers = witnesses.whoLists(target.id);
  const atMs = Date.now();
  cluster.kill(target);
  population.leave(target, atMs);
  return witnesses.untilGone(observers, target.id, atMs, LEARN_TIMEOUT_MS);
}

/** SIGKILL; the others must drop it; then another node takes the place, which they must come to list. */
const kill: SoakFault = {
  name: "kill",
  endsProcess: true,
  async strike(strike) {
    const deathWaits = await killAndSee(strike);
    const { cluster, population, target, witnesses } = strike;
    await cluster.remove(target.name);
    const successor = await population.enter(target.place, await cluster.spawn(target.mesh, target.type));
    const listed = await witnesses.untilListed(successor, Date.now(), LEARN_TIMEOUT_MS);
    const passed = within(deathWaits, DEATH_BOUND_MS) && within(listed, RETURN_BOUND_MS);
    return {
      passed,
      detail: `gone everywhere ${longest(deathWaits)}, ${successor.name} listed ${longest(listed)}`,
      deathWaits,
    };
  },
};

/** SIGKILL, and back under the same name. Quick returns and those after the obituary, as the seed decides. */
const restart: SoakFault = {
  name: "restart",
  endsProcess: true,
  async strike({ target, cluster, population, witnesses, random }) {
    cluster.kill(target);
    population.leave(target, Date.now());
    await sleep(random() * 8_000, undefined, UNHELD);
    const back = await population.enter(target.place, await cluster.restart(target.name));
    const returnWaits = await witnesses.untilListed(back, Date.now(), LEARN_TIMEOUT_MS);
    const same = back.id === target.id && back.name === target.name;
    const detail = `${same ? "same name" : `came back as ${back.name}`}, listed everywhere ${longest(returnWaits)}`;
    return { passed: same && within(returnWaits, RETURN_BOUND_MS), detail, returnWaits };
  },
};

/** SIGSTOP for 0.5 to 12 s, so on both sides of what makes a death, and SIGCONT; the others must list it again. */
const freeze: SoakFault = {
  name: "freeze",
  endsProcess: false,
  async strike({ target, cluster, witnesses, random }) {
    const frozenMs = 500 + random() * 11_500;
    witnesses.frozen(target.life, Date.now());
    await cluster.freeze(target.name);
    await sleep(frozenMs, undefined, UNHELD);
    await cluster.thaw(target.name);
    const atMs = Date.now();
    witnesses.thawed(target.life, atMs);
    const returnWaits = await witnesses.untilListed(target, atMs, LEARN_TIMEOUT_MS);
    const detail = `frozen for ${(frozenMs / 1_000).toFixed(1)} s, listed everywhere ${longest(returnWaits)}`;
    return { passed: within(returnWaits, RETURN_BOUND_MS), detail, returnWaits };
  },
};

export const PROCESS_FAULTS: readonly SoakFault[] = [kill, restart, freeze];

/** Whom it took longer than the bound, by name. */
export const lateOnes = (waits: readonly Wait[], boundMs: number) =>
  waits
    .filter(({ ms }) => ms === null || ms > boundMs)
    .map(({ observer, ms }) => `${observer} ${ms === null ? "never" : `after ${(ms / 1_000).toFixed(1)} s`}`);

export const within = (waits: readonly Wait[], boundMs: number) =>
  waits.every(({ ms }) => ms !== null && ms <= boundMs);

function longest(waits: readonly Wait[]): string {
  const late = waits.filter(({ ms }) => ms === null);
  if (late.length > 0)
    return `not within ${LEARN_TIMEOUT_MS / 1_000} s by ${late.map(({ observer }) => observer).join(", ")}`;
  return `after ${(Math.max(0, ...waits.map(({ ms }) => ms ?? 0)) / 1_000).toFixed(2)} s`;
}
