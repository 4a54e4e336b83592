/**
 * The `tracing` suite of `npm run test:full`: what a running demo exports, found through a real Jaeger's query API, sent to it directly and
 * through a real OpenTelemetry Collector. Skipped where neither can be built, with the reason.
 */
import { join } from "node:path";
import { goTools } from "./lib/go-tools.mjs";
import { parseReportFlags, Report } from "./lib/report.mjs";
import { runVitest } from "./lib/vitest-run.mjs";

const flags = parseReportFlags(process.argv.slice(2));
const report = new Report("tracing", flags);
const tools = await goTools((line) => report.log(`  ${line}`));

if (tools.reason !== undefined) {
  report.skip("tracing", tools.reason);
  report.finish();
  process.exitCode = flags.strict ? 1 : 0;
} else {
  runVitest(report, {
    config: join("tests", "full", "vitest.config.ts"),
    args: flags.rest,
    env: { MESH_JAEGER: tools.jaeger, MESH_OTELCOL: tools.otelcol },
    suite: "tracing",
  });
  process.exitCode = report.finish({ jaeger: tools.version });
}
