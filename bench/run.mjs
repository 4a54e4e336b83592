/**
 * `npm run bench [-- NAME…] [--check] [--json] [--out FILE]`: measures on this machine, in one run, and writes JSON and a table.
 * `--check` fails above the floors; without it a floor that is missed is shown and nothing fails. Run nothing beside it.
 */
import { cpus } from "node:os";
import { parseReportFlags, Report } from "../scripts/lib/report.mjs";

const BENCHMARKS = ["boot", "idle", "request", "change", "inline"];

const flags = parseReportFlags(process.argv.slice(2));
const check = flags.rest.includes("--check");
const names = flags.rest.filter((word) => !word.startsWith("--"));
for (const name of names) {
  if (!BENCHMARKS.includes(name)) {
    process.stderr.write(`unknown benchmark ${JSON.stringify(name)}; there are ${BENCHMARKS.join(", ")}\n`);
    process.exit(2);
  }
}
const report = new Report("bench", flags);
const measured = {};
for (const name of names.length > 0 ? names : BENCHMARKS) {
  const benchmark = await import(`./${name}.mjs`);
  report.log(`\n${benchmark.title}`);
  try {
    const result = await benchmark.run({ log: (line) => report.log(`  ${line}`) });
    measured[name] = result;
    table(result.figures);
    for (const { id, ok } of result.checks) {
      if (ok) report.pass(`${name}: ${id}`);
      else if (check) report.fail(`${name}: ${id}`, "above the floor");
      else report.log(`  above the floor: ${id}`);
    }
    if (result.checks.length === 0 || !check) report.pass(`${name}: measured`);
  } catch (error) {
    report.fail(name, error.stack ?? String(error));
  }
}
process.exitCode = report.finish({ machine: { cores: cpus().length, model: cpus()[0]?.model }, measured });

function table(figures, prefix = "") {
  for (const [key, value] of Object.entries(figures)) {
    if (typeof value === "object") table(value, `${prefix}${key}.`);
    else report.log(`  ${`${prefix}${key}`.padEnd(44)} ${value}`);
  }
}
