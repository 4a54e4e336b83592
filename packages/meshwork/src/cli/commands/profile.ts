/**
 * `mesh profile NAME`: a CPU profile of a node's process. Prints what took the time and what each thread used; writes the profile for
 * DevTools, or folded stacks for a flame graph.
 */
import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ProfileRequest, ProfileResult } from "@meshwork/console/api-types";
import { foldStacks, profileTakesMs } from "@meshwork/node/cpu-profile";
import type { Command } from "commander";
import {
  type ClientOptions,
  type CommandContext,
  clientOf,
  examples,
  numberWithin,
  printJson,
  withConsole,
} from "../command.js";
import { usage } from "../failure.js";
import { duration } from "../format.js";
import { describeProfile } from "../profile-report.js";
import { Progress } from "../progress.js";

interface ProfileCommandOptions extends ClientOptions {
  readonly seconds: number;
  readonly folded?: boolean;
  readonly out?: string;
}

/** Above what the console waits for the node. */
const MARGIN_MS = 15_000;

export function addProfile(program: Command, context: CommandContext): void {
  withConsole(program.command("profile").description("take a CPU profile of a node: functions, threads, connections"))
    .argument("<name>", "full name, node id or unique prefix of either")
    .option("--seconds <n>", "how long to sample", numberWithin(0.1, 60, false), 10)
    .option("--folded", "folded stacks, as flame-graph tools read them: on standard output, or into --out")
    .option("--out <file>", "write the profile (.cpuprofile, for DevTools) there; the summary is printed all the same")
    .addHelpText(
      "after",
      examples([
        "mesh profile mesh1.broker.239dc9",
        "mesh profile 239dc9 --seconds 30 --out broker.cpuprofile",
        "mesh profile 239dc9 --folded | flamegraph.pl --countname us > broker.svg",
      ]),
    )
    .action(async (name: string, options: ProfileCommandOptions) => {
      if (options.json && options.folded && options.out === undefined) throw usage("give --json or --folded, not both");
      if (options.out !== undefined) checkWritable(context, options.out);
      const result = await takeProfile(context, name, options);
      if (options.out !== undefined) {
        const { profile } = result;
        write(context, options.out, options.folded ? foldStacks(profile) : `${JSON.stringify(profile)}\n`);
      }
      if (options.json) printJson(context, result);
      else if (options.folded && options.out === undefined) context.io.out(foldStacks(result.profile));
      else context.io.out(describeProfile(result, context.io.columns));
    });
}

async function takeProfile(
  context: CommandContext,
  name: string,
  options: ProfileCommandOptions,
): Promise<ProfileResult> {
  const durationMs = Math.round(options.seconds * 1_000);
  const request: ProfileRequest = { durationMs };
  const totalMs = profileTakesMs(durationMs);
  const client = clientOf(context, options);
  const progress = new Progress(context.io);
  const startMs = performance.now();
  const show = () => {
    const elapsedMs = Math.min(totalMs, performance.now() - startMs);
    progress.update(`profiling ${name}: ${duration(elapsedMs)} of ${duration(totalMs)}`);
  };
  show();
  const timer = setInterval(show, 500);
  try {
    const path = `/api/nodes/${encodeURIComponent(name)}/profile`;
    return await client.post<ProfileResult>(path, request, totalMs + MARGIN_MS);
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}

/** Before a profile is taken that would then be lost. */
function checkWritable({ io }: CommandContext, file: string): void {
  try {
    accessSync(dirname(resolve(io.cwd, file)), constants.W_OK);
  } catch (error) {
    throw usage(`--out ${file}: ${(error as Error).message}`);
  }
}

function write({ io }: CommandContext, file: string, text: string): void {
  const path = resolve(io.cwd, file);
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw usage(`--out ${file}: ${(error as Error).message}`);
  }
  io.err(`wrote ${path}\n`);
}
