/** Short soaks: the cluster, the faults and the report of `mesh soak` (docs/soak.md). What they cannot tell in that time, slopes, is not asked. */

import { DEFAULT_SHAPE } from "../cluster/cluster.js";
import { PROCESS_FAULTS } from "../soak/faults.js";
import { buildReport, type SoakReport } from "../soak/report.js";
import { makePlaces } from "../soak/schedule.js";
import { runSoak } from "../soak/soak.js";
import { newSoakState } from "../soak/state.js";
import { expectNone, type TestStage } from "./mesh-test.js";

export interface ShortSoak {
  readonly durationMs: number;
  readonly intervalMs: number;
}

export async function shortSoak({ durationMs, intervalMs }: ShortSoak, stage: TestStage): Promise<string> {
  stage.progress("starting a console and 18 nodes");
  const cluster = await stage.launch(stage.signal);
  const faults = PROCESS_FAULTS.map(({ name, endsProcess }) => ({ name, endsProcess }));
  const state = newSoakState({
    command: "mesh test",
    commit: null,
    machine: { cpu: "", cores: 0, ramBytes: 0, system: "", node: process.version },
    plan: { seed: stage.seed, durationMs, intervalMs, churnMs: null, faults },
    plantedLeak: null,
    places: makePlaces(DEFAULT_SHAPE.meshes, new Map(Object.entries(DEFAULT_SHAPE.types))),
  });
  state.parts.push({ startedAt: new Date().toISOString(), fromMs: 0, convergedMs: 0 });
  state.status = "running";
  try {
    await runSoak({
      state,
      cluster,
      faults: PROCESS_FAULTS,
      checkpoint: () => {},
      progress: stage.progress,
      signal: stage.signal,
    });
  } finally {
    await cluster.close();
  }
  const report = buildReport(state);
  expectNone(soakProblems(report));
  const { acknowledged } = report.state.messages;
  return `${report.state.faults.length} faults passed, ${acknowledged} messages acknowledged, ${report.counts.passed} checks passed, ${report.counts.skipped} need longer`;
}

/** Every check that failed, and a soak that did not do what it was for. */
export function soakProblems({ checks, state }: Pick<SoakReport, "checks" | "state">): string[] {
  const failed = checks.filter(({ outcome }) => outcome === "failed").map(({ id, detail }) => `${id}: ${detail}`);
  const none = state.faults.some(({ passed }) => passed) ? [] : ["no fault passed"];
  return [...failed, ...none, ...(state.status === "finished" ? [] : [`it ended ${state.status}`])];
}
