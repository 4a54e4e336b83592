/**
 * The lab as a test suite uses it: a cluster that comes up once, specs that are run on it, and all of it removed.
 *
 *   await using running = await lab.up();
 *   const [verdict] = await running.run({ action: "kill-node", selector: { type: "broker" } });
 *   expect(verdict).toMatchObject({ outcome: "passed" });
 *
 * Without root or namespaces the cluster runs on loopback, and faults that need more come back as skipped, with the reason.
 */
import { Cluster } from "../cluster/cluster.js";
import { type Abilities, probeAbilities } from "../lab/abilities.js";
import { Lab } from "../lab/lab.js";
import { type ChaosSpec, planOf } from "../spec/spec.js";
import { atTheirTime, timetable } from "../spec/timetable.js";
import { randomFrom } from "./figures.js";
import { judge, type Verdict } from "./judge.js";
import { pickTargets } from "./targets.js";

export interface RunningLab extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly abilities: Abilities;
  /** One verdict for each spec and round, in the order in which they were due. Throws MESH_E_BAD_OPTION, MESH_E_NO_SUCH_FAULT. */
  run(specs: ChaosSpec | readonly ChaosSpec[], options?: RunningLabOptions): Promise<readonly Verdict[]>;
  /** What could not be removed. */
  down(): Promise<readonly string[]>;
}

export interface RunningLabOptions {
  /** Shuts the nodes' senses: nothing may pass then. */
  readonly blind?: boolean;
  readonly signal?: AbortSignal;
}

export const lab = {
  async up({ seed = 1 }: { readonly seed?: number } = {}): Promise<RunningLab> {
    const abilities = probeAbilities();
    const network = abilities.namespaces.ok && abilities.cuts.ok ? await Lab.up({ abilities }) : undefined;
    let cluster: Cluster;
    try {
      cluster = await Cluster.up({ lab: network, collector: true });
    } catch (error) {
      await network?.down();
      throw error;
    }
    const random = randomFrom(seed);
    const down = async () => {
      await cluster.down();
      return (await network?.down()) ?? [];
    };
    return {
      cluster,
      abilities,
      async run(specs, { blind = false, signal = new AbortController().signal } = {}) {
        const due = timetable([specs].flat().map(planOf));
        const verdicts: Verdict[] = [];
        for await (const { plan } of atTheirTime(due, signal)) {
          const pick = (count: number) => pickTargets(cluster, random, count, plan.target);
          const stage = { cluster, random, pick };
          verdicts.push(await judge(plan.fault, { abilities, stage, forMs: plan.forMs, blind, signal, log: () => {} }));
        }
        return verdicts;
      },
      down,
      async [Symbol.asyncDispose]() {
        await down();
      },
    };
  },
};
