/**
 * `npm run sim -- list | gates | cures | membership | paper | scale | chaos | swarm --seeds N | replay SEED`: the simulator's scenarios (docs/simulation.md).
 *
 *   gates   iroh-gossip's own gates and scenario file, and the failure goals at 500 nodes
 *   cures   what the waits before a Graft save and delay, before and after they follow the round trip
 *   membership   crashes, mass crashes, weather, splits, newcomers and idleness under the design's bars, at 18, 100 and 1,000 nodes
 *           (--nodes N, --seeds N and --case NAME for less)
 *   paper   HyParView's and Plumtree's figures at 10,000 nodes, 3 seeds (--nodes N and --seeds N for less)
 *   scale   boot, broadcast, 30 % failure and healing of 10,000 nodes with 500 directories, and of 2,000 with directories each (--nodes N)
 *   chaos   the twins of `mesh chaos list`, each judged by the other nodes (--seeds N, --fault NAME, --blind)
 *   swarm   random faults from seed 1 (--first S) to N; --safety asserts the invariants only
 *   replay  one swarm seed, with what it did; a failure prints the seed and the commit to replay it with
 *
 * `--json`, `--out FILE`, `--strict` as everywhere; `--workers N` threads, one per core by default. Ends with `N passed, N failed`.
 */
import { execFileSync } from "node:child_process";
import { FAULT_KINDS, runParallel, runSwarm, VARIANTS } from "../packages/simulator/dist/index.js";
import { parseReportFlags, Report } from "./lib/report.mjs";
import { chaosPlan } from "./sim/chaos.mjs";
import { curesPlan } from "./sim/cures.mjs";
import { gatesPlan } from "./sim/gates.mjs";
import { membershipPlan } from "./sim/membership.mjs";
import { paperPlan } from "./sim/paper.mjs";
import { scalePlan } from "./sim/scale.mjs";

