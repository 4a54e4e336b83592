/** One chaos run on a cluster that runs: what was asked for, where it is, what came of it. Owner: the desk, which keeps the last of them. */

import { monotonicMs } from "../cluster/agent-protocol.js";
import type { Step, Verdict } from "../judge/judge.js";
import type { Plan } from "../spec/spec.js";
import type { Due } from "../spec/timetable.js";

export interface RunOrder {
  readonly plans: readonly Plan[];
  readonly seed: number;
  readonly blind: boolean;
}

/** A plan as it was asked for. */
export interface PlanView {
  readonly action: string;
  readonly selector: string | null;
  readonly durationMs: number;
  readonly everyMs: number;
  readonly rounds: number;
}

export type Phase =
  | "preparing"
  | "injecting"
  | "watching"
  | "holding"
  | "reverting"
  | "healing"
  | "checking"
  | "waiting";

/** Of the fault that is on, or (`waiting`) due next. */
export interface Current {
  readonly fault: string;
  readonly round: number;
  readonly rounds: number;
  readonly phase: Phase;
  readonly targets: readonly string[];
  /** Since the injection. */
  readonly elapsedMs: number | null;
  readonly withinMs: number | null;
  readonly witnesses: number;
  /** Who has come to know, or has not in time, as they do. */
  readonly known: readonly { readonly name: string; readonly waitedMs: number | null }[];
}

export type RunState = "running" | "stopping" | "done" | "stopped" | "failed";

export interface RunView {
  readonly id: number;
  readonly state: RunState;
  readonly specs: readonly PlanView[];
  /** Faults over all rounds. */
  readonly total: number;
  readonly seed: number;
  readonly blind: boolean;
  readonly ageMs: number;
  readonly tookMs: number | null;
  readonly current: Current | null;
  readonly verdicts: readonly Verdict[];
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  /** Why it could not go on. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export class ChaosRun {
  readonly id: number;
  readonly order: RunOrder;
  readonly verdicts: Verdict[] = [];
  readonly #stop = new AbortController();
  readonly #startedAtMs = monotonicMs();
  #hurry = new AbortController();
  #endedAtMs: number | undefined;
  #error: RunView["error"] = null;
  #due: Due | undefined;
  #phase: Phase = "preparing";
  #targets: readonly string[] = [];
  #sinceMs: number | undefined;
  #withinMs: number | undefined;
  #witnesses = 0;
  #known: { name: string; waitedMs: number | null }[] = [];

  constructor(id: number, order: RunOrder) {
    this.id = id;
    this.order = order;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  get isOver(): boolean {
    return this.#endedAtMs !== undefined;
  }

  /** Lines of waiting times that it keeps. */
  get size(): number {
    return this.verdicts.reduce((sum, { witnesses = [] }) => sum + 1 + witnesses.length, 0);
  }

  /** It is on, or waited for. */
  begin(due: Due, phase: "preparing" | "waiting"): void {
    this.#hurry = new AbortController();
    this.#due = due;
    this.#phase = phase;
    this.#targets = [];
    this.#sinceMs = undefined;
    this.#withinMs = undefined;
    this.#witnesses = 0;
    this.#known = [];
  }

  step(step: Step): void {
    if (step.kind === "known") {
      this.#known.push({ name: step.witness, waitedMs: step.waitedMs });
      return;
    }
    this.#phase = step.kind;
    if (step.kind === "injecting") {
      this.#targets = step.targets.map(({ name }) => name);
      this.#witnesses = step.witnesses.length;
    } else if (step.kind === "watching") {
      this.#sinceMs = step.sinceMs;
      this.#withinMs = step.withinMs;
    }
  }

  /** What is on now is undone at once. */
  revertNow(): void {
    this.#hurry.abort();
  }

  stop(): void {
    this.#stop.abort();
  }

  end(error: RunView["error"] = null): void {
    this.#error = error;
    this.#due = undefined;
    this.#endedAtMs = monotonicMs();
  }

  view(): RunView {
    const { plans, seed, blind } = this.order;
    const nowMs = monotonicMs();
    return {
      id: this.id,
      state: this.#state(),
      specs: plans.map(({ fault, target = null, forMs, everyMs, rounds }) => {
        return { action: fault.name, selector: target, durationMs: forMs, everyMs, rounds };
      }),
      total: plans.reduce((sum, { rounds }) => sum + rounds, 0),
      ...{ seed, blind },
      ageMs: nowMs - this.#startedAtMs,
      tookMs: this.#endedAtMs === undefined ? null : this.#endedAtMs - this.#startedAtMs,
      current: this.#due === undefined ? null : this.#current(this.#due, nowMs),
      verdicts: this.verdicts,
      counts: { passed: this.#count("passed"), failed: this.#count("failed"), skipped: this.#count("skipped") },
      error: this.#error,
    };
  }

  #state(): RunState {
    const stopped = this.#stop.signal.aborted;
    if (!this.isOver) return stopped ? "stopping" : "running";
    return this.#error !== null ? "failed" : stopped ? "stopped" : "done";
  }

  #current({ plan, round }: Due, nowMs: number): Current {
    return {
      ...{ fault: plan.fault.name, round, rounds: plan.rounds },
      phase: this.#phase,
      targets: this.#targets,
      elapsedMs: this.#sinceMs === undefined ? null : nowMs - this.#sinceMs,
      withinMs: this.#withinMs ?? null,
      witnesses: this.#witnesses,
      known: this.#known,
    };
  }

  #count(outcome: Verdict["outcome"]): number {
    return this.verdicts.filter((verdict) => verdict.outcome === outcome).length;
  }
}
