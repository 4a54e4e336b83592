/**
 * What the watchdog has to clean up when the launcher dies: processes (pid and start time), directories and files. The
 * launcher keeps one copy, the watchdog another that it builds from the lines of the pipe; a new watchdog gets the whole
 * again. Owner: Watchdog and watchdog-process. Entries go by `forget…`; each map is capped, and its size exported.
 */
import { lstatSync, rmSync } from "node:fs";
import { signalExactly } from "./process-identity.js";

const MAX_ENTRIES = 4_096;

export type LedgerLine =
  | { readonly op: "process"; readonly pid: number; readonly start: string }
  | { readonly op: "forget-process"; readonly pid: number }
  | { readonly op: "directory"; readonly path: string; readonly inode: number }
  | { readonly op: "forget-directory"; readonly path: string }
  /** The inode tells our file from one that a later launcher wrote in its place. */
  | { readonly op: "file"; readonly path: string; readonly inode: number }
  | { readonly op: "forget-file"; readonly path: string }
  | { readonly op: "goodbye" };

export class WatchdogLedger {
  readonly #processes = new Map<number, string>();
  readonly #directories = new Map<string, number>();
  readonly #files = new Map<string, number>();

  apply(line: LedgerLine): void {
    switch (line.op) {
      case "process":
        if (this.#processes.size < MAX_ENTRIES) this.#processes.set(line.pid, line.start);
        return;
      case "forget-process":
        this.#processes.delete(line.pid);
        return;
      case "directory":
        if (this.#directories.size < MAX_ENTRIES) this.#directories.set(line.path, line.inode);
        return;
      case "forget-directory":
        this.#directories.delete(line.path);
        return;
      case "file":
        if (this.#files.size < MAX_ENTRIES) this.#files.set(line.path, line.inode);
        return;
      case "forget-file":
        this.#files.delete(line.path);
        return;
      case "goodbye":
        this.#processes.clear();
        this.#directories.clear();
        this.#files.clear();
        return;
    }
  }

  /** The lines that build this ledger anew. */
  lines(): LedgerLine[] {
    return [
      ...[...this.#processes].map(([pid, start]): LedgerLine => ({ op: "process", pid, start })),
      ...[...this.#directories].map(([path, inode]): LedgerLine => ({ op: "directory", path, inode })),
      ...[...this.#files].map(([path, inode]): LedgerLine => ({ op: "file", path, inode })),
    ];
  }

  /** SIGKILLs what still is the process that it was; SIGKILL ends stopped ones too. Returns how many are left alive. */
  killAll(): number {
    let alive = 0;
    for (const [pid, start] of this.#processes) if (signalExactly(pid, start, "SIGKILL")) alive += 1;
    return alive;
  }

  /** Removes directories and files, each only if it is still the one that was named. Never follows a link. */
  removeAll(): void {
    for (const [path, inode] of this.#directories) removeExactly(path, inode, true);
    for (const [path, inode] of this.#files) removeExactly(path, inode, false);
  }

  sizes(): { processes: number; directories: number; files: number } {
    return { processes: this.#processes.size, directories: this.#directories.size, files: this.#files.size };
  }
}

/** Undefined where the line is not one of ours. */
export function parseLedgerLine(text: string): LedgerLine | undefined {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof raw !== "object" || raw === null) return undefined;
  const { op, pid, start, path, inode } = raw;
  const isPid = Number.isInteger(pid) && (pid as number) > 1;
  const isPath = typeof path === "string" && path.startsWith("/") && path.length > 1;
  if (op === "goodbye") return { op };
  if (op === "process" && isPid && typeof start === "string" && start !== "") return { op, pid: pid as number, start };
  if (op === "forget-process" && isPid) return { op, pid: pid as number };
  if ((op === "directory" || op === "file") && isPath && typeof inode === "number") return { op, path, inode };
  if ((op === "forget-directory" || op === "forget-file") && isPath) return { op, path };
  return undefined;
}

function removeExactly(path: string, inode: number, directory: boolean): void {
  try {
    const stat = lstatSync(path);
    if (stat.ino !== inode || stat.isSymbolicLink() || stat.isDirectory() !== directory) return;
    rmSync(path, { recursive: directory, force: true });
  } catch {
    // Gone already, or not ours to remove: there is nobody left to tell.
  }
}
