/**
 * `npm run test:full [-- NAME…]`: all that `.ci/run` runs, and then what it leaves out. `ci` is the former; the others are named below. Each
 * suite ends with its own "N passed, N failed[, N skipped]"; their sums are this one's. `--strict` makes skips failures.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseReportFlags } from "./lib/report.mjs";

const node = (...args) => [process.execPath, ...args];
/** In order. A suite that `.ci/run` cannot have (time, tools) gets a line here. */
const SUITES = new Map([
  ["ci", ["bash", ".ci/run"]],
  ["tracing", node("scripts/test-tracing.mjs")],
  ["browser-200", ["env", "MESH_TEST_FULL=1", ...node("scripts/test-browser.mjs")]],
  ["chaos", node("packages/meshwork/bin/mesh.js", "chaos", "run", "--all")],
]);

const flags = parseReportFlags(process.argv.slice(2));
const unknown = flags.rest.find((name) => !SUITES.has(name));
if (unknown !== undefined) {
  process.stderr.write(`no suite ${JSON.stringify(unknown)}; there are ${[...SUITES.keys()].join(", ")}\n`);
  process.exit(2);
}
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of flags.rest.length > 0 ? flags.rest : SUITES.keys()) {
  process.stderr.write(`\n=== ${name}\n`);
  const counts = await run(SUITES.get(name));
  for (const key of Object.keys(total)) total[key] += counts[key];
  if (counts.failed > 0) say({ event: "suite", name, ...counts }, `FAILED ${name}: ${counts.failed}`);
}
say(
  { event: "summary", ...total },
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`,
);
process.exitCode =
  total.failed > 0 || Object.values(total).every((count) => count === 0) || (flags.strict && total.skipped > 0) ? 1 : 0;

function say(event, line) {
  process.stdout.write(`${flags.json ? JSON.stringify(event) : line}\n`);
}

/** Its lines go on to where ours go; the last one is its result. */
function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let last = "";
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.trim() !== "") last = line;
      (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
    });
    child.once("error", () => resolve({ passed: 0, failed: 1, skipped: 0 }));
    child.once("close", (code) => {
      const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last) ?? [];
      const counts = { passed: Number(passed ?? 0), failed: Number(failed ?? 0), skipped: Number(skipped ?? 0) };
      // Nothing at all, or a bad end that it does not own up to.
      if (passed === undefined || (code !== 0 && counts.failed === 0)) counts.failed += 1;
      resolve(counts);
    });
  });
}
