/**
 * What the commands share: options that find the console, and the running of an action so that every failure ends in the same
 * two lines and the right exit code.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { type ConsoleClient, type ConsoleOptions, connectConsole, DEFAULT_DATA_DIR } from "./console-client.js";
import type { Io } from "./io.js";

export interface CommandContext {
  readonly io: Io;
  readonly colours: ReturnType<typeof pc.createColors>;
  /** URL of a module in the directory of the bundles. */
  readonly bundleUrl: string;
  /** The exit code of a command that did not throw. */
  setExitCode(code: number): void;
}

export function createContext(io: Io, bundleUrl: string, setExitCode: (code: number) => void): CommandContext {
  return { io, bundleUrl, colours: pc.createColors(io.colour), setExitCode };
}

export interface ClientOptions extends ConsoleOptions {
  readonly json?: boolean;
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON on standard output");
}

/** `--url`, `--token`, `--data-dir` and `--json`, as every command that calls the console takes them. */
export function withConsole(command: Command): Command {
  return command
    .option("--url <url>", "the console's URL (default: MESH_CONSOLE_URL, then <data-dir>/console.json)")
    .option("--token <token>", "its token (default: MESH_CONSOLE_TOKEN, then <data-dir>/console.json)")
    .option("--data-dir <path>", `where \`mesh up\` keeps console.json (default: ./${DEFAULT_DATA_DIR})`)
    .addOption(jsonOption());
}

export function clientOf(context: CommandContext, options: ClientOptions): ConsoleClient {
  return connectConsole(context.io, options);
}

export function printJson(context: CommandContext, value: unknown): void {
  context.io.out(`${JSON.stringify(value)}\n`);
}

export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}

/** For options that may be given several times, each a comma-separated list. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  const parts = value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (parts.length === 0) throw new InvalidArgumentError("It is empty.");
  return [...(previous ?? []), ...parts];
}

/** A parser for a number within bounds; `unit` is for the message. */
export function numberWithin(min: number, max: number, whole: boolean): (value: string) => number {
  return (value) => {
    const parsed = Number(value);
    if (
      value.trim() === "" ||
      !Number.isFinite(parsed) ||
      parsed < min ||
      parsed > max ||
      (whole && !Number.isInteger(parsed))
    ) {
      throw new InvalidArgumentError(`It must be a ${whole ? "whole " : ""}number from ${min} to ${max}.`);
    }
    return parsed;
  };
}
