/** `mesh chaos`: faults on a cluster in the lab, and what its other nodes came to know of them. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ChaosSpec,
  FAULTS,
  isOwned,
  probeAbilities,
  readLedgers,
  removeLeftOvers,
  runSpecs,
} from "@meshwork/chaos";
import type { Command } from "commander";
import { type CommandContext, examples, jsonOption, numberWithin, parseSpan, printJson } from "../command.js";
import { EXIT, usage } from "../failure.js";
import { duration } from "../format.js";
import { table } from "../table.js";
import { type AttachFlags, attachedClient, listAttached, runAttached, stopAttached } from "./chaos-attached.js";
import { finishChaos, printVerdict, type ReportFlags } from "./chaos-report.js";

interface RunFlags extends AttachFlags, ReportFlags {
  readonly all?: boolean;
  readonly spec?: string;
  readonly target?: string;
  readonly for?: number;
  readonly seed?: number;
  readonly blind?: boolean;
  readonly lab?: boolean;
}

const DEFAULT_REPORT = "out/chaos/report.json";
const STOP_WAIT_MS = 60_000;
const STOP_POLL_MS = 100;

export function addChaos(program: Command, context: CommandContext): void {
  const chaos = program
    .command("chaos")
    .description("do harm to a cluster, and see what its other nodes come to know")
    .addHelpText(
      "after",
      examples([
        "mesh chaos list",
        "mesh chaos run kill-node",
        "mesh chaos run --all --strict --json",
        "mesh up --chaos            # in another terminal, then:",
        "mesh chaos run kill-node --target mesh2 --attach .mesh",
      ]),
    );
  withAttach(chaos.command("list"))
    .description("the faults, what each needs here and what every other node must come to know")
    .addOption(jsonOption())
    .action(async (flags: ListFlags) => {
      if (flags.attach === undefined) list(context, flags.json === true);
      else await listAttached(context, attachedClient(context, flags), flags.json === true);
    });
  withAttach(chaos.command("run"))
    .description(
      "run faults on a cluster of 18 nodes that is started for it and removed afterwards, or on one that runs",
    )
    .argument("[fault...]", "as `mesh chaos list` names them")
    .option("--all", "every fault, one after the other")
    .option("--spec <file>", "what is to be done and when: a spec or a list of them, in JSON")
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
  withAttach(chaos.command("stop"))
    .description(
      "end the chaos that runs, on this machine or at a console, undo it, and remove what a crashed one has left",
    )
    .addOption(jsonOption())
    .action(async (flags: ListFlags) => {
      if (flags.attach === undefined) await stop(context, flags.json === true);
      else await stopAttached(context, attachedClient(context, flags), flags.json === true);
    });
}

interface ListFlags extends AttachFlags {
  readonly json?: boolean;
}

function withAttach(command: Command): Command {
  return command
    .option("--attach <url>", "the console of a running `mesh up --chaos`, or its data directory")
    .option("--token <token>", "that console's token (default: MESH_CONSOLE_TOKEN, then console.json)");
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
  const given = [flags.all === true, names.length > 0, flags.spec !== undefined].filter(Boolean).length;
  if (given !== 1) throw usage("name faults, or give --all, or --spec: one of them");
  if (flags.spec !== undefined && (flags.target !== undefined || flags.for !== undefined))
    throw usage("a spec has its selector and duration itself: no --target or --for with --spec");
  const actions = flags.all === true ? FAULTS.map(({ name }) => name) : names;
  const specs = flags.spec === undefined ? specsOf(actions, flags) : readSpecs(resolve(context.io.cwd, flags.spec));
  if (flags.attach === undefined) return runAndReport(context, specs, flags);
  if (flags.lab === false) throw usage("--no-lab starts a cluster, --attach takes one that runs: give one");
  return runAttached(context, attachedClient(context, flags), specs, flags);
}

function specsOf(actions: readonly string[], { target, for: duration }: RunFlags): ChaosSpec[] {
  return actions.map((action) => ({
    action,
    ...(target === undefined ? {} : { selector: target }),
    ...(duration === undefined ? {} : { duration }),
  }));
}

/** Throws MESH_E_USAGE where the file holds no specs; what is wrong with a spec is told by whoever plans it. */
function readSpecs(path: string): ChaosSpec[] {
  try {
    return [JSON.parse(readFileSync(path, "utf8"))].flat();
  } catch (error) {
    throw usage(`--spec ${path}: ${(error as Error).message}`);
  }
}

async function replay(context: CommandContext, path: string, flags: RunFlags): Promise<void> {
  const { seed, faults } = readReport(resolve(context.io.cwd, path));
  await runAndReport(context, specsOf(faults, flags), { ...flags, seed });
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

async function runAndReport(context: CommandContext, specs: readonly ChaosSpec[], flags: RunFlags): Promise<void> {
  const signal = context.io.untilInterrupted();
  const startedAt = new Date();
  const report = await runSpecs({
    specs,
    signal,
    log: (line) => context.io.err(`${line}\n`),
    onVerdict: (verdict) => printVerdict(context, verdict, flags.json === true),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.blind === undefined ? {} : { blind: flags.blind }),
    ...(flags.lab === undefined ? {} : { lab: flags.lab }),
  });
  finishChaos(context, report, flags, startedAt, signal.aborted);
}

async function stop(context: CommandContext, json: boolean): Promise<void> {
  const ofRuns = () => readLedgers().filter((ledger) => isOwned(ledger) && ledger.cluster !== true);
  const owners = ofRuns().flatMap(({ owner }) => (owner === undefined ? [] : [owner.pid]));
  for (const pid of owners) process.kill(pid, "SIGINT");
  const deadline = performance.now() + STOP_WAIT_MS;
  const running = () => ofRuns().length;
  while (running() > 0 && performance.now() < deadline) await sleep(STOP_POLL_MS);
  const left = [...(await removeLeftOvers()), ...(running() > 0 ? [`${running()} runs did not end`] : [])];
  if (json) printJson(context, { stopped: owners, left });
  else context.io.out(`stopped ${owners.length}${left.length === 0 ? "" : `; still there: ${left.join(", ")}`}\n`);
  context.setExitCode(left.length === 0 ? EXIT.ok : EXIT.failed);
}
