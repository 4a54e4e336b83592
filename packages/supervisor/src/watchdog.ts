/**
 * The launcher's end of the watchdog: starts the process, tells it what it must end if the launcher dies, and starts another
 * when it is gone. The pipe to it is opened close-on-exec by Node, so no child of the launcher holds it open. Owner: the
 * supervisor; ended by `close()`, which says goodbye first.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { lstatSync } from "node:fs";
import { readStartTime } from "./process-identity.js";
import { type LedgerLine, WatchdogLedger } from "./watchdog-ledger.js";

/** A watchdog that lived shorter than this is started again with a pause, so that a broken one does not spin. */
const HEALTHY_AFTER_MS = 5_000;
const RESTART_DELAY_MS = 500;
const GOODBYE_WAIT_MS = 500;

export interface WatchdogOptions {
  readonly entry: string;
  readonly onRestart?: (restarts: number) => void;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #ledger = new WatchdogLedger();
  #child: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #restarts = 0;
  #closed = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Call it in the same turn as the fork: before the child can have been collected, its pid is surely its own. */
  watchProcess(pid: number): void {
    const start = readStartTime(pid);
    if (start !== undefined) this.#record({ op: "process", pid, start });
  }

  forgetProcess(pid: number): void {
    this.#record({ op: "forget-process", pid });
  }

  watchDirectory(path: string): void {
    this.#record({ op: "directory", path, inode: lstatSync(path).ino });
  }

  forgetDirectory(path: string): void {
    this.#record({ op: "forget-directory", path });
  }

  watchFile(path: string): void {
    this.#record({ op: "file", path, inode: lstatSync(path).ino });
  }

  forgetFile(path: string): void {
    this.#record({ op: "forget-file", path });
  }

  sizes(): { processes: number; directories: number; files: number } {
    return this.#ledger.sizes();
  }

  /** Removes directories and files that are still owned, then says goodbye and waits for the process to end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    this.#ledger.removeAll();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), GOODBYE_WAIT_MS);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      child.stdin?.end(`${JSON.stringify({ op: "goodbye" } satisfies LedgerLine)}\n`);
    });
  }

  #record(line: LedgerLine): void {
    this.#ledger.apply(line);
    this.#write(line);
  }

  #write(line: LedgerLine): void {
    // What is not written now is in the ledger, and the next watchdog gets the whole of it.
    if (this.#child?.stdin?.writable) this.#child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  #start(): void {
    const startedAt = performance.now();
    // What it has to know goes with the fork: a launcher that dies before its first write to the pipe leaves nothing either.
    const known = this.#ledger.lines().map((line) => JSON.stringify(line));
    const child = spawn(process.execPath, ["--max-semi-space-size=1", this.#options.entry, ...known], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
      env: {},
    });
    this.#child = child;
    child.stdin?.on("error", () => {});
    child.on("error", () => this.#onGone(child, startedAt));
    child.on("exit", () => this.#onGone(child, startedAt));
    // Neither keeps the launcher alive; a launcher that just ends closes the pipe, and the watchdog cleans up after it.
    child.unref();
    (child.stdin as { unref?: () => void } | null)?.unref?.();
  }

  #onGone(child: ChildProcess, startedAt: number): void {
    if (this.#closed || this.#child !== child) return;
    this.#child = undefined;
    const delayMs = performance.now() - startedAt > HEALTHY_AFTER_MS ? 0 : RESTART_DELAY_MS;
    this.#restartTimer = setTimeout(() => {
      if (this.#closed) return;
      this.#restarts += 1;
      this.#start();
      this.#options.onRestart?.(this.#restarts);
    }, delayMs);
    this.#restartTimer.unref();
  }
}
