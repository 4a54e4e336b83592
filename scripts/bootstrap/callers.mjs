/**
 * The processes between this one and the npm that called it. A set-up takes a while; when npm was killed meanwhile, nobody
 * is left to stop what would be started. Known by pid and start time, since a pid alone is reused; a zombie is dead.
 * (Once it runs, `mesh up` watches its own ancestors.)
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const MAX_DEPTH = 8;

/** From the parent up to and including npm; empty where no npm is above. */
export function callersAbove(pid, read = readProcess) {
  const callers = [];
  let next = read(pid)?.parent ?? 0;
  while (next > 1 && callers.length < MAX_DEPTH) {
    const info = read(next);
    if (info === undefined) return [];
    callers.push(info);
    if (/^(npm|npx)\b/.test(info.name) || /\/(npm|npx)(-cli)?(\.c?js)?( |$)/.test(info.command)) return callers;
    next = info.parent;
  }
  return [];
}

export function firstGone(callers, read = readProcess) {
  return callers.find(({ pid, start }) => {
    const now = read(pid);
    return now === undefined || !now.alive || now.start !== start;
  });
}

export function readProcess(pid) {
  try {
    return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

function fromProc(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name is in parentheses and may hold anything: fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
    command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
    alive: !/^[ZX]/.test(fields[0]),
    parent: Number(fields[1]),
    start: fields[19],
  };
}

function fromPs(pid) {
  const args = ["-o", "ppid=,state=,lstart=,command=", "-p", String(pid)];
  const line = execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  const match = /^(\d+)\s+(\S+)\s+((?:\S+\s+){4}\S+)\s+(.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, parent, state, start, command] = match;
  return {
    pid,
    name: command.split(" ")[0].split("/").at(-1),
    command,
    alive: !state.startsWith("Z"),
    parent: Number(parent),
    start,
  };
}
