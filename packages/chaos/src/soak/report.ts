/**
 * What a soak has found, judged: made from the state alone, so that it can be made again at any time, also of a soak that was stopped.
 * Each check has failed, passed, or says why it could not tell (skipped).
 */
import { DEATH_BOUND_MS } from "./faults.js";
import type { SoakState } from "./state.js";
import { judgeLeak, LEAK_MB_PER_HOUR, type LeakFinding, SETTLED_FROM_MINUTE } from "./statistics/leak-verdict.js";
import { quantileOf } from "./statistics/slope.js";

export interface Check {
  readonly id: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly detail: string;
}

export interface SlopeRow extends LeakFinding {
  readonly process: string;
  readonly label: string;
  readonly metric: MemoryMetric;
}

/** Milliseconds, over all pairs of an event and a survivor; `never`: not within the time allowed. */
export interface WaitFigures {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly never: number;
}

export interface Moment {
  readonly title: string;
  readonly minute: number | null;
  readonly cpuCores: number | null;
  readonly pssBytes: number | null;
  readonly rssBytes: number | null;
  readonly nodeCpuCores: number | null;
}

export interface SoakReport {
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly checks: readonly Check[];
  readonly moments: readonly Moment[];
  readonly slopes: readonly SlopeRow[];
  readonly deaths: WaitFigures;
  readonly leaves: WaitFigures;
  readonly returns: WaitFigures;
  readonly state: SoakState;
}

const MEMORY_METRICS = ["heapBytes", "pssBytes", "rssBytes"] as const;
type MemoryMetric = (typeof MEMORY_METRICS)[number];

/** The seeds' own second reading. */
const SECOND_READING_MINUTE = 32;

export function buildReport(state: SoakState): SoakReport {
  const slopes = slopesOf(state);
  const deaths = figuresOf([
    ...state.faults.flatMap(({ deathWaitsMs }) => deathWaitsMs),
    ...state.respawns.filter(({ how }) => how === "kill").flatMap(({ waitsMs }) => waitsMs),
  ]);
  const leaves = figuresOf(state.respawns.filter(({ how }) => how === "leave").flatMap(({ waitsMs }) => waitsMs));
  const returns = figuresOf(state.faults.flatMap(({ returnWaitsMs }) => returnWaitsMs));
  const checks = [
    ...faultChecks(state),
    deathCheck(deaths),
    falseDeathCheck(state),
    ...messageChecks(state),
    ...respawnChecks(state),
    leakCheck(slopes),
    ...plantedLeakChecks(state, slopes),
    returnCheck(state),
    agreementCheck(state),
    completeCheck(state),
  ];
  const count = (outcome: Check["outcome"]) => checks.filter((check) => check.outcome === outcome).length;
  const counts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
  return { counts, checks, moments: momentsOf(state), slopes, deaths, leaves, returns, state };
}

function slopesOf(state: SoakState): SlopeRow[] {
  const all = Object.entries(state.series).flatMap(([process, { label, parts }]) =>
    MEMORY_METRICS.map((metric) => ({
      process,
      label,
      metric,
      parts: parts.map((part) => pointsOf(part[metric] ?? [])),
    })),
  );
  return all.map(({ process, label, metric, parts }) => ({ process, label, metric, ...judgeLeak(parts, all.length) }));
}

const pointsOf = (minima: readonly (number | null)[]) => minima.flatMap((y, x) => (y === null ? [] : [{ x, y }]));

function figuresOf(waits: readonly (number | null)[]): WaitFigures {
  const known = waits.filter((wait): wait is number => wait !== null).sort((a, b) => a - b);
  const at = (quantile: number) => (known.length === 0 ? null : quantileOf(known, quantile));
  return { count: waits.length, p50: at(0.5), p99: at(0.99), max: at(1), never: waits.length - known.length };
}

function faultChecks({ faults }: SoakState): Check[] {
  return faults.map(({ atMs, fault, target, passed, skipped, detail }) => ({
    id: `${fault} of ${target || "nobody"} at ${seconds(atMs)}`,
    outcome: skipped ? "skipped" : passed ? "passed" : "failed",
    detail,
  }));
}

function deathCheck({ count, p50, p99, max, never }: WaitFigures): Check {
  const id = "survivors learn of kills";
  if (count === 0) return { id, outcome: "skipped", detail: "nobody was killed" };
  const passed = never === 0 && p99 !== null && p99 <= DEATH_BOUND_MS;
  const told = `p50 ${seconds(p50)}, p99 ${seconds(p99)}, max ${seconds(max)} over ${count} pairs of kill and survivor`;
  const detail = `${told}${never > 0 ? `; ${never} never` : ""} (bound: p99 ${seconds(DEATH_BOUND_MS)})`;
  return { id, outcome: passed ? "passed" : "failed", detail };
}

function falseDeathCheck({ falseDeaths }: SoakState): Check {
  const named = falseDeaths.slice(0, 3).map(({ observer, accused }) => `${observer} of ${accused}`);
  const detail = falseDeaths.length === 0 ? "none" : `${falseDeaths.length}: ${named.join("; ")}`;
  return { id: "false deaths", outcome: falseDeaths.length === 0 ? "passed" : "failed", detail };
}

