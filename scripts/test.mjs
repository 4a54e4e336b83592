/**
 * `npm test`: unit, property and integration tests, in this order, in one summary (docs/how-to/testing.md).
 * Arguments: names of suites (`unit`, `integration`), `--json`, `--strict`, `--out FILE`, and `-t PATTERN` for vitest.
 */
import { parseReportFlags, Report } from "./lib/report.mjs";
import { runVitest } from "./lib/vitest-run.mjs";

const SUITES = {
  unit: "vitest.config.ts",
  integration: "vitest.integration.config.ts",
};

const flags = parseReportFlags(process.argv.slice(2));
const wanted = flags.rest.filter((word) => word in SUITES);
const passedOn = flags.rest.filter((word) => !(word in SUITES));
const report = new Report("test", flags);

for (const suite of wanted.length > 0 ? wanted : Object.keys(SUITES)) {
  report.log(`\n== ${suite} ==`);
  runVitest(report, {
    config: SUITES[suite],
    args: passedOn,
    suite,
    results: suite,
    unexplained: "switched off in the test itself",
  });
}

process.exitCode = report.finish();
