/**
 * Where the processes of one launcher keep what chaos needs: a directory of the machine's user, made by the launcher and removed with it.
 * In it a socket for each process and a file of received messages for each node.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "meshwork-senses-";
const NOTES_SUFFIX = ".notes";

export const chaosDirectory = (launcherPid: number) => join(tmpdir(), `${PREFIX}${launcherPid}`);
export const socketOf = (pid: number) => `${pid}.sock`;
export const notesFileOf = (id: string) => `${id}${NOTES_SUFFIX}`;

/** By the launcher, before its first node. Returns what removes it. */
export function makeChaosDirectory(): () => void {
  sweep();
  const path = chaosDirectory(process.pid);
  mkdirSync(path, { mode: 0o700 });
  return () => rmSync(path, { recursive: true, force: true });
}

/** Those of launchers that were killed, and one that had this process's number. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : Number.NaN;
    if (!Number.isSafeInteger(pid) || (pid !== process.pid && isAlive(pid))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's: theirs to remove.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ids of messages that were received, as all files have them. */
export function readNotes(directory: string): string[] {
  return notesFiles(directory).flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== ""),
  );
}

/** The files stay, for those who have them open to append to. */
export function emptyNotes(directory: string): void {
  for (const path of notesFiles(directory)) truncateSync(path);
}

function notesFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(NOTES_SUFFIX))
    .map((name) => join(directory, name));
}
