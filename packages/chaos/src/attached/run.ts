/** One chaos run on a cluster that runs: what was asked for, where it is, what came of it. Owner: the desk, which keeps the last of them. */

import { monotonicMs } from "../cluster/agent-protocol.js";
import type { Fault } from "../faults/fault.js";
import type { Step, Verdict } from "../judge/judge.js";

export interface RunOrder {
  readonly faults: readonly Fault[];
  /** A name, the beginning of one, an id's beginning, or a type; undefined: drawn from the seed. */
  readonly target: string | undefined;
  readonly forMs: number;
  readonly seed: number;
  readonly blind: boolean;
  /** All of them so many times, each round so long after the one before began (or when that is over). */
  readonly rounds: number;
  readonly everyMs: number;
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

/** Of the fault that is on. */
export interface Current {
  readonly fault: string;
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
  readonly faults: readonly string[];
  readonly target: string | null;
  readonly forMs: number;
  readonly seed: number;
  readonly blind: boolean;
  readonly rounds: number;
  readonly everyMs: number;
  readonly round: number;
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
  #round = 1;
  #fault: string | undefined;
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

  begin(fault: string, round: number): void {
    this.#hurry = new AbortController();
    this.#fault = fault;
    this.#round = round;
    this.#phase = "preparing";
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

  waitForRound(): void {
    this.#phase = "waiting";
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
    this.#fault = undefined;
    this.#endedAtMs = monotonicMs();
  }

  view(): RunView {
    const { faults, target, forMs, seed, blind, rounds, everyMs } = this.order;
    const nowMs = monotonicMs();
    return {
      id: this.id,
      state: this.#state(),
      faults: faults.map(({ name }) => name),
      target: target ?? null,
      ...{ forMs, seed, blind, rounds, everyMs, round: this.#round },
      ageMs: nowMs - this.#startedAtMs,
      tookMs: this.#endedAtMs === undefined ? null : this.#endedAtMs - this.#startedAtMs,
      current: this.#fault === undefined ? null : this.#current(this.#fault, nowMs),
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

  #current(fault: string, nowMs: number): Current {
    return {
      fault,
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
