/** Takes a lab down from its ledger alone: by its owner, by `mesh lab down`, or by the next lab after a crash. Idempotent. */
import { existsSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isSameProcess, signalExactly } from "@meshwork/supervisor";
import { tryRun } from "./command.js";
import { isLeftOver, type LedgerState, labPrefix, readLedgers, removeLedger } from "./ledger.js";

const KILL_WAIT_MS = 5_000;
const POLL_MS = 20;

/** What could not be removed, in words; empty where all is gone. The ledger stays where something is left. */
export async function removeLab(state: LedgerState): Promise<string[]> {
  const left: string[] = [];
  for (const { pid, startTime } of state.processes) signalExactly(pid, startTime, "SIGKILL");
  // Whoever was started in a namespace and did not make it into the ledger.
  for (const name of labNamespaces(state)) for (const pid of pidsIn(name)) kill(pid);
  const deadline = performance.now() + KILL_WAIT_MS;
  const running = () => state.processes.filter(({ pid, startTime }) => isSameProcess(pid, startTime));
  while (running().length > 0 && performance.now() < deadline) await sleep(POLL_MS);
  for (const { pid } of running()) left.push(`process ${pid}`);
  for (const path of [...state.mounts].reverse()) {
    if (isMounted(path) && !tryRun("umount", ["-l", path]).ok) left.push(`mount ${path}`);
  }
  for (const path of state.controlGroups) if (!removeGroup(path)) left.push(`control group ${path}`);
  for (const name of labNamespaces(state)) {
    const { ok, message } = tryRun("ip", ["netns", "del", name]);
    if (!ok && namespaceNames().includes(name)) left.push(`namespace ${name}: ${message}`);
  }
  for (const path of state.directories) {
    if (!state.mounts.some((mount) => isMounted(mount))) rmSync(path, { recursive: true, force: true });
    if (existsSync(path)) left.push(`directory ${path}`);
  }
  if (left.length === 0) removeLedger(state.id);
  return left;
}

/** Labs whose owner died. */
export async function removeLeftOvers(): Promise<string[]> {
  const left: string[] = [];
  for (const state of readLedgers().filter(isLeftOver)) left.push(...(await removeLab(state)));
  return left;
}

/** Those that exist, whether or not the ledger came to know of them. */
function labNamespaces({ id }: LedgerState): string[] {
  return namespaceNames().filter((name) => name.startsWith(labPrefix(id)));
}

export function namespaceNames(): string[] {
  const { stdout } = tryRun("ip", ["netns", "list"]);
  return stdout
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((name) => name !== "");
}

function pidsIn(namespace: string): number[] {
  const { stdout } = tryRun("ip", ["netns", "pids", namespace]);
  return stdout
    .split("\n")
    .map(Number)
    .filter((pid) => Number.isSafeInteger(pid) && pid > 1);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Ended meanwhile.
  }
}

function isMounted(path: string): boolean {
  try {
    return readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .some((line) => line.split(" ")[1] === path);
  } catch {
    return false;
  }
}

function removeGroup(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
