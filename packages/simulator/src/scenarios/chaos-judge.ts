/**
 * Does one fault to a mesh and judges it by the words of the other nodes, as the real harness does (packages/chaos, judge): whole
 * before, known in time, nobody taken for gone whom the fault does not excuse, undone, whole and answering again within 30 s.
 */
import { Histogram, type HistogramData } from "../measure/histogram.js";
import { Asking } from "./chaos-echoes.js";
import type { ChaosStage } from "./chaos-stage.js";
import type { ChaosTwin, TwinRun } from "./chaos-twin.js";

const WHOLE_BEFORE_MS = 60_000;
const LOOK_MS = 20;
const LASTS_MS = 5_000;
const HEALED_MS = 30_000;

export interface TwinVerdict {
  readonly fault: string;
  readonly targets: readonly number[];
  readonly withinMs: number;
  /** Why not passed; empty where it did. */
  readonly reasons: readonly string[];
  /** Of each witness, from the injection. */
  readonly waitedMs: HistogramData;
  /** From the revert; undefined where it was not whole in time, or was not asked. */
  readonly healedMs: number | undefined;
}

/** Blind: from the injection on the witnesses' membership sees and does nothing, and they hear no answers. The mesh is of no use afterwards. */
export function judgeTwin(stage: ChaosStage, twin: ChaosTwin, blind = false): TwinVerdict {
  const reasons: string[] = [];
  const before = stage.untilWhole(WHOLE_BEFORE_MS);
  if (before !== undefined) reasons.push(`not whole before: ${before}`);
  stage.forget();
  const run = twin.prepare(stage);
  const withinMs = run.withinMs ?? twin.withinMs;
  if (blind) stage.blind(run.witnesses);
  run.inject();
  const sinceMs = stage.nowMs;
  const waitedMs = new Histogram();
  const late = observe(stage, run, sinceMs + withinMs, waitedMs);
  if (late.length > 0) reasons.push(`not known within ${withinMs / 1_000} s to ${late.join(", ")}`);
  const verdict = { fault: twin.name, targets: run.targets, withinMs, waitedMs: waitedMs.data() };
  if (blind) return { ...verdict, reasons, healedMs: undefined };
  stage.runFor(Math.max(0, sinceMs + (run.lastsMs ?? LASTS_MS) - stage.nowMs));
  run.revert();
  const revertedAtMs = stage.nowMs;
  const problem = stage.untilWhole(HEALED_MS) ?? silence(stage, run, revertedAtMs + HEALED_MS);
  if (problem !== undefined) reasons.push(`not healed within ${HEALED_MS / 1_000} s: ${problem}`);
  const healedMs = problem === undefined ? stage.nowMs - revertedAtMs : undefined;
  for (const { observer, accused, kind, atMs } of stage.marks) {
    if (run.excuses(observer, accused)) continue;
    reasons.push(`${observer} took ${accused} for ${kind} ${((atMs - sinceMs) / 1_000).toFixed(1)} s after`);
  }
  return { ...verdict, reasons, healedMs };
}

/** Those who did not come to know. */
function observe(stage: ChaosStage, run: TwinRun, deadlineMs: number, waited: Histogram): number[] {
  const startMs = stage.nowMs;
  let waiting = [...run.witnesses];
  for (;;) {
    const left = waiting.filter((witness) => !run.knows(witness));
    for (let known = waiting.length - left.length; known > 0; known--) waited.add(stage.nowMs - startMs);
    waiting = left;
    if (waiting.length === 0 || stage.nowMs >= deadlineMs) break;
    stage.runFor(LOOK_MS);
  }
  waited.missing += waiting.length;
  return waiting;
}

/** To be listed is not all: each target that runs answers every other. */
function silence(stage: ChaosStage, run: TwinRun, deadlineMs: number): string | undefined {
  const pairs = run.targets
    .filter((target) => stage.cluster.nodes[target] !== undefined)
    .flatMap((target) => {
      const asking = new Asking(stage.echoes, target, (answer) => answer !== undefined);
      return stage.others([target]).map((other) => ({ target, other, asking }));
    });
  for (;;) {
    const silent = pairs.filter(({ asking, other }) => !asking.knows(other));
    if (silent.length === 0) return undefined;
    if (stage.nowMs >= deadlineMs) return `${silent[0]!.target} does not answer ${silent[0]!.other}`;
    stage.runFor(LOOK_MS);
  }
}
