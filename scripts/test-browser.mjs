/**
 * `npm run test:browser`: the page in real Chromium, against a real cluster and against a stand-in for the console. Screenshots go to
 * `out/browser/`. Chromium is `MESH_CHROMIUM` or one of the usual paths; where there is none the suite is skipped, and says so.
 * Arguments: `--json`, `--strict`, `--out FILE`, and `-t PATTERN` or file names for vitest.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { findChromium } from "./lib/chromium.mjs";
import { parseReportFlags, Report } from "./lib/report.mjs";

const flags = parseReportFlags(process.argv.slice(2));
const report = new Report("browser", flags);
const chromium = findChromium();

if (chromium === undefined) {
  report.skip("test:browser", "no Chromium (apt-get install chromium, or set MESH_CHROMIUM)");
  report.finish();
  process.exitCode = flags.strict ? 1 : 0;
} else {
  run(chromium);
  process.exitCode = report.finish({ chromium });
}

function run(executable) {
  const resultsFile = resolve("out", "browser", "results.json");
  mkdirSync(resolve("out", "browser"), { recursive: true });
  rmSync(resultsFile, { force: true });
  const args = [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config",
    join("tests", "browser", "vitest.config.ts"),
    "--reporter=default",
    "--reporter=./scripts/lib/vitest-reporter.mjs",
    ...flags.rest,
  ];
  // The runner's own output goes to standard error: standard output is the summary's.
  const ended = spawnSync(process.execPath, args, {
    stdio: ["ignore", 2, 2],
    env: {
      ...process.env,
      MESH_CHROMIUM: executable,
      MESH_VITEST_RESULTS: resultsFile,
      NO_COLOR: process.env.NO_COLOR ?? "1",
    },
  });
  if (!existsSync(resultsFile)) {
    report.fail("test:browser", `the test runner ended with ${ended.signal ?? ended.status} before any result`);
    return;
  }
  const { results } = JSON.parse(readFileSync(resultsFile, "utf8"));
  for (const { id, state, message, note, durationMs } of results) {
    if (state === "passed") report.pass(id, { durationMs });
    else if (state === "failed") report.fail(id, (message ?? "failed").split("\n")[0]);
    else report.skip(id, note ?? "left out by the pattern that was given");
  }
  if (ended.status !== 0 && !results.some((result) => result.state === "failed"))
    report.fail("test:browser", `the test runner ended with ${ended.signal ?? ended.status}`);
}
