/**
 * One set-up at a time in a checkout. The lock file names its holder and the command that the holder runs; it is stale when
 * both are dead, so an `npm ci` that outlived a killed bootstrap still keeps others out.
 */
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { readProcess } from "./callers.mjs";

const POLL_MS = 200;

/** Resolves when the lock is held. `onWait` is told the holder's pid, once. */
export async function acquireLock(path, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  for (;;) {
    if (tryCreate(path)) return heldLock(path);
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (!holder.owners.some(isAlive)) {
      removeStale(path, holder.text);
      continue;
    }
    if (!told) onWait(holder.owners[0]?.pid);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function heldLock(path) {
  return {
    /** Names the command that now runs under the lock; undefined when it has ended. */
    setCommand(pid) {
      const temporary = `${path}.${process.pid}`;
      writeFileSync(temporary, describe(pid === undefined ? [process.pid] : [process.pid, pid]));
      renameSync(temporary, path);
    },
    release() {
      rmSync(path, { force: true });
    },
  };
}

function tryCreate(path) {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    // Written first and then linked: nobody ever reads half a lock.
    writeFileSync(temporary, describe([process.pid]), { flag: "wx" });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

const describe = (pids) => JSON.stringify(pids.map((pid) => ({ pid, start: readProcess(pid)?.start ?? "" })));

function readHolder(path) {
  try {
    const text = readFileSync(path, "utf8");
    const owners = parseOwners(text);
    return { text, owners };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A file that nobody of ours wrote has no owners, so it is stale. */
function parseOwners(text) {
  try {
    const owners = JSON.parse(text);
    return Array.isArray(owners) ? owners.filter((owner) => Number.isInteger(owner?.pid)) : [];
  } catch {
    return [];
  }
}

function isAlive({ pid, start }) {
  const now = readProcess(pid);
  return now?.alive === true && now.start === start;
}

/** By rename, which only one of several waiters wins. One that took a fresh lock by mistake puts it back. */
function removeStale(path, text) {
  const taken = `${path}.stale.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    renameSync(path, taken);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  try {
    if (readFileSync(taken, "utf8") !== text) linkSync(taken, path);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    rmSync(taken, { force: true });
  }
}
