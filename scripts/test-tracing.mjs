/**
 * The `tracing` suite of `npm run test:full`: what a running demo exports, found through a real Jaeger's query API, sent to it directly and
 * through a real OpenTelemetry Collector. Skipped where neither can be built, with the reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { goTools } from "./lib/go-tools.mjs";
import { parseReportFlags, Report } from "./lib/report.mjs";

const flags = parseReportFlags(process.argv.slice(2));
const report = new Report("tracing", flags);
const tools = await goTools((line) => report.log(`  ${line}`));

if (tools.reason !== undefined) {
  report.skip("tracing", tools.reason);
  report.finish();
  process.exitCode = flags.strict ? 1 : 0;
} else {
  run();
  process.exitCode = report.finish({ jaeger: tools.version });
}

function run() {
  const resultsFile = resolve("out", "tracing", "results.json");
  mkdirSync(resolve("out", "tracing"), { recursive: true });
  rmSync(resultsFile, { force: true });
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  const config = join("tests", "full", "vitest.config.ts");
  const ended = spawnSync(
    process.execPath,
    [
      vitest,
      "run",
      "--config",
      config,
      "--reporter=default",
      "--reporter=./scripts/lib/vitest-reporter.mjs",
      ...flags.rest,
    ],
    {
      stdio: ["ignore", 2, 2],
      env: {
        ...process.env,
        MESH_JAEGER: tools.jaeger,
        MESH_OTELCOL: tools.otelcol,
        MESH_VITEST_RESULTS: resultsFile,
        NO_COLOR: "1",
      },
    },
  );
  if (!existsSync(resultsFile)) {
    report.fail("tracing", `the test runner ended with ${ended.signal ?? ended.status} before any result`);
    return;
  }
  const { results } = JSON.parse(readFileSync(resultsFile, "utf8"));
  for (const { id, state, message, note, durationMs } of results) {
    if (state === "passed") report.pass(id, { durationMs });
    else if (state === "failed") report.fail(id, (message ?? "failed").split("\n")[0]);
    else report.skip(id, note ?? "left out by the pattern that was given");
  }
  if (ended.status !== 0 && !results.some((result) => result.state === "failed"))
    report.fail("tracing", `the test runner ended with ${ended.signal ?? ended.status}`);
}
