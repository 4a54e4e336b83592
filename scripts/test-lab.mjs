/**
 * `npm run test:lab`: the network lab itself and a smoke of four faults on 18 nodes (docs/chaos.md). Needs Linux and root; what a machine
 * cannot do is skipped, and says so. Arguments: `--json`, `--strict`, `--out FILE`, and `-t PATTERN` or file names for vitest.
 */
import { join } from "node:path";
import { parseReportFlags, Report } from "./lib/report.mjs";
import { runVitest } from "./lib/vitest-run.mjs";

const flags = parseReportFlags(process.argv.slice(2));
const report = new Report("lab", flags);
runVitest(report, { config: join("tests", "lab", "vitest.config.ts"), args: flags.rest });
process.exitCode = report.finish();
