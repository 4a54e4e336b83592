/** A worker thread that runs scenarios one by one as they come. Owner: the command that started it. */
import { parentPort } from "node:worker_threads";
import { runScenario, type ScenarioTask } from "./scenarios/tasks.js";

parentPort?.on("message", ({ number, task }: { number: number; task: ScenarioTask }) => {
  const startedMs = performance.now();
  try {
    const result = runScenario(task);
    parentPort?.postMessage({ number, result, tookMs: performance.now() - startedMs });
  } catch (error) {
    parentPort?.postMessage({ number, error: (error as Error).stack ?? String(error), tookMs: 0 });
  }
});
