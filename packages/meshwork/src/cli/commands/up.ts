/** `mesh up`: the two-mesh demo, or any cluster like it. The work is in ../../up. */
import type { Command } from "commander";
import { launchFiles } from "../../up/files.js";
import { DEFAULT_MESHES, DEFAULT_PORT, DEFAULT_TYPES, resolveUpOptions, type UpFlags } from "../../up/options.js";
import { jsonReporter, textReporter } from "../../up/reporter.js";
import { type CommandContext, collect, examples, jsonOption, numberWithin } from "../command.js";
import { DEFAULT_DATA_DIR } from "../console-client.js";

export function addUp(program: Command, context: CommandContext): void {
  program
    .command("up")
    .description("start a cluster and its console; Ctrl+C stops all of it")
    .option("--mesh <name>", `a mesh; repeat it for several (default: ${DEFAULT_MESHES.join(" ")})`, collect)
    .option("--types <type=count,…>", "nodes of each type in each mesh", DEFAULT_TYPES)
    .option("--port <port>", "the console's port; 0 for any free one", numberWithin(0, 65_535, true), DEFAULT_PORT)
    .option(
      "--data-dir <path>",
      "where the nodes keep their data while they run, and console.json is",
      DEFAULT_DATA_DIR,
    )
    .option("--bind <ip>", "address the nodes listen on (default: loopback, which nobody else reaches)")
    .option(
      "--max-nodes <n>",
      "most node processes at a time (default: 46 more than it starts)",
      numberWithin(1, 1_000, true),
    )
    .option("--inline", "run all nodes in one process")
    .option("--no-traffic", "start without the demo's traffic")
    .option("--read-only", "the console shows the cluster and refuses to act on it")
    .option("--chaos", "let the console do harm to the nodes: `mesh chaos run --attach`, and the page's Chaos tab")
    .option("--lab", "with --chaos: each process on a host of its own in a network lab, for all faults; Linux and root")
    .option("--host <ip>", "address the console listens on (default: 127.0.0.1)")
    .option("--allow-remote <name,…>", "names by which other machines may call it; needed for a --host beyond loopback")
    .option(
      "--max-rate <n>",
      "requests a second that one client of the console may make (default: 200; 0: no limit)",
      numberWithin(0, 1_000_000, true),
    )
    .option("--exit-when-converged", "stop everything once every node knows every other, and exit 0")
    .option(
      "--synthetic <n>",
      "no nodes: a console with so many made-up members, 5 % of them changing per second; for measuring the console",
      numberWithin(1, 1_000, true),
    )
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        "mesh up",
        "mesh up --mesh lab --types broker=5,compute=5 --port 0",
        "mesh up --json --exit-when-converged",
        "mesh up --chaos",
        "mesh up --chaos --lab",
        "mesh up --synthetic 1000",
      ]),
    )
    .action(async (flags: UpFlags & { readonly json?: boolean }) => {
      const options = resolveUpOptions(flags, context.io.cwd);
      const dataDirFlag = flags.dataDir === DEFAULT_DATA_DIR ? "" : ` --data-dir ${flags.dataDir}`;
      const reporter = flags.json ? jsonReporter(context.io) : textReporter(context.io, context.colours, dataDirFlag);
      // Loaded here: no other command needs the supervisor.
      const { launch } = await import("../../up/launch.js");
      context.setExitCode(
        await launch({ options, reporter, env: context.io.env, files: launchFiles(context.bundleUrl) }),
      );
    });
}
