/**
 * Runs one fault and judges it by the words of the other nodes: whole before, known in time, nothing that must never happen, undone,
 * whole again. A fault is always undone, also where its run was interrupted or broke.
 */
import { availableParallelism, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../cluster/agent-protocol.js";
import type { ChaosCluster } from "../cluster/chaos-cluster.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import type { Fault, FaultRun, Stage } from "../faults/fault.js";
import type { Abilities } from "../lab/abilities.js";
import { type Waits, waitsOf } from "./figures.js";
import { type NoteFigures, whatNeverHappened } from "./never.js";

export interface Verdict {
  readonly fault: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why not passed; every reason where there are several. */
  readonly reasons: readonly string[];
  readonly expects: string;
  readonly targets: readonly string[];
  readonly withinMs?: number;
  /** Null: it did not come to know in time. */
  readonly witnesses?: readonly { readonly name: string; readonly waitedMs: number | null }[];
  readonly waitedMs?: Waits;
  readonly reverted?: boolean;
  /** From the revert until every directory was whole; null: not in time. */
  readonly healedMs?: number | null;
  readonly notes?: NoteFigures;
  readonly maxConnectionsOpened?: number;
  readonly tookMs?: number;
  /** Processes that wanted a core, per core, over the last minute: above 2 or 3 it is the machine that is slow, not the mesh. */
  readonly loadPerCore?: number;
}

export interface JudgeOptions {
  readonly abilities: Abilities;
  readonly stage: Stage;
  /** How long the fault lasts at least. */
  readonly forMs: number;
  /** The senses of all nodes are shut at the injection: whatever is then passed would have passed without looking. */
  readonly blind: boolean;
  readonly signal: AbortSignal;
  /** Undone as soon as it is aborted, and judged then: whoever does not know of it by that time has not come to know. */
  readonly hurry?: AbortSignal;
  readonly log: (line: string) => void;
  readonly onStep?: (step: Step) => void;
  /** Times what is done to the cluster. Default: only does it. */
  readonly span?: ChaosSpan;
}

/** Where a fault is, as it gets there. */
export type Step =
  | { readonly kind: "preparing" | "reverting" | "healing" | "checking" }
  | { readonly kind: "injecting"; readonly targets: readonly ChaosNode[]; readonly witnesses: readonly ChaosNode[] }
  | { readonly kind: "watching"; readonly sinceMs: number; readonly withinMs: number }
  | { readonly kind: "known"; readonly witness: string; readonly waitedMs: number | null }
  | { readonly kind: "holding" };

/** Of the vocabulary's `mesh.chaos.…`. */
export type ChaosSpan = <T>(
  name: "injected" | "detected" | "reverted",
  about: { readonly fault: string; readonly targets: readonly string[] },
  work: () => Promise<T>,
) => Promise<T>;

const untimed: ChaosSpan = (_, __, work) => work();

const WHOLE_BEFORE_MS = 60_000;
const NOTE_INTERVAL_MS = 300;
/** Messages under way end, and their outcomes are told. */
const DRAIN_MS = 3_500;

export async function judge(fault: Fault, options: JudgeOptions): Promise<Verdict> {
  const { name, expects } = fault;
  const { stage, signal } = options;
  const { cluster } = stage;
  const startedAtMs = monotonicMs();
  const missing = fault.needs.map((need) => options.abilities[need]).find(({ ok }) => !ok);
  if (missing !== undefined) {
    const install = missing.install === undefined ? "" : ` (${missing.install})`;
    return {
      fault: name,
      outcome: "skipped",
      reasons: [`${missing.ability}: ${missing.detail}${install}`],
      expects,
      targets: [],
    };
  }
  const failed = (reason: string, more: Partial<Verdict> = {}): Verdict => ({
    ...{ fault: name, outcome: "failed", reasons: [reason], expects, targets: [] },
    ...more,
  });
  const { onStep = () => {} } = options;
  let run: FaultRun | undefined;
  const reasons: string[] = [];
  try {
    onStep({ kind: "preparing" });
    run = await fault.prepare(stage);
    // Answers too: a fault is done to links that are in use, and ends as it began.
    const unanswered = () => answering(run as FaultRun, cluster, monotonicMs() + WHOLE_BEFORE_MS);
    const before = (await cluster.whole(WHOLE_BEFORE_MS, signal)) ?? (await unanswered());
    if (signal.aborted) return failed("interrupted");
    if (before !== undefined) throw new Error(`the cluster was not whole before: ${before}`);
    cluster.forget();
    const opened = await connectionsOpened(cluster);
    await traffic(cluster, NOTE_INTERVAL_MS);
    const observed = await observe(fault, run, options);
    reasons.push(...observed.reasons);
    if (signal.aborted) {
      const targets = run.targets.map((target) => target.name);
      return failed("interrupted", { reasons: ["interrupted", ...reasons], targets, reverted: observed.reverted });
    }
    onStep({ kind: "healing" });
    const revertedAtMs = monotonicMs();
    const healing = heal(fault, run, cluster, revertedAtMs, signal);
    const healed = new AbortController();
    const { healedMs, problem } = (await Promise.race([healing, aborted(signal, healed.signal)])) ?? INTERRUPTED;
    healed.abort();
    if (problem !== undefined) reasons.push(problem);
    onStep({ kind: "checking" });
    await traffic(cluster, 0);
    await sleep(DRAIN_MS, undefined, { signal }).catch(() => {});
    const never = await whatNeverHappened(cluster, run, opened);
    reasons.push(...never.violations);
    return {
      fault: name,
      outcome: reasons.length === 0 ? "passed" : "failed",
      reasons,
      expects,
      targets: run.targets.map((target) => target.name),
      withinMs: run.withinMs ?? fault.withinMs,
      witnesses: observed.witnesses,
      ...(observed.waitedMs === undefined ? {} : { waitedMs: observed.waitedMs }),
      reverted: observed.reverted,
      healedMs,
      notes: never.notes,
      maxConnectionsOpened: never.maxConnectionsOpened,
      tookMs: Math.round(monotonicMs() - startedAtMs),
      loadPerCore: loadPerCore(),
    };
  } catch (error) {
    const tookMs = Math.round(monotonicMs() - startedAtMs);
    return failed((error as Error).message, { tookMs, loadPerCore: loadPerCore() });
  }
}

function loadPerCore(): number {
  return Math.round(((loadavg()[0] ?? 0) / availableParallelism()) * 10) / 10;
}

interface Known {
  readonly witness: ChaosNode;
  readonly waitedMs: number | null;
}

async function observe(fault: Fault, run: FaultRun, options: JudgeOptions) {
  const { forMs, blind, signal, hurry, log, onStep = () => {}, span = untimed } = options;
  const about = { fault: fault.name, targets: run.targets.map(({ name }) => name) };
  const reasons: string[] = [];
  let knownAt: readonly Known[] = [];
  let reverted = false;
  try {
    if (blind) await Promise.all(run.witnesses.map((witness) => witness.call("blind", { shut: true })));
    onStep({ kind: "injecting", targets: run.targets, witnesses: run.witnesses });
    const sinceMs = await span("injected", about, () => run.inject());
    const withinMs = run.withinMs ?? fault.withinMs;
    onStep({ kind: "watching", sinceMs, withinMs });
    log(`${fault.name}: ${about.targets.join(", ")}; ${run.witnesses.length} witnesses have ${withinMs / 1_000} s`);
    const ended = hurry === undefined ? signal : AbortSignal.any([signal, hurry]);
    const seen = await span("detected", about, () => detecting(run, sinceMs, sinceMs + withinMs, ended, onStep));
    if (seen !== undefined) {
      knownAt = seen;
      onStep({ kind: "holding" });
      await sleep(Math.max(0, sinceMs + forMs - monotonicMs()), undefined, { signal: ended }).catch(() => {});
    } else if (!signal.aborted) reasons.push("undone before every witness had its time");
    const late = knownAt.filter(({ waitedMs }) => waitedMs === null).map(({ witness }) => witness.name);
    if (late.length > 0) reasons.push(`not known within ${withinMs / 1_000} s to ${late.join(", ")}`);
    else if (seen?.length === 0) reasons.push("nobody was asked");
  } finally {
    onStep({ kind: "reverting" });
    if (blind)
      await Promise.all(run.witnesses.map((witness) => witness.call("blind", { shut: false }).catch(() => {})));
    await span("reverted", about, () => run.revert(signal)).then(
      () => {
        reverted = true;
      },
      (error: Error) => reasons.push(`not undone: ${error.message}`),
    );
  }
  const waitedMs = waitsOf(knownAt.flatMap((known) => (known.waitedMs === null ? [] : [known.waitedMs])));
  const witnesses = knownAt.map((known) => ({ name: known.witness.name, waitedMs: known.waitedMs }));
  return { reasons, witnesses, waitedMs, reverted };
}

/** What each witness knew when; undefined where it was ended before all had their time. */
async function detecting(
  run: FaultRun,
  sinceMs: number,
  deadlineMs: number,
  ended: AbortSignal,
  onStep: (step: Step) => void,
): Promise<readonly Known[] | undefined> {
  const asking = Promise.all(
    run.witnesses.map(async (witness): Promise<Known> => {
      const atMs = await run.detect(witness, sinceMs, deadlineMs).catch(() => undefined);
      const known = atMs !== undefined && atMs <= deadlineMs;
      const waitedMs = known ? Math.max(0, Math.round(atMs - sinceMs)) : null;
      onStep({ kind: "known", witness: witness.name, waitedMs });
      return { witness, waitedMs };
    }),
  );
  const answered = new AbortController();
  const known = await Promise.race([asking, aborted(ended, answered.signal)]);
  answered.abort();
  return known;
}

const INTERRUPTED = { healedMs: null, problem: "interrupted" };

async function heal(fault: Fault, run: FaultRun, cluster: ChaosCluster, revertedAtMs: number, signal: AbortSignal) {
  const deadlineMs = revertedAtMs + fault.healedWithinMs;
  const whole = (await cluster.whole(fault.healedWithinMs, signal)) ?? (await answering(run, cluster, deadlineMs));
  const healedMs = whole === undefined ? Math.round(monotonicMs() - revertedAtMs) : null;
  if (whole !== undefined)
    return { healedMs, problem: `not healed within ${fault.healedWithinMs / 1_000} s: ${whole}` };
  const problem = await run.verifyHealed?.();
  return { healedMs, problem: problem === undefined ? undefined : `not healed: ${problem}` };
}

const ANSWER_WITHIN_MS = 1_000;

/** Whether every target that runs answers every other member of its mesh again: to be listed is not all. Waits; says what is wrong. */
async function answering(run: FaultRun, cluster: ChaosCluster, deadlineMs: number): Promise<string | undefined> {
  const silent = await Promise.all(
    run.targets
      .filter((target) => target.isRunning)
      .flatMap((target) =>
        cluster
          .members(target.mesh)
          .filter((node) => node !== target)
          .map(async (node) => {
            const echo = () => node.call("echo", { target: target.id, timeoutMs: ANSWER_WITHIN_MS });
            return (await node.untilTrue(echo, deadlineMs)) === undefined
              ? `${target.name} does not answer ${node.name}`
              : undefined;
          }),
      ),
  );
  return silent.find((problem) => problem !== undefined);
}

async function connectionsOpened(cluster: ChaosCluster): Promise<Map<ChaosNode, number>> {
  const stats = await Promise.all(
    cluster.nodes.map(async (node) => [node, (await node.call("stats", {})).connectionsOpened] as const),
  );
  return new Map(stats);
}

async function traffic(cluster: ChaosCluster, intervalMs: number): Promise<void> {
  const { noteTargets: among } = cluster;
  const input = among === undefined ? { intervalMs } : { intervalMs, among };
  await Promise.all(cluster.nodes.map((node) => node.call("notes", input).catch(() => {})));
}

/** Listens until `unless` aborts. */
function aborted(signal: AbortSignal, unless: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(undefined), { once: true, signal: unless }),
  );
}
