/** `mesh soak`: faults drawn from a seed on a cluster in the lab, for a time, with acknowledged messages all the while. */
import { FAULTS, faultNamed, runSoak } from "@meshwork/chaos";
import type { Command } from "commander";
import { type CommandContext, collect, examples, jsonOption, numberWithin, parseSpan } from "../command.js";
import { duration } from "../format.js";
import { finishChaos, printVerdict } from "./chaos.js";

interface SoakFlags {
  readonly duration: number;
  readonly interval: number;
  readonly seed: number;
  readonly faults?: string[];
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly out: string;
}

const FIVE_MINUTES_MS = 300_000;
const INTERVAL_MS = 20_000;

export function addSoak(program: Command, context: CommandContext): void {
  program
    .command("soak")
    .description("faults drawn from a seed, one after the other, on a cluster of 18 nodes in the lab")
    .option("--duration <time>", "for how long faults begin, e.g. 1h", parseSpan, FIVE_MINUTES_MS)
    .option(
      "--interval <time>",
      "from one fault to the next, where it does not take longer itself",
      parseSpan,
      INTERVAL_MS,
    )
    .option("--seed <n>", "faults and targets are drawn from it", numberWithin(0, 2 ** 32 - 1, true), 42)
    .option("--faults <names>", "some of `mesh chaos list` (default: all)", collect)
    .option("--strict", "a fault that was skipped counts as a failure")
    .option("--out <file>", "where the report goes", "out/soak/report.json")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(["mesh soak --duration 5m", "mesh soak --duration 1h --faults kill-node,restart-node"]),
    )
    .action((flags: SoakFlags) => soak(context, flags));
}

async function soak(context: CommandContext, flags: SoakFlags): Promise<void> {
  const signal = context.io.untilInterrupted();
  const startedAt = new Date();
  const report = await runSoak({
    faults: flags.faults?.map(faultNamed) ?? FAULTS,
    durationMs: flags.duration,
    intervalMs: flags.interval,
    seed: flags.seed,
    signal,
    log: (line) => context.io.err(`${line}\n`),
    onVerdict: (verdict) => printVerdict(context, verdict, flags.json === true),
  });
  const { deathsKnownMs, samples, leaks } = report;
  if (deathsKnownMs !== undefined) {
    context.io.err(
      `deaths were known after ${duration(deathsKnownMs.p50)} (p50), ${duration(deathsKnownMs.p99)} (p99)\n`,
    );
  }
  const leaking = leaks.filter(({ verdict }) => verdict === "leak");
  const count = (verdict: string) => leaks.filter((leak) => leak.verdict === verdict).length;
  context.io.err(
    `memory: ${leaking.length} leak, ${count("clean")} clean, ${count("inconclusive")} inconclusive (from minute 15 on)\n`,
  );
  for (const { series, slope, low, high } of leaking) {
    context.io.err(
      `leak: ${series} grows by ${slope?.toFixed(2)} MB an hour (${low?.toFixed(2)} to ${high?.toFixed(2)})\n`,
    );
  }
  finishChaos(context, report, flags, startedAt, signal.aborted, {
    failures: leaking.length,
    deathsKnownMs,
    leaks,
    samples,
  });
}