const COMMANDS = ["list", "gates", "cures", "membership", "paper", "scale", "chaos", "swarm", "replay"];
const SWARM_LOG_EVERY = 50;
const SWARM_LOG_EVERY = 50;
const flags = parseReportFlags(process.argv.slice(2));
const [command = "list", ...rest] = flags.rest;
if (!COMMANDS.includes(command)) {
  process.stderr.write(`no such scenario ${JSON.stringify(command)}; there are ${COMMANDS.join(", ")}\n`);
  process.exit(2);
}
const number = (name, fallback) => {
  const at = rest.indexOf(`--${name}`);
  if (at < 0) return fallback;
  const value = Number(rest[at + 1]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} takes a whole number\n`);
  process.exit(2);
};
const report = new Report(`sim-${command}`, flags);
const workers = number("workers", undefined);
const commit = commitOf();

if (command === "list") list();
else if (command === "swarm") await swarm();
else if (command === "replay") replay();
else if (command === "cures") await plan(curesPlan());
else if (command === "scale") await plan(scalePlan({ nodes: number("nodes") }));
else if (command === "chaos") await plan(chaosPlan(rest, number("seeds", 50), report));
else if (command === "gates") await plan(gatesPlan());
else if (command === "membership")
  await plan(
    membershipPlan({
      nodes: number("nodes"),
      seeds: number("seeds"),
      only: rest[rest.indexOf("--case") + 1 || rest.length],
    }),
  );
else await plan(paperPlan({ nodes: number("nodes", 10_000), seeds: number("seeds", 3) }));

function list() {
  report.log("gates, cures, membership, paper, scale, chaos, swarm --seeds N, replay SEED");
  report.log(`variants: ${Object.keys(VARIANTS).join(", ")}`);
  report.log(`faults: ${FAULT_KINDS.join(", ")}`);
  report.pass("list");
  process.exitCode = report.finish({
    commands: COMMANDS,
    variants: VARIANTS,
    faults: FAULT_KINDS,
  });
}

/** A plan is a list of scenarios and what is asked of their results. */
async function plan({ tasks, judge }) {
  let done = 0;
  const finished = await runParallel(
    tasks,
    ({ task, error, tookMs }) => {
      done++;
      const { seed, variant, cases = "", nodes } = task.options;
      const how = error === undefined ? `${(tookMs / 1_000).toFixed(1)} s` : "failed";
      report.log(`[${done}/${tasks.length}] ${task.kind} ${variant ?? cases} ${nodes} nodes, seed ${seed}: ${how}`);
    },
    workers,
  );
  for (const { task, error } of finished) {
    if (error !== undefined) report.fail(`${task.kind} seed ${task.options.seed}`, `${error} (commit ${commit})`);
  }
  const figures = judge(
    finished.filter(({ error }) => error === undefined),
    {
      check: (id, ok, what) => (ok ? report.pass(id, { what }) : report.fail(id, `${what} (commit ${commit})`)),
      table: (title, rows) => table(title, rows),
    },
  );
  process.exitCode = report.finish({ commit, cpuSeconds: cpuSeconds(), figures });
}

/** Of all threads: what the run would have taken of one core. */
function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1_000_000);
}

async function swarm() {
  const seeds = number("seeds", 100);
  const first = number("first", 1);
  const safetyOnly = rest.includes("--safety");
  const tasks = Array.from({ length: seeds }, (_, index) => ({ kind: "swarm", options: { seed: first + index } }));
  const recoveredMs = [];
  let virtualMs = 0;
  await runParallel(
    tasks,
    ({ task, result, error }) => {
      const id = `swarm seed ${task.options.seed}`;
      virtualMs += result?.virtualMs ?? 0;
      if (result?.recoveredAfterMs !== undefined) recoveredMs.push(result.recoveredAfterMs);
      const wrong = error === undefined ? [...result.violations, ...(safetyOnly ? [] : result.unrecovered)] : [error];
      if (wrong.length === 0) report.pass(id, result);
      else report.fail(id, `${wrong[0]} (commit ${commit}; npm run sim -- replay ${task.options.seed})`, result);
      // A run of an hour that is ended early should have said how far it came.
      if (report.results.length % SWARM_LOG_EVERY === 0) {
        report.log(`[${report.results.length}/${seeds}] ${report.count("failed")} failed, ${cpuSeconds()} CPU s`);
      }
    },
    workers,
  );
  recoveredMs.sort((a, b) => a - b);
  const p99Ms = recoveredMs[Math.ceil(recoveredMs.length * 0.99) - 1];
  report.log(
    `recovered ${recoveredMs.length} of ${seeds}, p99 ${p99Ms} ms; ${(virtualMs / 3_600_000).toFixed(1)} virtual hours`,
  );
  process.exitCode = report.finish({
    commit,
    cpuSeconds: cpuSeconds(),
    recovered: recoveredMs.length,
    recoveredP99Ms: p99Ms,
    virtualMs,
  });
}

function replay() {
  const seed = Number(rest[0]);
  if (!Number.isSafeInteger(seed)) {
    process.stderr.write("replay takes the seed of a swarm run\n");
    process.exit(2);
  }
  const result = runSwarm({ seed });
  const again = runSwarm({ seed });
  report.log(JSON.stringify(result, null, 2));
  if (again.trace === result.trace) report.pass("two runs are the same", { trace: result.trace });
  else report.fail("two runs are the same", `${result.trace} and ${again.trace}`);
  const wrong = [...result.violations, ...result.unrecovered];
  if (wrong.length === 0) report.pass(`swarm seed ${seed}`, result);
  else report.fail(`swarm seed ${seed}`, `${wrong[0]} (commit ${commit})`, result);
  process.exitCode = report.finish({ commit });
}

function table(title, rows) {
  report.log(`\n${title}`);
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name]).length)));
  const line = (cells) => cells.map((cell, index) => String(cell).padEnd(widths[index])).join("  ");
  report.log(`  ${line(columns)}`);
  for (const row of rows) report.log(`  ${line(columns.map((name) => row[name]))}`);
}

function commitOf() {
  try {
    const head = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    const dirty = execFileSync("git", ["status", "--porcelain", "packages/protocol", "packages/simulator"], {
      encoding: "utf8",
    });
    return dirty === "" ? head : `${head} with changes`;
  } catch {
    return "unknown";
  }
}
