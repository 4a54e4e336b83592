/** Runs vitest with a configuration and puts its results into a report: one line per test, a skip with its reason. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** `suite` names what fails as a whole; `unexplained` is said of a skip that gives no reason; `results` is the name of the file of results. */
export function runVitest(
  report,
  {
    config,
    args,
    env = {},
    suite = `test:${report.command}`,
    results: resultsName = "results",
    unexplained = "left out by the pattern that was given",
  },
) {
  const resultsFile = resolve("out", report.command, `${resultsName}.json`);
  mkdirSync(dirname(resultsFile), { recursive: true });
  rmSync(resultsFile, { force: true });
  const reporters = ["--reporter=default", "--reporter=./scripts/lib/vitest-reporter.mjs"];
  const command = [join("node_modules", "vitest", "vitest.mjs"), "run", "--config", config, ...reporters, ...args];
  // The runner's own output goes to standard error: standard output is the summary's.
  const ended = spawnSync(process.execPath, command, {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...env, MESH_VITEST_RESULTS: resultsFile, NO_COLOR: process.env.NO_COLOR ?? "1" },
  });
  if (!existsSync(resultsFile)) {
    report.fail(suite, `the test runner ended with ${ended.signal ?? ended.status} before any result`);
    return;
  }
  const { results } = JSON.parse(readFileSync(resultsFile, "utf8"));
  for (const { id, state, message, note, durationMs } of results) {
    if (state === "passed") report.pass(id, { durationMs });
    else if (state === "failed") report.fail(id, (message ?? "failed").split("\n")[0]);
    else report.skip(id, note ?? unexplained);
  }
  if (ended.status !== 0 && !results.some((result) => result.state === "failed"))
    report.fail(suite, `the test runner ended with ${ended.signal ?? ended.status}`);
}
