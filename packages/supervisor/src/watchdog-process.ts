/**
 * The watchdog's own process, in a session of its own, so that no signal to the launcher's group or terminal reaches it. Its
 * standard input is a pipe that only the launcher holds. When it closes without a goodbye the launcher is dead (SIGKILL, a
 * crash, an out-of-memory kill): end everything it owned, frozen ones included, remove what must not stay, and exit.
 */
import { createInterface } from "node:readline";
import { parseLedgerLine, WatchdogLedger } from "./watchdog-ledger.js";

/** A process in the kernel's hands may take a moment to go; after this its directories are removed all the same. */
const MAX_WAIT_MS = 2_000;
const POLL_MS = 20;

const ledger = new WatchdogLedger();
let saidGoodbye = false;
let cleaning = false;

for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => {});

function cleanUp(startedAtMs: number): void {
  // Killed again on every round: cheap, and it meets a process that was stopped while the first signal was on its way.
  if (ledger.killAll() > 0 && Date.now() - startedAtMs < MAX_WAIT_MS) {
    setTimeout(cleanUp, POLL_MS, startedAtMs);
    return;
  }
  ledger.removeAll();
  process.exit(0);
}

function onPipeClosed(): void {
  if (cleaning) return;
  cleaning = true;
  if (saidGoodbye) process.exit(0);
  cleanUp(Date.now());
}

for (const text of process.argv.slice(2)) {
  const line = parseLedgerLine(text);
  if (line) ledger.apply(line);
}

const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
lines.on("line", (text) => {
  const line = parseLedgerLine(text);
  if (line === undefined) return;
  ledger.apply(line);
  if (line.op === "goodbye") {
    saidGoodbye = true;
    process.exit(0);
  }
});
lines.on("close", onPipeClosed);
process.stdin.on("error", onPipeClosed);
