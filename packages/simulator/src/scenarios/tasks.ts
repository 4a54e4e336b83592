/** Scenarios as data, so that workers can run them: a name, its options, its result. All of it is plain JSON. */
import { type ChaosOptions, type ChaosResult, runChaosTwins } from "./chaos.js";
import { type GraftWaitsOptions, type GraftWaitsResult, runGraftWaits } from "./graft-waits.js";
import { type MassFailureOptions, type MassFailureResult, runMassFailure } from "./mass-failure.js";
import { type MembershipOptions, type MembershipResult, runMembership } from "./membership.js";
import { type PaperOptions, type PaperResult, runPaper } from "./paper.js";
import { type RoundsOptions, type RoundsResult, runRounds } from "./rounds.js";
import { runScale, type ScaleOptions, type ScaleResult } from "./scale.js";
import { runSwarm, type SwarmOptions, type SwarmResult } from "./swarm.js";

export type ScenarioTask =
  | { readonly kind: "rounds"; readonly options: RoundsOptions }
  | { readonly kind: "graft-waits"; readonly options: GraftWaitsOptions }
  | { readonly kind: "mass-failure"; readonly options: MassFailureOptions }
  | { readonly kind: "membership"; readonly options: MembershipOptions }
  | { readonly kind: "paper"; readonly options: PaperOptions }
  | { readonly kind: "chaos"; readonly options: ChaosOptions }
  | { readonly kind: "scale"; readonly options: ScaleOptions }
  | { readonly kind: "swarm"; readonly options: SwarmOptions };

export type ScenarioResult =
  | RoundsResult
  | GraftWaitsResult
  | MassFailureResult
  | MembershipResult
  | PaperResult
  | ScaleResult
  | ChaosResult
  | SwarmResult;

export function runScenario(task: ScenarioTask): ScenarioResult {
  switch (task.kind) {
    case "rounds":
      return runRounds(task.options);
    case "graft-waits":
      return runGraftWaits(task.options);
    case "mass-failure":
      return runMassFailure(task.options);
    case "membership":
      return runMembership(task.options);
    case "paper":
      return runPaper(task.options);
    case "scale":
      return runScale(task.options);
    case "chaos":
      return runChaosTwins(task.options);
    case "swarm":
      return runSwarm(task.options);
  }
}
