/**
 * The command tree, and the running of one command line: whatever happens ends in an exit code, and every failure in the same
 * form. Nothing here touches `process`.
 */

import { VERSION } from "@meshwork/node";
import { Command, CommanderError } from "commander";
import { type CommandContext, createContext, examples } from "./command.js";
import { addChaos } from "./commands/chaos.js";
import { addCompletion } from "./commands/completion.js";
import { addDescribe } from "./commands/describe.js";
import { addEvents } from "./commands/events.js";
import { addLab } from "./commands/lab.js";
import { addMembers } from "./commands/members.js";
import { addNode } from "./commands/node.js";
import { addProfile } from "./commands/profile.js";
import { addSeed } from "./commands/seed.js";
import { addSend } from "./commands/send.js";
import { addSoak } from "./commands/soak.js";
import { addStatus } from "./commands/status.js";
import { addTest } from "./commands/test.js";
import { addTrace } from "./commands/trace.js";
import { addUp } from "./commands/up.js";
import { EXIT, printFailure, usage } from "./failure.js";
import type { Io } from "./io.js";

export function createProgram(context: CommandContext): Command {
  const program = new Command("mesh");
  program
    .description("meshwork: a peer-to-peer mesh of nodes that find each other by name")
    .version(VERSION, "-V, --version", "print the version")
    .helpCommand("help [command]", "help on a command")
    .configureOutput({
      writeOut: (text) => context.io.out(text),
      writeErr: (text) => context.io.err(text),
      // Printed with code and hint by runCommand.
      outputError: () => {},
      getOutHelpWidth: () => context.io.columns ?? 100,
      getErrHelpWidth: () => context.io.columns ?? 100,
      getOutHasColors: () => context.io.colour,
      getErrHasColors: () => context.io.colour,
    })
    .exitOverride()
    .addHelpText(
      "after",
      examples(["mesh up", "mesh members", "mesh send mesh2.broker produce --data hello", "mesh help send"]),
    );
  for (const add of [
    addUp,
    addLab,
    addChaos,
    addSoak,
    addTest,
    addNode,
    addSeed,
    addMembers,
    addEvents,
    addDescribe,
    addSend,
    addTrace,
    addProfile,
    addStatus,
    addCompletion,
  ]) {
    add(program, context);
  }
  return program;
}

/** `args` without the interpreter and script. Resolves with the exit code; never rejects. */
export async function runCommand(args: readonly string[], io: Io, bundleUrl: string): Promise<number> {
  let exitCode: number = EXIT.ok;
  const context = createContext(io, bundleUrl, (code) => {
    exitCode = code;
  });
  const json = asksForJson(args);
  try {
    await createProgram(context).parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printFailure(io, error, json);
    // Help that was asked for, and the version, also end in a CommanderError.
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === "commander.help") return EXIT.usage;
    return printFailure(io, usage(error.message.replace(/^error: /, "")), json);
  }
}

/** Known before parsing, because a command line that can't be parsed is answered in JSON too. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).includes("--json");
}
