/** Runs tests one after the other. Each ends with passed, failed and why, or, once the run is interrupted, not at all. */
import { CheckFailed, type MeshTest, type TestStage } from "./mesh-test.js";

export interface TestResult {
  readonly name: string;
  readonly outcome: "passed" | "failed";
  /** What was measured, where it passed. */
  readonly detail: string;
  /** Why not, where it did not. */
  readonly reasons: readonly string[];
  readonly tookMs: number;
}

export interface TestRunOptions extends Omit<TestStage, "progress"> {
  readonly tests: readonly MeshTest[];
  readonly onStart: (test: MeshTest) => void;
  readonly onProgress: (test: MeshTest, text: string) => void;
  readonly onResult: (result: TestResult) => void;
}

export async function runMeshTests(options: TestRunOptions): Promise<TestResult[]> {
  const { tests, onStart, onProgress, onResult, ...stage } = options;
  const results: TestResult[] = [];
  for (const test of tests) {
    if (stage.signal.aborted) break;
    onStart(test);
    const result = await runOne(test, { ...stage, progress: (text) => onProgress(test, text) });
    results.push(result);
    onResult(result);
  }
  return results;
}

async function runOne(test: MeshTest, stage: TestStage): Promise<TestResult> {
  const startedAtMs = performance.now();
  const end = (outcome: TestResult["outcome"], detail: string, reasons: readonly string[]): TestResult => ({
    ...{ name: test.name, outcome, detail, reasons, tookMs: Math.round(performance.now() - startedAtMs) },
  });
  try {
    const detail = await test.run(stage);
    return stage.signal.aborted ? end("failed", "", ["interrupted"]) : end("passed", detail, []);
  } catch (error) {
    if (stage.signal.aborted) return end("failed", "", ["interrupted"]);
    if (error instanceof CheckFailed) return end("failed", "", error.problems);
    const { code, message } = error as { code?: unknown; message?: unknown };
    return end("failed", "", [typeof code === "string" ? `${code}: ${message}` : String(message ?? error)]);
  }
}
