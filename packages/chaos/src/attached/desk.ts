/**
 * The desk of a cluster that was started for chaos: which faults are possible, one run at a time, what the last runs came to.
 *
 * 1. A fault hits processes of the cluster alone: whom the owner of the processes lists as nodes of their own.
 * 2. What was done is undone, also when the run is stopped, when it breaks, and at `close`. Where the desk itself goes away, the owner of
 *    the processes undoes it.
 * 3. Runs are kept until there are more than `MAX_RUNS`, or their lines more than `MAX_LINES`; the oldest goes first.
 *
 * Owner: the console's process.
 */
import { randomInt } from "node:crypto";
import type { Fault } from "../faults/fault.js";
import { randomFrom } from "../judge/figures.js";
import { type ChaosSpan, judge, type Verdict } from "../judge/judge.js";
import { fitsTarget, pickTargets } from "../judge/targets.js";
import { type ChaosSpec, type Plan, planOf } from "../spec/spec.js";
import { atTheirTime, type Due, timetable } from "../spec/timetable.js";
import { abilitiesOf, type FaultCard, faultCards } from "./applicable.js";
import { AttachedCluster, isNode } from "./attached-cluster.js";
import type { Grounds } from "./grounds.js";
import type { Processes } from "./processes.js";
import { ChaosRun, type RunView } from "./run.js";

const MAX_RUNS = 20;
/** Of verdicts and of waiting times in them, about 60 bytes each as they are served: a run of 200 faults in a cluster of 18 has some 2,000. */
const MAX_LINES = 10_000;

export interface ChaosEvent {
  readonly severity: "info" | "warn" | "error";
  readonly kind: `chaos.${"injected" | "detected" | "reverted" | "verdict" | "ended"}`;
  readonly node: string | null;
  readonly mesh: string | null;
  readonly message: string;
}

/** What a run is to do. A seed that is not given is drawn. */
export interface DeskOrder {
  readonly specs: readonly ChaosSpec[];
  readonly seed: number | undefined;
  readonly blind: boolean;
}

export interface DeskOptions {
  readonly processes: Processes;
  readonly grounds: Grounds;
  /** The launcher's (places.ts). */
  readonly directory: string;
  readonly span?: ChaosSpan;
  /** Whose harm the owner of the processes undid, since the desk before this one went away in its midst. */
  readonly undone?: readonly string[];
}

