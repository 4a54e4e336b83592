/**
 * `npm run test:browser`: the page in real Chromium, against a real cluster and against a stand-in for the console. Screenshots go to
 * `out/browser/`. Chromium is `MESH_CHROMIUM` or one of the usual paths; where there is none the suite is skipped, and says so.
 * Arguments: `--json`, `--strict`, `--out FILE`, and `-t PATTERN` or file names for vitest.
 */
import { join } from "node:path";
import { findChromium } from "./lib/chromium.mjs";
import { parseReportFlags, Report } from "./lib/report.mjs";
import { runVitest } from "./lib/vitest-run.mjs";

const flags = parseReportFlags(process.argv.slice(2));
const report = new Report("browser", flags);
const chromium = findChromium();

if (chromium === undefined) {
  report.skip("test:browser", "no Chromium (apt-get install chromium, or set MESH_CHROMIUM)");
  report.finish();
  process.exitCode = flags.strict ? 1 : 0;
} else {
  runVitest(report, {
    config: join("tests", "browser", "vitest.config.ts"),
    args: flags.rest,
    env: { MESH_CHROMIUM: chromium },
  });
  process.exitCode = report.finish({ chromium });
}
