/** Hands vitest's results to the caller as one JSON file (path in MESH_VITEST_RESULTS): id, state, message, note, per test. */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";

export default class ResultsReporter {
  onTestRunEnd(modules, unhandledErrors, reason) {
    const results = [];
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      for (const error of module.errors()) results.push({ id: file, state: "failed", message: error.message });
      for (const test of module.children.allTests()) {
        const result = test.result();
        results.push({
          id: `${file} > ${test.fullName}`,
          state: result.state,
          message: result.errors?.[0]?.message,
          note: result.note,
          durationMs: test.diagnostic()?.duration,
        });
      }
    }
    for (const error of unhandledErrors)
      results.push({ id: "unhandled error", state: "failed", message: error.message });
    writeFileSync(process.env.MESH_VITEST_RESULTS, JSON.stringify({ reason, results }));
  }
}
