/**
 * The desk of tests that a console runs: what there is, one run at a time in a process of its own, what the last runs came to. A process,
 * because a test starts nodes, floods them and ends them, and none of that is the console's to feel.
 *
 * Runs are kept until there are more than `MAX_RUNS`; the oldest goes first. Owner: the console's process; `close` ends what runs.
 */
import { randomInt } from "node:crypto";
import { MESH_TESTS } from "./index.js";
import type { TestResult } from "./run.js";

const MAX_RUNS = 20;
/** Lines of the test that runs. */
const MAX_PROGRESS = 8;

/** What a process of tests says, in order. */
export type TestMessage =
  | { readonly kind: "started"; readonly test: string }
  | { readonly kind: "progress"; readonly test: string; readonly text: string }
  | { readonly kind: "result"; readonly result: TestResult }
  | { readonly kind: "done" };

export interface TestProcess {
  /** Asks it to end what it has started, and itself. */
  stop(): void;
  /** Resolves when it is gone, with why it ended before its time; undefined where it had said that it was done. */
  readonly ended: Promise<string | undefined>;
}

export type StartTests = (
  order: { readonly tests: readonly string[]; readonly seed: number },
  onMessage: (message: TestMessage) => void,
) => TestProcess;

export interface TestCard {
  readonly name: string;
  readonly checks: string;
  readonly expectedMs: number;
}

export interface TestRunView {
  readonly id: number;
  readonly state: "running" | "stopping" | "done" | "stopped" | "failed";
  readonly tests: readonly string[];
  readonly seed: number;
  readonly ageMs: number;
  readonly tookMs: number | null;
  readonly current: {
    readonly test: string;
    readonly elapsedMs: number;
    readonly expectedMs: number;
    readonly progress: readonly string[];
  } | null;
  readonly results: readonly TestResult[];
  readonly counts: { readonly passed: number; readonly failed: number };
  readonly error: string | null;
}

interface Run {
  readonly id: number;
  readonly tests: readonly string[];
  readonly seed: number;
  readonly startedAtMs: number;
  readonly results: TestResult[];
  process?: TestProcess;
  stopped: boolean;
  endedAtMs?: number;
  error: string | null;
  current?: { readonly test: string; readonly sinceMs: number; progress: string[] };
}

export class TestDesk {
  readonly #start: StartTests;
  #runs: Run[] = [];
  #nextId = 1;
  #changes = 0;

  constructor(start: StartTests) {
    this.#start = start;
  }

  /** Grows whenever a run's view has changed but for its clocks. */
  changes(): number {
    return this.#changes;
  }

  tests(): readonly TestCard[] {
    return MESH_TESTS.map(({ name, checks, expectedMs }) => ({ name, checks, expectedMs }));
  }

  /** Newest first. */
  runs(): readonly TestRunView[] {
    return this.#runs.map(viewOf).reverse();
  }

  run(id: number): TestRunView | undefined {
    const run = this.#find(id);
    return run && viewOf(run);
  }

  /** The first of these that there is no test of. */
  stranger(names: readonly string[]): string | undefined {
    return names.find((name) => !MESH_TESTS.some((test) => test.name === name));
  }

  /** In the order in which all of them run, each once; all where none is named. Undefined where another run is not over. */
  start(names: readonly string[], seed = randomInt(2 ** 32)): TestRunView | undefined {
    const last = this.#runs.at(-1);
    if (last !== undefined && last.endedAtMs === undefined) return undefined;
    const tests = MESH_TESTS.map(({ name }) => name).filter((name) => names.length === 0 || names.includes(name));
    const startedAtMs = performance.now();
    const run: Run = { id: this.#nextId++, tests, seed, startedAtMs, results: [], stopped: false, error: null };
    this.#runs = [...this.#runs, run].slice(-MAX_RUNS);
    this.#changes += 1;
    run.process = this.#start({ tests, seed }, (message) => {
      note(run, message);
      this.#changes += 1;
    });
    void run.process.ended.then((reason) => {
      run.endedAtMs = performance.now();
      delete run.current;
      if (!run.stopped && reason !== undefined) run.error = reason;
      this.#changes += 1;
    });
    return viewOf(run);
  }

  /** Resolves when the run is over. Undefined where there is no such run. */
  async stop(id: number): Promise<TestRunView | undefined> {
    const run = this.#find(id);
    if (run === undefined) return undefined;
    await this.#end(run);
    return viewOf(run);
  }

  sizes(): Readonly<Record<string, number>> {
    return { testRuns: this.#runs.length };
  }

  async close(): Promise<void> {
    const last = this.#runs.at(-1);
    if (last !== undefined) await this.#end(last);
  }

  async #end(run: Run): Promise<void> {
    if (run.endedAtMs !== undefined) return;
    run.stopped = true;
    this.#changes += 1;
    run.process?.stop();
    await run.process?.ended;
  }

  #find(id: number): Run | undefined {
    return this.#runs.find((run) => run.id === id);
  }
}

function note(run: Run, message: TestMessage): void {
  if (message.kind === "started") run.current = { test: message.test, sinceMs: performance.now(), progress: [] };
  else if (message.kind === "result") run.results.push(message.result);
  else if (message.kind === "progress" && run.current !== undefined)
    run.current.progress = [...run.current.progress, message.text].slice(-MAX_PROGRESS);
}

function viewOf(run: Run): TestRunView {
  const { id, tests, seed, startedAtMs, endedAtMs, results, current, error } = run;
  const nowMs = performance.now();
  const passed = results.filter(({ outcome }) => outcome === "passed").length;
  const expectedMs = MESH_TESTS.find(({ name }) => name === current?.test)?.expectedMs ?? 0;
  return {
    ...{ id, tests, seed, results: [...results], error },
    state: stateOf(run),
    ageMs: Math.round(nowMs - startedAtMs),
    tookMs: endedAtMs === undefined ? null : Math.round(endedAtMs - startedAtMs),
    current:
      current === undefined
        ? null
        : {
            test: current.test,
            elapsedMs: Math.round(nowMs - current.sinceMs),
            expectedMs,
            progress: current.progress,
          },
    counts: { passed, failed: results.length - passed },
  };
}

function stateOf({ endedAtMs, stopped, error }: Run): TestRunView["state"] {
  if (endedAtMs === undefined) return stopped ? "stopping" : "running";
  if (error !== null) return "failed";
  return stopped ? "stopped" : "done";
}
