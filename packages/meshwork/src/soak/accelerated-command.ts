/** `mesh soak --accelerated`: days of a mesh in the simulator, under faults one after the other; the files, the lines and the exit code. */
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildVirtualReport, runVirtualSoak, type VirtualSoakReport } from "@meshwork/chaos";
import type { CommandContext } from "../cli/command.js";
import { EXIT } from "../cli/failure.js";
import { table } from "../cli/table.js";
import { commitOf, machineOf } from "./provenance.js";

export interface AcceleratedFlags {
  readonly duration: number;
  readonly interval: number;
  readonly quiet: number;
  readonly seed?: number;
  readonly out?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

const NODES = 18;
const MAX_DRAWN_SEED = 1_000_000;

export async function acceleratedCommand(context: CommandContext, flags: AcceleratedFlags): Promise<number> {
  const { io } = context;
  const seed = flags.seed ?? randomInt(MAX_DRAWN_SEED);
  const directory = resolve(io.cwd, flags.out ?? join("out", "soak", `virtual-${seed}`));
  const say = (text: string) =>
    flags.json ? io.out(`${JSON.stringify({ event: "progress", text })}\n`) : io.err(`${text}\n`);
  say(`seed ${seed}; reports in ${directory}`);
  // Of the code that runs, whatever becomes of the checkout meanwhile.
  const origin = { commit: commitOf(), machine: machineOf() };
  const options = { seed, nodes: NODES, durationMs: flags.duration, everyMs: flags.interval, quietMs: flags.quiet };
  const run = await runVirtualSoak({ options, progress: say, signal: io.untilInterrupted() });
  const report = buildVirtualReport(run);
  const span = (ms: number) => `${ms / 60_000}m`;
  const command = `mesh soak --accelerated --seed ${seed} --duration ${span(flags.duration)} --interval ${span(flags.interval)} --quiet ${span(flags.quiet)}`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "report.json"), `${JSON.stringify({ command, ...origin, ...report }, undefined, 1)}\n`);
  const text = textOf(report, `${command}\ncommit ${origin.commit ?? "unknown"}`);
  writeFileSync(join(directory, "report.txt"), text);
  if (flags.json) {
    for (const check of report.checks) io.out(`${JSON.stringify({ event: "check", ...check })}\n`);
    io.out(`${JSON.stringify({ event: "summary", ...report.counts })}\n`);
  } else io.out(text);
  const { failed, skipped } = report.counts;
  return failed > 0 || (flags.strict === true && skipped > 0) ? EXIT.failed : EXIT.ok;
}

function textOf({ checks, faults, figures, counts }: VirtualSoakReport, head: string): string {
  const lines = checks.map(({ id, outcome, detail }) =>
    outcome === "skipped" ? `SKIPPED ${id}: ${detail}` : `${outcome.padEnd(7)} ${id}: ${detail}`,
  );
  const number = (value: number | null) => (value === null ? "never" : `${value}`);
  const rows = table(
    [
      { title: "fault", cell: ({ fault }) => fault },
      { title: "runs", cell: ({ runs }) => `${runs}`, align: "right" },
      { title: "failed", cell: ({ failed }) => `${failed}`, align: "right" },
      { title: "p50 ms", cell: ({ p50Ms }) => number(p50Ms), align: "right" },
      { title: "p99 ms", cell: ({ p99Ms }) => number(p99Ms), align: "right" },
      { title: "largest ms", cell: ({ maxMs }) => number(maxMs), align: "right" },
      { title: "healed after ms, largest", cell: ({ healedMaxMs }) => number(healedMaxMs), align: "right" },
    ],
    faults,
    undefined,
  );
  const facts = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return `${head}\n${facts.join(", ")}\n\n${rows}\n${lines.join("\n")}\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`;
}