function messageChecks({ messages, lostMessages }: SoakState): Check[] {
  const { acknowledged, verified, lost, doubled, unverifiable, sent, failed } = messages;
  const codes = Object.entries(failed).map(([code, count]) => `${count} ${code}`);
  const answered = `${sent} sent, ${acknowledged} acknowledged, ${verified} found at their receivers`;
  const ended =
    unverifiable === 0
      ? ""
      : `, ${unverifiable} acknowledged by processes that were ended before their books were read`;
  const without = codes.length === 0 ? "" : `; without an answer: ${codes.join(", ")}`;
  const none = acknowledged === 0;
  return [
    {
      id: "acknowledged messages lost",
      outcome: none ? "skipped" : lost === 0 ? "passed" : "failed",
      detail: `${lost} (${answered}${ended}${without})${lost > 0 ? `: ${lostMessages.join("; ")}` : ""}`,
    },
    { id: "messages doubled", outcome: none ? "skipped" : doubled === 0 ? "passed" : "failed", detail: `${doubled}` },
  ];
}

function respawnChecks({ plan, respawns }: SoakState): Check[] {
  if (plan.churnMs === null) return [];
  const wrong = respawns.filter(({ detail, waitsMs }) => detail !== "" || waitsMs.includes(null));
  const named = wrong
    .slice(0, 3)
    .map(({ how, target, detail }) => `${how} of ${target}: ${detail || "not gone everywhere"}`);
  const detail = `${respawns.length} with a new identity${wrong.length === 0 ? "" : `; ${wrong.length} wrong: ${named.join("; ")}`}`;
  return [{ id: "respawns", outcome: wrong.length === 0 ? "passed" : "failed", detail }];
}

function leakCheck(slopes: readonly SlopeRow[]): Check {
  const id = "memory leaks";
  const of = (verdict: LeakFinding["verdict"]) => slopes.filter((row) => row.verdict === verdict);
  const leaks = of("leak");
  if (leaks.length > 0) return { id, outcome: "failed", detail: leaks.map(slopeText).join("; ") };
  const open = of("inconclusive");
  if (open.length === 0)
    return { id, outcome: "passed", detail: `${slopes.length} series, each interval below ${LEAK_MB_PER_HOUR} MB/h` };
  const untold = open.filter(({ slope }) => slope === null).length;
  const widest = open
    .filter(({ slope }) => slope !== null)
    .slice(0, 3)
    .map(slopeText);
  const early = untold > 0 ? `${untold} have too few minutes after minute ${SETTLED_FROM_MINUTE}` : "";
  const detail = `inconclusive in ${open.length} of ${slopes.length} series: ${[early, ...widest].filter(Boolean).join("; ")}; a longer soak tells`;
  return { id, outcome: "skipped", detail };
}

/** The self-test: the node that was made to leak is found, and named. */
function plantedLeakChecks({ plantedLeak }: SoakState, slopes: readonly SlopeRow[]): Check[] {
  if (plantedLeak === null) return [];
  const id = "the planted leak";
  const rows = slopes.filter(({ process }) => process === `node ${plantedLeak.place}`);
  const found = rows.filter(({ verdict }) => verdict === "leak");
  if (found.length > 0) return [{ id, outcome: "passed", detail: `found: ${found.map(slopeText).join("; ")}` }];
  const known = rows.some(({ slope }) => slope !== null);
  return [
    { id, outcome: known ? "failed" : "skipped", detail: known ? rows.map(slopeText).join("; ") : "too few minutes" },
  ];
}

export function slopeText({ label, metric, slope, lower, upper, oneStep }: SlopeRow): string {
  const end = (value: number | null) => (value === null ? "unbounded" : value.toFixed(2));
  const interval = slope === null ? "no interval" : `${slope.toFixed(2)} MB/h [${end(lower)}, ${end(upper)}]`;
  return `${label} ${metric.replace("Bytes", "")} ${interval}${oneStep ? ", which one step explains" : ""}`;
}

function returnCheck({ quiet }: SoakState): Check {
  const id = "return to the baseline";
  if (quiet === null) return { id, outcome: "skipped", detail: "it was stopped before all was quiet" };
  const { compared, differences, settledMs } = quiet;
  const kept = differences.filter(({ returned }) => !returned);
  const named = kept.slice(0, 8).map(({ process, count, before, after }) => `${process} ${count} ${before} → ${after}`);
  const detail =
    kept.length === 0
      ? `${compared} counts in ${seconds(settledMs)}`
      : `${kept.length} of ${compared} counts did not return in ${seconds(settledMs)}: ${named.join("; ")}`;
  return { id, outcome: kept.length === 0 ? "passed" : "failed", detail };
}

function agreementCheck({ disagreements, status, unexpectedEnds }: SoakState): Check {
  const id = "directories agree at the end";
  const wrong = [...disagreements, ...unexpectedEnds];
  if (wrong.length > 0) return { id, outcome: "failed", detail: wrong.slice(0, 5).join("; ") };
  if (status !== "finished") return { id, outcome: "skipped", detail: "it was stopped before" };
  return { id, outcome: "passed", detail: "every node lists exactly those who run" };
}

function completeCheck({ status, elapsedMs, plan }: SoakState): Check {
  const id = "ran its whole time";
  const detail = `${seconds(elapsedMs)} of ${seconds(plan.durationMs)}`;
  return { id, outcome: status === "finished" ? "passed" : "skipped", detail };
}

function momentsOf({ totals }: SoakState): Moment[] {
  const last = totals.cpuCores.length - 1;
  const at = (title: string, minute: number): Moment => {
    const there = minute >= 0 && minute <= last;
    const of = (values: readonly (number | null)[]) => (there ? (values[minute] ?? null) : null);
    return {
      title,
      minute: there ? minute : null,
      cpuCores: of(totals.cpuCores),
      pssBytes: of(totals.pssBytes),
      rssBytes: of(totals.rssBytes),
      nodeCpuCores: of(totals.nodeCpuCores),
    };
  };
  return [at("t = 0", 0), at(`+ ${SECOND_READING_MINUTE} min`, SECOND_READING_MINUTE), at(`now, + ${last} min`, last)];
}

function seconds(ms: number | null): string {
  return ms === null ? "unknown" : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
