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

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `10m`, `1.5h`: milliseconds. */
export function parseSpan(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value.trim());
  const ms = match === null ? Number.NaN : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (!Number.isFinite(ms) || ms > Number.MAX_SAFE_INTEGER)
    throw new InvalidArgumentError("It must be a time such as 90s, 10m or 2h.");
  return Math.round(ms);
}

/** A parser for an option that takes some of these words, as `collect` does. */
export function collectOf<T extends string>(words: readonly T[]): (value: string, previous?: readonly T[]) => T[] {
  return (value, previous) => {
    const chosen = collect(value, previous);
    const stranger = chosen.find((word) => !words.includes(word as T));
    if (stranger !== undefined) throw new InvalidArgumentError(`${stranger} is none of ${words.join(", ")}.`);
    return chosen as T[];
  };
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
