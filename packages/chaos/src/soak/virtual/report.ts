/** What a soak in virtual time has found, judged: made from its result alone. Each check has failed or passed; a run cut short is no pass. */
import { Histogram, SOAK_TWINS, type VirtualSoakResult, WITHOUT_TWIN } from "@meshwork/simulator";
import { capOf, differencesOf } from "../baseline.js";
import type { Check } from "../report.js";
import type { FinishedVirtualSoak } from "./run.js";

const DEATH_P99_MS = 5_000;
const DEATHS = ["kill-node", "burst-kill", "memory-pressure"];
const MAX_NAMED = 5;
/** What is remembered of those who are gone ends 24 h after: a quiet that is longer must see it end. */
const REMEMBERED = ["directoryTombstones", "directoryDepartures", "healingEntries"];
const REMEMBERED_MS = 24 * 3_600_000;

export interface FaultRow {
  readonly fault: string;
  readonly runs: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  readonly healedMaxMs: number | null;
}

export interface VirtualSoakReport {
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly checks: readonly Check[];
  readonly faults: readonly FaultRow[];
  readonly withoutTwin: Readonly<Record<string, string>>;
  /** Most that a node ever held of each collection, and the cap where there is one. */
  readonly peaks: Readonly<Record<string, { readonly peak: number; readonly cap?: number }>>;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly failures: readonly { readonly atMs: number; readonly fault: string; readonly reasons: readonly string[] }[];
}

export function buildVirtualReport(run: FinishedVirtualSoak): VirtualSoakReport {
  const faults = SOAK_TWINS.map(({ name }) => rowOf(name, run)).filter(({ runs }) => runs > 0);
  const checks = [
    ...faults.map((row) => faultCheck(row, run)),
    deathCheck(run),
    check("false deaths", run.falseDeaths.length === 0, deathsText(run)),
    check("nobody who runs and can be reached expires", run.falseExpiries === 0, `${run.falseExpiries}`),
    check(
      "directories equal in the end",
      run.divergentAtEnd === undefined,
      run.divergentAtEnd ?? "each lists exactly those who run",
    ),
    returnCheck(run),
    rememberedCheck(run),
    capCheck(run),
    check("ran its whole time", !run.stopped, `${hours(run.virtualMs)} h of virtual time`),
  ];
  const count = (outcome: Check["outcome"]) => checks.filter((one) => one.outcome === outcome).length;
  return {
    counts: { passed: count("passed"), failed: count("failed"), skipped: count("skipped") },
    checks,
    faults,
    withoutTwin: WITHOUT_TWIN,
    peaks: peaksOf(run),
    figures: {
      nodes: run.options.nodes,
      seed: run.options.seed,
      virtualHours: Number(hours(run.virtualMs)),
      faults: run.verdicts.length,
      identities: run.identities,
      events: run.events,
      trace: run.trace,
      cpuSeconds: Math.round(run.cpuSeconds),
      seconds: Math.round(run.seconds),
    },
    failures: run.verdicts.flatMap(({ atMs, fault, reasons }) =>
      reasons.length > 0 ? [{ atMs, fault, reasons }] : [],
    ),
  };
}

function check(id: string, ok: boolean, detail: string): Check {
  return { id, outcome: ok ? "passed" : "failed", detail };
}

const hours = (ms: number) => (ms / 3_600_000).toFixed(1);

function rowOf(fault: string, { verdicts }: VirtualSoakResult): FaultRow {
  const runs = verdicts.filter((verdict) => verdict.fault === fault);
  const waited = Histogram.of(...runs.map(({ waitedMs }) => waitedMs));
  const at = (share: number) => finite(waited.quantileMs(share));
  const healed = runs.flatMap(({ healedMs }) => (healedMs === undefined ? [] : [healedMs]));
  const failed = runs.filter(({ reasons }) => reasons.length > 0).length;
  const healedMaxMs = healed.length === 0 ? null : Math.round(Math.max(...healed));
  return { fault, runs: runs.length, failed, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), healedMaxMs };
}

const finite = (ms: number) => (Number.isFinite(ms) ? ms : null);

