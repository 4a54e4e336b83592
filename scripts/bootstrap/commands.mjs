/**
 * Runs commands: a step of the set-up, silent unless it fails, and the job itself, to which this process is transparent
 * (standard streams, signals, exit code).
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
/** The first lines too: npm says what is wrong and prints its usage after it. */
const HEAD_LINES = 10;
const TAIL_LINES = 30;
const MAX_HALF_CHARS = 65_536;
/** The same Ctrl+C comes from the terminal and from npm: one is enough to pass on. */
const SAME_WISH_MS = 500;

export class StepFailed extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** `quietMs`: a step that is done sooner is not worth a line. Throws StepFailed with the command and its last lines. */
export async function runStep({ what, command, args, cwd, env, lock, quietMs }) {
  const startedAt = performance.now();
  let announced = false;
  const announce = () => {
    announced = true;
    process.stderr.write(`meshwork: ${what} … `);
  };
  const timer = setTimeout(announce, quietMs);
  if (quietMs === 0) {
    clearTimeout(timer);
    announce();
  }
  const output = { head: "", tail: "" };
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  if (child.pid !== undefined) lock.setCommand(child.pid);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      collect(output, text);
    });
  }
  const { code, signal, error, interrupted } = await ended(child);
  clearTimeout(timer);
  lock.setCommand(undefined);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  if (code === 0 && interrupted === undefined) {
    if (announced) process.stderr.write(`done in ${seconds} s\n`);
    return;
  }
  if (announced) process.stderr.write(`${interrupted ? "interrupted" : "failed"} after ${seconds} s\n`);
  if (interrupted)
    throw new StepFailed(`meshwork: interrupted by ${interrupted}`, 128 + constants.signals[interrupted]);
  const how = error ? error.message : signal ? `ended by ${signal}` : `exit code ${code}`;
  const lines = excerpt(output, HEAD_LINES, TAIL_LINES);
  const message = `meshwork: ${what} failed (${how})\n  ${[command, ...args].join(" ")}\n${lines}`;
  throw new StepFailed(message.trimEnd(), exitCodeOf(code, signal) || 1);
}

/** Resolves to the exit code to end with. */
export async function runJob(cwd, args) {
  const child = spawn(process.execPath, args, { cwd, stdio: "inherit" });
  const { code, signal, error } = await ended(child);
  if (error) {
    process.stderr.write(`meshwork: cannot run ${args[0]}: ${error.message}\n`);
    return 1;
  }
  return exitCodeOf(code, signal);
}

/** Passes signals on until the child has ended; never ends before it. */
function ended(child) {
  return new Promise((resolve) => {
    let interrupted;
    let lastAt = Number.NEGATIVE_INFINITY;
    const forward = (signal) => {
      interrupted ??= signal;
      if (performance.now() - lastAt < SAME_WISH_MS) return;
      lastAt = performance.now();
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    const finish = (result) => {
      for (const signal of SIGNALS) process.off(signal, forward);
      resolve({ ...result, interrupted });
    };
    child.once("error", (error) => finish({ code: null, signal: null, error }));
    child.once("close", (code, signal) => finish({ code, signal }));
  });
}

/** As a shell has it: 128 and the signal's number. */
export function exitCodeOf(code, signal) {
  if (signal !== null && signal !== undefined) return 128 + (constants.signals[signal] ?? 0);
  return code ?? 1;
}

/** Keeps the first and the last half of what is written, whatever its size. */
export function collect(output, text) {
  const room = MAX_HALF_CHARS - output.head.length;
  output.head += text.slice(0, room);
  output.tail = (output.tail + text.slice(Math.max(room, 0))).slice(-MAX_HALF_CHARS);
}

export function excerpt({ head, tail }, headLines, tailLines) {
  const lines = `${head}${tail}`.trimEnd().split("\n");
  if (lines.length <= headLines + tailLines) return lines.join("\n");
  return [...lines.slice(0, headLines), "…", ...lines.slice(-tailLines)].join("\n");
}
