/**
 * `npm run sim -- chaos [--seeds N] [--fault NAME] [--blind]`: the faults of `mesh chaos list`, as far as the simulator can do them, each
 * done to a mesh of nine nodes from every seed. `--blind` switches the witnesses' detection off, and every fault must fail; without
 * it the blind run of one seed is part of the checks.
 */
import { CHAOS_TWINS, Histogram, WITHOUT_TWIN } from "../../packages/simulator/dist/index.js";

/** A mesh of the cluster that `mesh chaos run` starts. */
const NODES = 9;
const BLIND_SEED = 1;

export function chaosPlan(args, seeds, report) {
  const fault = args[args.indexOf("--fault") + 1 || args.length];
  const names = CHAOS_TWINS.map(({ name }) => name);
  if (fault !== undefined && !names.includes(fault)) {
    process.stderr.write(`no twin of ${fault}: ${WITHOUT_TWIN[fault] ?? `there are ${names.join(", ")}`}\n`);
    process.exit(2);
  }
  const faults = fault === undefined ? names : [fault];
  const blind = args.includes("--blind");
  const task = (seed, isBlind) => ({ kind: "chaos", options: { seed, nodes: NODES, faults, blind: isBlind } });
  const tasks = Array.from({ length: seeds }, (_, index) => task(index + 1, blind));
  if (!blind) tasks.push(task(BLIND_SEED, true));
  if (fault === undefined) for (const [name, why] of Object.entries(WITHOUT_TWIN)) report.skip(name, why);
  return { tasks, judge: (finished, tools) => judge(finished, tools, faults, blind) };
}

function judge(finished, { check, table }, faults, blind) {
  const runs = finished.filter(({ task }) => task.options.blind === blind);
  const rows = faults.map((name) => judgeFault(name, runs, check));
  if (!blind) {
    const unseeing = finished.filter(({ task }) => task.options.blind).flatMap(({ result }) => result.verdicts);
    for (const { fault, reasons } of unseeing) {
      check(`${fault}: fails where detection is off`, reasons.length > 0, `seed ${BLIND_SEED}: it passed`);
    }
  }
  table("from the injection to each witness's own knowledge, and from the revert to a whole mesh", rows);
  return { nodes: NODES, virtualHours: hours(runs), faults: rows };
}

function judgeFault(name, runs, check) {
  const verdicts = runs.flatMap(({ task, result }) =>
    result.verdicts.filter(({ fault }) => fault === name).map((verdict) => ({ seed: task.options.seed, ...verdict })),
  );
  const failed = verdicts.filter(({ reasons }) => reasons.length > 0);
  const first = failed[0];
  const what =
    first === undefined ? "" : `${failed.length} of ${verdicts.length} seeds; seed ${first.seed}: ${first.reasons[0]}`;
  check(name, verdicts.length > 0 && first === undefined, what);
  const waited = Histogram.of(...verdicts.map(({ waitedMs }) => waitedMs));
  const healed = verdicts.flatMap(({ healedMs }) => (healedMs === undefined ? [] : [healedMs])).sort((a, b) => a - b);
  return {
    fault: name,
    seeds: verdicts.length,
    failed: failed.length,
    withinMs: Math.max(...verdicts.map(({ withinMs }) => withinMs)),
    p50Ms: waited.quantileMs(0.5),
    p99Ms: waited.quantileMs(0.99),
    maxMs: waited.quantileMs(1),
    healedP50Ms: Math.round(healed[Math.floor(healed.length / 2)] ?? 0),
    healedMaxMs: Math.round(healed.at(-1) ?? 0),
  };
}

const hours = (runs) => Math.round(runs.reduce((sum, { result }) => sum + result.virtualMs, 0) / 360_000) / 10;
