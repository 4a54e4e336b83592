/** `mesh soak`: a cluster of its own under seeded faults, churn and traffic, and what did not come back. The work is in ../../soak. */
import type { Command } from "commander";
import { type CommandContext, collect, examples, jsonOption, numberWithin, parseSpan } from "../command.js";
import { usage } from "../failure.js";

export interface SoakFlags {
  readonly duration: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  readonly interval: number;
  readonly churn?: number;
  readonly plantLeak?: boolean;
  readonly accelerated?: boolean;
  readonly quiet?: number;
  readonly out?: string;
  readonly continue?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

const MIN_INTERVAL_MS = 1_000;
const DAY_MS = 86_400_000;
/** What `--accelerated` takes where nothing is given. */
const VIRTUAL = { duration: 4 * DAY_MS, interval: 120_000, quiet: DAY_MS + 3_600_000 } as const;
/** Of processes: the simulator has none of it. */
const REAL_ONLY = ["faults", "churn", "plantLeak", "continue"] as const;

export function addSoak(program: Command, context: CommandContext): void {
  const soak = program
    .command("soak")
    .description("run a cluster of its own under faults, churn and traffic, and look for what does not come back")
    .option("--duration <time>", "how long, without warming up and settling", parseSpan, 3_600_000)
    .option(
      "--seed <n>",
      "decides what happens and when (default: a new one, which is printed)",
      numberWithin(0, 2 ** 48, true),
    )
    .option("--faults <name,…>", "which (default: all that need nothing but processes)", collect)
    .option("--interval <time>", "between two faults", parseSpan, 20_000)
    .option("--churn <time>", "also respawn one node of the mortal half, with a new identity, this often", parseSpan)
    .option("--plant-leak", "let one node leak 4 MB/h, to see that it is found")
    .option("--accelerated", "in the simulator: four days of virtual time, a fault every two minutes")
    .option("--quiet <time>", "with --accelerated: how long nothing happens afterwards (default: 25h)", parseSpan)
    .option("--out <dir>", "where state and reports go (default: out/soak/<seed>-<time>)")
    .option("--continue <dir>", "go on with a soak that was stopped, with the plan that it has")
    .option("--strict", "fail also where something was skipped or is inconclusive")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        "mesh soak --duration 1h --seed 42 --churn 10s",
        "mesh soak --duration 5m --interval 10s --json",
        "mesh soak --accelerated --seed 42",
        "mesh soak --continue out/soak/42-2026-01-01T00-00-00",
        "mesh soak report out/soak/42-2026-01-01T00-00-00",
      ]),
    )
    .action(async (flags: SoakFlags) => {
      if (flags.interval < MIN_INTERVAL_MS) throw usage("--interval is at least 1s");
      if (flags.churn !== undefined && flags.churn < MIN_INTERVAL_MS) throw usage("--churn is at least 1s");
      if (flags.accelerated === true) {
        const stranger = REAL_ONLY.find((name) => flags[name] !== undefined);
        if (stranger !== undefined)
          throw usage(`--accelerated takes no --${stranger === "plantLeak" ? "plant-leak" : stranger}`);
        const given = (name: "duration" | "interval") =>
          soak.getOptionValueSource(name) === "default" ? VIRTUAL[name] : flags[name];
        const { acceleratedCommand } = await import("../../soak/accelerated-command.js");
        const quiet = flags.quiet ?? VIRTUAL.quiet;
        const all = { ...flags, duration: given("duration"), interval: given("interval"), quiet };
        context.setExitCode(await acceleratedCommand(context, all));
        return;
      }
      if (flags.quiet !== undefined) throw usage("--quiet goes with --accelerated");
      // Loaded here: no other command needs it.
      const { soakCommand } = await import("../../soak/soak-command.js");
      context.setExitCode(await soakCommand(context, flags));
    });
  soak
    .command("report")
    .description("what a soak has found so far, from its directory")
    .argument("<dir>")
    .option("--strict", "fail also where something was skipped or is inconclusive")
    .addOption(jsonOption())
    .action(async (dir: string, flags: { readonly json?: boolean; readonly strict?: boolean }) => {
      const { reportCommand } = await import("../../soak/soak-command.js");
      // Options of the same name belong to `mesh soak` where they stand before its argument too.
      context.setExitCode(reportCommand(context, dir, { ...soak.opts<SoakFlags>(), ...flags }));
    });
}
