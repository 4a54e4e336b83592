/**
 * One child process of the launcher: fork, messages, signals, stop by degrees, exit. Runs in a session of its own, so that a
 * Ctrl+C in the terminal reaches the launcher alone, which then stops its nodes in order; that nothing outlives the launcher
 * is the watchdog's duty, and each child's own when its channel breaks.
 *
 * Owner: NodeProcess, InlineHost or ConsoleProcess; ends with the process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { ParentMessage } from "./child-protocol.js";
import { OutputTail } from "./output-tail.js";
import type { ExitInfo } from "./types.js";
import type { Watchdog } from "./watchdog.js";

/** Share of the grace after which SIGTERM follows the stop message, for a child that lost its channel or does not read it. */
const TERM_AT_SHARE = 0.6;
/** Last messages and lines may be read after the exit was seen; a grandchild holding a pipe must not delay it longer. */
const DRAIN_MS = 250;

export interface ManagedChildOptions {
  readonly entry: string;
  readonly nodeArgs: readonly string[];
  /** Before the command line (see ProcessPlace). */
  readonly prefix?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly watchdog: Pick<Watchdog, "watchProcess" | "forgetProcess">;
  readonly onMessage: (raw: unknown) => void;
  readonly onLine?: ((line: string) => void) | undefined;
}

export class ManagedChild {
  readonly pid: number | undefined;
  /** After its last messages and lines were read. Never rejects; a fork that failed exits with neither code nor signal. */
  readonly exited: Promise<ExitInfo>;
  readonly output: OutputTail;
  /** For a link; nothing else uses it. */
  readonly process: ChildProcess;
  spawnError: Error | undefined;
  #stopping: Promise<"graceful" | "forced"> | undefined;

  constructor(options: ManagedChildOptions) {
    const { entry, nodeArgs, prefix = [], env, watchdog, onMessage, onLine } = options;
    const [command = process.execPath, ...args] = [...prefix, process.execPath, ...nodeArgs, entry];
    const child = spawn(command, args, {
      env,
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.process = child;
    this.pid = child.pid;
    if (child.pid !== undefined) watchdog.watchProcess(child.pid);
    this.output = new OutputTail(onLine);
    this.output.attach(child.stdout);
    this.output.attach(child.stderr);
    child.on("message", onMessage);
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        if (child.pid !== undefined) watchdog.forgetProcess(child.pid);
        const timer = setTimeout(() => resolve({ code, signal }), DRAIN_MS);
        child.once("close", () => {
          clearTimeout(timer);
          resolve({ code, signal });
        });
      });
      child.on("error", (error) => {
        if (child.pid !== undefined) return;
        this.spawnError = error;
        resolve({ code: null, signal: null });
      });
    });
  }

  send(message: ParentMessage): void {
    if (this.process.connected) this.process.send(message, () => {});
  }

  /** Through the child's handle: never reaches another process that got the same pid. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid !== undefined) this.process.kill(signal);
  }

  /** Stop message, SIGTERM, SIGKILL. A frozen child is thawed first. A second call gets the first one's outcome. */
  stop(reason: string, graceMs: number): Promise<"graceful" | "forced"> {
    this.#stopping ??= this.#stopByDegrees(reason, graceMs);
    return this.#stopping;
  }

  async #stopByDegrees(reason: string, graceMs: number): Promise<"graceful" | "forced"> {
    this.signal("SIGCONT");
    if (this.process.connected) this.send({ kind: "stop", reason });
    else this.signal("SIGTERM");
    const term = setTimeout(() => this.signal("SIGTERM"), graceMs * TERM_AT_SHARE);
    const kill = setTimeout(() => this.signal("SIGKILL"), graceMs);
    const { code } = await this.exited;
    clearTimeout(term);
    clearTimeout(kill);
    return code === 0 ? "graceful" : "forced";
  }
}
