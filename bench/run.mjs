/**
 * `npm run bench [-- NAME…] [--check] [--json] [--out FILE]`: measures on this machine, in one run, and writes JSON and a table.
 * `--check` fails above the floors; without it a floor that is missed is shown and nothing fails. A goal that is missed is shown.
 * `--NAME NUMBER` sets what a benchmark exports in `options` (`membership --kills 30`). Run nothing beside it.
 */
import { cpus } from "node:os";
import { parseReportFlags, Report } from "../scripts/lib/report.mjs";

const BENCHMARKS = ["boot", "idle", "request", "change", "inline"];
/** Minutes each; run when they are named. */
const LONG = ["console", "membership", "nodes"];

const flags = parseReportFlags(process.argv.slice(2));
const { names, options, check } = parse(flags.rest);
const report = new Report("bench", flags);
const measured = {};
const benchmarks = new Map();
for (const name of names.length > 0 ? names : BENCHMARKS) benchmarks.set(name, await import(`./${name}.mjs`));
for (const option of options.keys()) {
  if (![...benchmarks.values()].some(({ options = {} }) => option in options)) usage(`nobody here takes --${option}`);
}
for (const [name, benchmark] of benchmarks) {
  const own = Object.keys(benchmark.options ?? {}).filter((option) => options.has(option));
  report.log(`\n${benchmark.title}`);
  try {
    const result = await benchmark.run({
      log: (line) => report.log(`  ${line}`),
      options: { ...benchmark.options, ...Object.fromEntries(own.map((option) => [option, options.get(option)])) },
    });
    measured[name] = result;
    table(result.figures);
    for (const { id, ok } of result.checks) {
      if (ok) report.pass(`${name}: ${id}`);
      else if (check) report.fail(`${name}: ${id}`, "above the floor");
      else report.log(`  above the floor: ${id}`);
    }
    for (const { id, reason } of result.skipped ?? []) report.skip(`${name}: ${id}`, reason);
    for (const { id, ok } of result.goals ?? []) report.log(`  ${ok ? "goal met" : "goal missed"}: ${id}`);
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

function parse(words) {
  const names = [];
  const options = new Map();
  let check = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--check") check = true;
    else if (word.startsWith("--")) {
      const value = Number(words[++i]);
      if (!Number.isInteger(value) || value < 0) usage(`${word} takes a whole number`);
      options.set(word.slice(2), value);
    } else if ([...BENCHMARKS, ...LONG].includes(word)) names.push(word);
    else usage(`unknown benchmark ${JSON.stringify(word)}; there are ${[...BENCHMARKS, ...LONG].join(", ")}`);
  }
  return { names, options, check };
}

function usage(text) {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}
