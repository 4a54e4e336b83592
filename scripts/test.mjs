/**
 * `npm test`: unit, property and integration tests, in this order, in one summary (docs/how-to/testing.md).
 * Arguments: names of suites (`unit`, `integration`), `--json`, `--strict`, `--out FILE`, and `-t PATTERN` for vitest.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseReportFlags, Report } from "./lib/report.mjs";

const SUITES = {
  unit: "vitest.config.ts",
  integration: "vitest.integration.config.ts",
};

const flags = parseReportFlags(process.argv.slice(2));
const wanted = flags.rest.filter((word) => word in SUITES);
const passedOn = flags.rest.filter((word) => !(word in SUITES));
const report = new Report("test", flags);
mkdirSync(join("out", "test"), { recursive: true });

for (const suite of wanted.length > 0 ? wanted : Object.keys(SUITES)) {
  report.log(`\n== ${suite} ==`);
  const resultsFile = resolve("out", "test", `${suite}.json`);
  rmSync(resultsFile, { force: true });
  const args = [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config",
    SUITES[suite],
    "--reporter=default",
    "--reporter=./scripts/lib/vitest-reporter.mjs",
    ...passedOn,
  ];
  // The runner's own output goes to standard error: standard output is the summary's.
  const run = spawnSync(process.execPath, args, {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, MESH_VITEST_RESULTS: resultsFile, NO_COLOR: process.env.NO_COLOR ?? "1" },
  });
  if (!existsSync(resultsFile)) {
    report.fail(suite, `the test runner ended with ${run.signal ?? run.status} before any result`);
    continue;
  }
  const { results } = JSON.parse(readFileSync(resultsFile, "utf8"));
  for (const { id, state, message, note, durationMs } of results) {
    if (state === "passed") report.pass(id, { durationMs });
    else if (state === "failed") report.fail(id, (message ?? "failed").split("\n")[0]);
    else report.skip(id, note ?? "switched off in the test itself");
  }
  if (run.status !== 0 && !results.some((result) => result.state === "failed")) {
    report.fail(suite, `the test runner ended with ${run.signal ?? run.status}`);
  }
}

process.exitCode = report.finish();
