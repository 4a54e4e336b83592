/** `mesh chaos`: faults on a cluster in the lab, and what its other nodes came to know of them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  FAULTS,
  type Fault,
  faultNamed,
  isOwned,
  probeAbilities,
  readLedgers,
  removeLeftOvers,
  runChaos,
  type SessionReport,
  type Verdict,
} from "@meshwork/chaos";
import type { Command } from "commander";
import { type CommandContext, examples, jsonOption, numberWithin, parseSpan, printJson } from "../command.js";
import { EXIT, usage } from "../failure.js";
import { duration } from "../format.js";
import { table } from "../table.js";

interface RunFlags {
  readonly all?: boolean;
  readonly target?: string;
  readonly for?: number;
  readonly seed?: number;
  readonly blind?: boolean;
  readonly lab?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly out: string;
}

const DEFAULT_REPORT = "out/chaos/report.json";
const STOP_WAIT_MS = 60_000;
const STOP_POLL_MS = 100;

export function addChaos(program: Command, context: CommandContext): void {
  const chaos = program
    .command("chaos")
    .description("do harm to a cluster in the lab, and see what its other nodes come to know")
    .addHelpText(
      "after",
      examples(["mesh chaos list", "mesh chaos run kill-node", "mesh chaos run --all --strict --json"]),
    );
  chaos
    .command("list")
    .description("the faults, what each needs here and what every other node must come to know")
    .addOption(jsonOption())
    .action((flags: { json?: boolean }) => list(context, flags.json === true));
  chaos
    .command("run")
    .description("run faults on a cluster of 18 nodes that is started for it and removed afterwards")
    .argument("[fault...]", "as `mesh chaos list` names them")
    .option("--all", "every fault, one after the other")
    .option("--target <name>", "name or beginning of one, id or type (default: drawn from the seed)")
    .option("--for <time>", "how long each fault lasts at least (default: 5s)", parseSpan)
    .option("--seed <n>", "what is drawn is drawn from it (default: the time)", numberWithin(0, 2 ** 32 - 1, true))
    .option("--blind", "shut the senses of the nodes: every fault must then fail")
    .option("--no-lab", "on loopback, where only faults of processes are possible")
    .option("--strict", "a fault that was skipped counts as a failure")
    .option("--out <file>", "where the report goes", DEFAULT_REPORT)
    .addOption(jsonOption())
    .action((names: string[], flags: RunFlags) => runCommand(context, names, flags));
  chaos
    .command("replay")
    .description("run the faults of a report again, with its seed")
    .argument("<report>", "a report of `mesh chaos run`")
    .option("--strict", "a fault that was skipped counts as a failure")
    .option("--out <file>", "where the new report goes", DEFAULT_REPORT)
    .addOption(jsonOption())
    .action((path: string, flags: RunFlags) => replay(context, path, flags));
  chaos
    .command("stop")
    .description("end the chaos that runs on this machine, undo it, and remove what a crashed one has left")
    .addOption(jsonOption())
    .action((flags: { json?: boolean }) => stop(context, flags.json === true));
}

function list(context: CommandContext, json: boolean): void {
  const abilities = probeAbilities();
  const lines = FAULTS.map((fault) => ({
    name: fault.name,
    summary: fault.summary,
    expects: fault.expects,
    withinMs: fault.withinMs,
    missing: fault.needs.filter((need) => !abilities[need].ok),
  }));
  if (json) {
    printJson(context, { faults: lines });
    return;
  }
  context.io.out(
    table(
      [
        { title: "fault", cell: ({ name }) => name },
        { title: "here", cell: ({ missing }) => (missing.length === 0 ? "yes" : `no: ${missing.join(", ")}`) },
        { title: "within", cell: ({ withinMs }) => duration(withinMs) },
        { title: "every other node must come to know", cell: ({ expects }) => expects },
      ],
      lines,
      context.io.columns,
    ),
  );
}

async function runCommand(context: CommandContext, names: readonly string[], flags: RunFlags): Promise<void> {
  if (flags.all === true && names.length > 0) throw usage("give --all or faults, not both");
  if (flags.all !== true && names.length === 0) throw usage("name a fault, or give --all");
  const faults: readonly Fault[] = flags.all === true ? FAULTS : names.map(faultNamed);
  await runAndReport(context, faults, flags);
}

async function replay(context: CommandContext, path: string, flags: RunFlags): Promise<void> {
  const { seed, faults } = readReport(resolve(context.io.cwd, path));
  await runAndReport(context, faults.map(faultNamed), { ...flags, seed });
}

/** Throws MESH_E_USAGE where the file is no report. */
function readReport(path: string): { seed: number; faults: string[] } {
  try {
    const { seed, verdicts } = JSON.parse(readFileSync(path, "utf8")) as {
      seed: unknown;
      verdicts: { fault: string }[];
    };
    if (typeof seed !== "number" || !Array.isArray(verdicts)) throw new Error("it has no seed or no verdicts");
    return { seed, faults: verdicts.map(({ fault }) => fault) };
  } catch (error) {
    throw usage(`${path} is no report of chaos: ${(error as Error).message}`);
  }
}