export class ChaosDesk {
  readonly #options: DeskOptions;
  readonly #listeners = new Set<(event: ChaosEvent) => void>();
  readonly #undone: string[];
  /** Newest last. */
  #runs: ChaosRun[] = [];
  #nextId = 1;
  #changes = 0;
  readonly #acting = new Set<ChaosRun>();
  #working: Promise<void> = Promise.resolve();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#undone = [...(options.undone ?? [])];
  }

  /** Faults that act now. */
  running(): number {
    return this.#acting.size;
  }

  /** Grows whenever a run's view has changed but for its clocks. */
  changes(): number {
    return this.#changes;
  }

  async faults(): Promise<readonly FaultCard[]> {
    return faultCards(await this.#options.processes.list(), this.#options.grounds);
  }

  /** Whether there is a node to do it to. */
  async hasTarget(wanted: string): Promise<boolean> {
    return (await this.#options.processes.list()).filter(isNode).some((node) => fitsTarget(node, wanted));
  }

  /** The one that is not over. */
  current(): RunView | undefined {
    return this.#current()?.view();
  }

  /** Newest first, the one that is not over among them. */
  runs(): readonly RunView[] {
    return this.#runs.map((run) => run.view()).reverse();
  }

  run(id: number): RunView | undefined {
    return this.#find(id)?.view();
  }

  /** Undefined where another is not over. Throws MESH_E_NO_SUCH_FAULT, MESH_E_BAD_OPTION. */
  start({ specs, seed, blind }: DeskOrder): RunView | undefined {
    const plans = specs.map(planOf);
    if (this.#current() !== undefined) return undefined;
    const run = new ChaosRun(this.#nextId, { plans, blind, seed: seed ?? randomInt(2 ** 32) });
    this.#nextId += 1;
    this.#runs.push(run);
    this.#changes += 1;
    this.#trim();
    this.#working = this.#work(run);
    return run.view();
  }

  /** Undoes what is on now; the run goes on with its next fault. Undefined where there is no run of that number. */
  revertNow(id: number): RunView | undefined {
    const run = this.#find(id);
    this.#changes += 1;
    run?.revertNow();
    return run?.view();
  }

  /** Undoes what is on now and ends the run. Resolves when that is done. */
  async stop(id: number): Promise<RunView | undefined> {
    const run = this.#find(id);
    if (run === undefined) return undefined;
    if (!run.isOver) {
      this.#changes += 1;
      run.stop();
      await this.#working;
    }
    return run.view();
  }

  onEvent(listener: (event: ChaosEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const name of this.#undone.splice(0)) {
      const message = `the console went away during a fault; ${name} was brought back by the launcher`;
      this.#tell({ severity: "warn", kind: "chaos.reverted", ...subject(name), message });
    }
    return () => this.#listeners.delete(listener);
  }

  sizes(): Readonly<Record<string, number>> {
    return { chaosRuns: this.#runs.length, chaosLines: this.#lines() };
  }

  async close(): Promise<void> {
    this.#current()?.stop();
    await this.#working;
  }

  #current(): ChaosRun | undefined {
    const last = this.#runs.at(-1);
    return last?.isOver === false ? last : undefined;
  }

  #find(id: number): ChaosRun | undefined {
    return this.#runs.find((run) => run.id === id);
  }

  #lines(): number {
    return this.#runs.reduce((sum, run) => sum + run.size, 0);
  }

  #trim(): void {
    while (this.#runs.length > MAX_RUNS || (this.#runs.length > 1 && this.#lines() > MAX_LINES)) this.#runs.shift();
  }

  async #work(run: ChaosRun): Promise<void> {
    const { processes, grounds, directory } = this.#options;
    let cluster: AttachedCluster | undefined;
    try {
      const cards = new Map((await this.faults()).map((card) => [card.name, card]));
      cluster = await AttachedCluster.open(processes, grounds, directory);
      const random = randomFrom(run.order.seed);
      const waiting = (next: Due) => {
        this.#changes += 1;
        run.begin(next, "waiting");
      };
      for await (const due of atTheirTime(timetable(run.order.plans), run.signal, waiting)) {
        run.begin(due, "preparing");
        const { plan } = due;
        const obstacle = cards.get(plan.fault.name)?.obstacle ?? null;
        const verdict =
          obstacle === null ? await this.#judge(run, plan, cluster, random) : skipped(plan.fault, obstacle);
        // One that was given up before it began has settled its target all the same.
        if (obstacle === null) await grounds.release();
        run.verdicts.push(verdict);
        this.#tellVerdict(verdict);
      }
      run.end();
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      run.end({ code: typeof code === "string" ? code : "MESH_E_AGENT", message: String(message) });
    } finally {
      cluster?.close();
      this.#trim();
      this.#tellEnd(run);
    }
  }

  #judge(run: ChaosRun, plan: Plan, cluster: AttachedCluster, random: () => number): Promise<Verdict> {
    const { fault, forMs, target } = plan;
    const { blind } = run.order;
    const pick = (count: number) => pickTargets(cluster, random, count, target);
    return judge(fault, {
      ...{ abilities: abilitiesOf(this.#options.grounds), stage: { cluster, random, pick }, forMs, blind },
      ...{ signal: run.signal, hurry: run.hurry, log: () => {} },
      onStep: (step) => {
        this.#changes += 1;
        run.step(step);
      },
      span: (name, about, work) => this.#timed(run, name, about, work),
    });
  }

  async #timed<T>(
    run: ChaosRun,
    name: Parameters<ChaosSpan>[0],
    about: Parameters<ChaosSpan>[1],
    work: () => Promise<T>,
  ): Promise<T> {
    if (name === "injected") this.#acting.add(run);
    try {
      const { span } = this.#options;
      const result = span === undefined ? await work() : await span(name, about, work);
      this.#tellDone(run, name, about);
      return result;
    } finally {
      if (name === "reverted") this.#acting.delete(run);
    }
  }

  #tellDone(run: ChaosRun, name: Parameters<ChaosSpan>[0], { fault, targets }: Parameters<ChaosSpan>[1]): void {
    if (name === "detected") {
      const { known = [], witnesses = 0 } = run.view().current ?? {};
      const waits = known.flatMap(({ waitedMs }) => (waitedMs === null ? [] : [waitedMs]));
      const after = waits.length === 0 ? "" : `, the last after ${(Math.max(...waits) / 1_000).toFixed(1)} s`;
      const message = `${fault}: known to ${waits.length} of ${witnesses} witnesses${after}`;
      this.#tell({ severity: "info", kind: "chaos.detected", ...subject(targets[0]), message });
      return;
    }
    const severity = name === "injected" ? "warn" : "info";
    for (const target of targets) {
      const message = name === "injected" ? `${fault} is done to ${target}` : `${fault} is undone at ${target}`;
      this.#tell({ severity, kind: `chaos.${name}`, ...subject(target), message });
    }
  }

  #tellVerdict({ fault, outcome, reasons, targets }: Verdict): void {
    const severity = outcome === "failed" ? "error" : "info";
    const message = `${fault} ${outcome}${reasons.length === 0 ? "" : `: ${reasons.join("; ")}`}`;
    this.#tell({ severity, kind: "chaos.verdict", ...subject(targets[0]), message });
  }

  #tellEnd(run: ChaosRun): void {
    const { id, state, counts, error } = run.view();
    const figures = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    const message = `chaos run ${id} ${state}: ${error === null ? figures : error.message}`;
    this.#tell({ severity: error === null ? "info" : "error", kind: "chaos.ended", node: null, mesh: null, message });
  }

  #tell(event: ChaosEvent): void {
    this.#changes += 1;
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function skipped({ name, expects }: Fault, reason: string): Verdict {
  return { fault: name, outcome: "skipped", reasons: [reason], expects, targets: [] };
}

function subject(name: string | undefined): { readonly node: string | null; readonly mesh: string | null } {
  return { node: name ?? null, mesh: name?.split(".")[0] ?? null };
}