function faultCheck({ fault, runs, failed, p99Ms, maxMs }: FaultRow, { verdicts }: VirtualSoakResult): Check {
  const first = verdicts.find((verdict) => verdict.fault === fault && verdict.reasons.length > 0);
  const why = first === undefined ? "" : `; after ${hours(first.atMs)} h: ${first.reasons[0]}`;
  const known = `known after ${p99Ms ?? "never"} ms (p99), ${maxMs ?? "never"} ms (largest)`;
  return check(fault, failed === 0, `${runs - failed} of ${runs} passed; ${known}${why}`);
}

function deathCheck({ verdicts }: VirtualSoakResult): Check {
  const deaths = verdicts.filter(({ fault }) => DEATHS.includes(fault));
  const waited = Histogram.of(...deaths.map(({ waitedMs }) => waitedMs));
  const p99Ms = waited.quantileMs(0.99);
  const detail = `p99 ${finite(p99Ms) ?? "never"} ms of ${waited.count + waited.missing} waits after ${deaths.length} faults`;
  return check("survivors learn of deaths", deaths.length > 0 && p99Ms <= DEATH_P99_MS, detail);
}

function deathsText({ falseDeaths }: VirtualSoakResult): string {
  const some = falseDeaths.slice(0, MAX_NAMED);
  const named = some
    .map(({ observer, accused, atMs }) => `${accused} at ${observer} after ${hours(atMs)} h`)
    .join(", ");
  return `${falseDeaths.length}${named === "" ? "" : `: ${named}`}`;
}

const CUT_SHORT = "it was stopped before the quiet";

/** As `mesh soak` holds processes to it (baseline.ts). */
function returnCheck({ before, after, stopped }: FinishedVirtualSoak): Check {
  if (stopped) return { id: "return to the baseline", outcome: "skipped", detail: CUT_SHORT };
  let counts = 0;
  const broken: string[] = [];
  for (const { node, neighbors, sizes } of after) {
    const then = before.find((holding) => holding.node === node);
    counts += Object.keys(sizes).length;
    if (then === undefined) broken.push(`${node} was not read before`);
    else {
      const differences = differencesOf(
        `${node}`,
        { counts: then.sizes, links: then.neighbors },
        { counts: sizes, links: neighbors },
      );
      for (const { count, before: was, after: is, returned } of differences) {
        if (!returned) broken.push(`${count} of ${node}: ${was} before, ${is} after`);
      }
    }
  }
  const detail =
    broken.length === 0 ? `${counts} counts of ${after.length} nodes` : broken.slice(0, MAX_NAMED).join("; ");
  return check("return to the baseline", after.length > 0 && broken.length === 0, detail);
}

function rememberedCheck({ after, options, stopped }: FinishedVirtualSoak): Check {
  const id = "what is remembered of the departed ends";
  if (stopped) return { id, outcome: "skipped", detail: CUT_SHORT };
  if (options.quietMs <= REMEMBERED_MS) {
    return { id, outcome: "skipped", detail: `the quiet lasts ${hours(options.quietMs)} h, and it is kept for 24` };
  }
  // Seeds stay targets of healing: at most as many as there are members.
  const broken = after.flatMap(({ node, sizes }) =>
    REMEMBERED.filter((count) => (sizes[count] ?? 0) > (count === "healingEntries" ? options.nodes : 0)).map(
      (count) => `${count} of ${node}: ${sizes[count]}`,
    ),
  );
  const detail = `${hours(options.quietMs)} h after the last fault${broken.length === 0 ? "" : `: ${broken.slice(0, MAX_NAMED).join("; ")}`}`;
  return check(id, broken.length === 0, detail);
}

function peaksOf({ peaks }: VirtualSoakResult): VirtualSoakReport["peaks"] {
  const entries = Object.entries(peaks).map(([count, peak]) => {
    const cap = capOf(count);
    return [count, cap === undefined ? { peak } : { peak, cap }] as const;
  });
  return Object.fromEntries(entries);
}

function capCheck(run: VirtualSoakResult): Check {
  const capped = Object.entries(peaksOf(run)).filter(([, { cap }]) => cap !== undefined);
  const above = capped
    .filter(([, { peak, cap = 0 }]) => peak > cap)
    .map(([count, { peak, cap }]) => `${count}: ${peak} of ${cap}`);
  const detail = above.length === 0 ? `${capped.length} collections with a cap, read once a minute` : above.join("; ");
  return check("every collection below its cap", capped.length > 0 && above.length === 0, detail);
}