async function runAndReport(context: CommandContext, faults: readonly Fault[], flags: RunFlags): Promise<void> {
  const signal = context.io.untilInterrupted();
  const startedAt = new Date();
  const report = await runChaos({
    faults,
    signal,
    log: (line) => context.io.err(`${line}\n`),
    onVerdict: (verdict) => printVerdict(context, verdict, flags.json === true),
    ...(flags.target === undefined ? {} : { target: flags.target }),
    ...(flags.for === undefined ? {} : { forMs: flags.for }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.blind === undefined ? {} : { blind: flags.blind }),
    ...(flags.lab === undefined ? {} : { lab: flags.lab }),
  });
  finishChaos(context, report, flags, startedAt, signal.aborted);
}

function printVerdict(context: CommandContext, verdict: Verdict, json: boolean): void {
  if (json) {
    printJson(context, { event: "verdict", ...verdict });
    return;
  }
  const { fault, outcome, reasons, waitedMs, healedMs } = verdict;
  if (outcome === "skipped") context.io.out(`SKIPPED ${fault}: ${reasons.join("; ")}\n`);
  else if (outcome === "failed") context.io.out(`FAILED ${fault}: ${reasons.join("; ")}\n`);
  else {
    const known =
      waitedMs === undefined ? "" : `known after ${duration(waitedMs.p50)} (p50), ${duration(waitedMs.max)} at most; `;
    context.io.out(`passed ${fault}: ${known}whole again ${duration(healedMs ?? undefined)} after\n`);
  }
}

function finishChaos(
  context: CommandContext,
  report: SessionReport,
  flags: Pick<RunFlags, "json" | "strict" | "out">,
  startedAt: Date,
  interrupted: boolean,
): void {
  const count = (outcome: Verdict["outcome"]) =>
    report.verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const summary = {
    passed: count("passed"),
    failed: count("failed") + report.left.length,
    skipped: count("skipped"),
  };
  const path = resolve(context.io.cwd, flags.out);
  mkdirSync(dirname(path), { recursive: true });
  const { seed, nodes, verdicts, left } = report;
  const figures = {
    command: "chaos",
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1_000,
  };
  writeFileSync(path, `${JSON.stringify({ ...figures, seed, nodes, ...summary, left, verdicts }, null, 2)}\n`);
  context.io.err(`seed ${seed}; report in ${path}\n`);
  const skipped = summary.skipped > 0 ? `, ${summary.skipped} skipped` : "";
  if (flags.json === true) printJson(context, { event: "summary", ...summary });
  else context.io.out(`${summary.passed} passed, ${summary.failed} failed${skipped}\n`);
  const bad = summary.failed > 0 || interrupted || (flags.strict === true && summary.skipped > 0);
  context.setExitCode(bad || summary.passed + summary.skipped === 0 ? EXIT.failed : EXIT.ok);
}

async function stop(context: CommandContext, json: boolean): Promise<void> {
  const owners = readLedgers()
    .filter(isOwned)
    .flatMap(({ owner }) => (owner === undefined ? [] : [owner.pid]));
  for (const pid of owners) process.kill(pid, "SIGINT");
  const deadline = performance.now() + STOP_WAIT_MS;
  const running = () => readLedgers().filter(isOwned).length;
  while (running() > 0 && performance.now() < deadline) await sleep(STOP_POLL_MS);
  const left = [...(await removeLeftOvers()), ...(running() > 0 ? [`${running()} runs did not end`] : [])];
  if (json) printJson(context, { stopped: owners, left });
  else context.io.out(`stopped ${owners.length}${left.length === 0 ? "" : `; still there: ${left.join(", ")}`}\n`);
  context.setExitCode(left.length === 0 ? EXIT.ok : EXIT.failed);
}
