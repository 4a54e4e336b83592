/**
 * Runs scenarios on worker threads, one per core, and hands out results as they come. A scenario is deterministic by itself, so the
 * order in which threads finish changes nothing but the order of the lines.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ScenarioResult, ScenarioTask } from "./scenarios/tasks.js";

export interface FinishedScenario {
  readonly task: ScenarioTask;
  readonly result?: ScenarioResult;
  /** The scenario itself threw: stack trace. */
  readonly error?: string;
  readonly tookMs: number;
}

interface Reply {
  readonly number: number;
  readonly result?: ScenarioResult;
  readonly error?: string;
  readonly tookMs: number;
}

/** Resolves with all of them in the order of `tasks`. `workers` defaults to one per core. */
export async function runParallel(
  tasks: readonly ScenarioTask[],
  onFinished: (finished: FinishedScenario) => void = () => {},
  workers: number = availableParallelism(),
): Promise<FinishedScenario[]> {
  const finished: FinishedScenario[] = [];
  let next = 0;
  const runOne = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL("./worker.js", import.meta.url));
      const feed = () => {
        const number = next++;
        const task = tasks[number];
        if (task === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage({ number, task });
      };
      worker.on("error", reject);
      worker.on("message", ({ number, ...reply }: Reply) => {
        const entry = { task: tasks[number]!, ...reply };
        finished[number] = entry;
        onFinished(entry);
        feed();
      });
      feed();
    });
  await Promise.all(Array.from({ length: Math.min(workers, tasks.length) }, runOne));
  return finished;
}
