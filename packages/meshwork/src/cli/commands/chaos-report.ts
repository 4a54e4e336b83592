/** What a chaos run says: a line for each verdict, the report in a file, the summary and the exit code. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SessionReport, Verdict } from "@meshwork/chaos";
import { type CommandContext, printJson } from "../command.js";
import { EXIT } from "../failure.js";
import { duration } from "../format.js";

/** 18 nodes at rest and one fault leave two cores well below it. */
const BUSY_PER_CORE = 3;

export interface ReportFlags {
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly out: string;
}

export type ChaosReport = Pick<SessionReport, "seed" | "nodes" | "verdicts" | "left">;

export function printVerdict(context: CommandContext, verdict: Verdict, json: boolean): void {
  if (json) {
    printJson(context, { event: "verdict", ...verdict });
    return;
  }
  const { fault, outcome, reasons, waitedMs, healedMs, loadPerCore = 0 } = verdict;
  if (outcome === "skipped") {
    context.io.out(`SKIPPED ${fault}: ${reasons.join("; ")}\n`);
  } else if (outcome === "failed") {
    const load = loadPerCore > BUSY_PER_CORE ? ` (the machine is busy: ${loadPerCore} processes a core)` : "";
    context.io.out(`FAILED ${fault}: ${reasons.join("; ")}${load}\n`);
  } else {
    const known =
      waitedMs === undefined ? "" : `known after ${duration(waitedMs.p50)} (p50), ${duration(waitedMs.max)} at most; `;
    context.io.out(`passed ${fault}: ${known}whole again ${duration(healedMs ?? undefined)} after\n`);
  }
}

export function finishChaos(
  context: CommandContext,
  report: ChaosReport,
  flags: ReportFlags,
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
