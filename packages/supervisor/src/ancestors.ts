/**
 * Ends `mesh up` when a process above it is gone. The watchdog covers the death of the launcher itself; this covers npm, the
 * `sh -c` that npm runs, the bootstrap script and whoever called them: SIGKILL tells nobody, and an orphan is simply given
 * to another parent.
 *
 * The rule: every ancestor counts, from the launcher's parent upwards, until the first shell that was not itself run by npm
 * or npx, or pid 1. That shell and all above it do not count, because a shell that ends leaves its background jobs alone by
 * convention: `nohup npm start &` followed by a logout must go on. A shell that npm runs is npm's tool and does count.
 *
 * Taken once, at start; each ancestor is known by pid and start time, and a zombie counts as gone (a parent that never
 * collects its killed child must not hide the death). Cost on Linux: ~30 µs per ancestor and poll.
 */
import { type ProcessInfo, readProcess } from "./process-identity.js";

const SHELL = /^-?(sh|bash|dash|zsh|fish|ksh|mksh|ash|tcsh|csh|pwsh|nu|elvish|xonsh)$/;
const RUNNER_SCRIPT = /(^|\/)(npm|npx|pnpm|pnpx|yarn|yarnpkg)(-cli)?(\.[cm]?js)?$/;
const MAX_DEPTH = 64;
/** `ps` costs some ms each, /proc does not. */
const POLL_MS = process.platform === "linux" ? 500 : 1_500;

export interface AncestorWatch {
  readonly ancestors: readonly ProcessInfo[];
  stop(): void;
}

export function watchAncestors(options: {
  readonly onGone: (ancestor: ProcessInfo) => void;
  readonly pollMs?: number;
  readonly pid?: number;
}): AncestorWatch {
  const ancestors = selectAncestors(readChain(options.pid ?? process.pid));
  const timer = setInterval(() => {
    const gone = ancestors.find((known) => !isAlive(known));
    if (gone === undefined) return;
    clearInterval(timer);
    options.onGone(gone);
  }, options.pollMs ?? POLL_MS);
  timer.unref();
  return { ancestors, stop: () => clearInterval(timer) };
}

/** From the parent of `pid` up to pid 1, as far as it can be read. */
export function readChain(pid: number): ProcessInfo[] {
  const chain: ProcessInfo[] = [];
  let next = readProcess(pid)?.parentPid ?? 0;
  while (next > 0 && chain.length < MAX_DEPTH) {
    const info = readProcess(next);
    if (info === undefined) break;
    chain.push(info);
    next = info.parentPid;
  }
  return chain;
}

/** The rule of the header on a chain that starts with the parent. Pure. */
export function selectAncestors(chain: readonly ProcessInfo[]): ProcessInfo[] {
  const selected: ProcessInfo[] = [];
  for (const [index, info] of chain.entries()) {
    if (info.pid === 1) break;
    const above = chain[index + 1];
    if (isShell(info) && !(above !== undefined && isRunner(above))) break;
    selected.push(info);
  }
  return selected;
}

function isShell(info: ProcessInfo): boolean {
  return SHELL.test(info.name) || (info.name === "busybox" && /\bsh\b/.test(info.command));
}

/** npm and npx overwrite their command line with a title ("npm start"); before they do it is `node …/npm-cli.js start`. */
function isRunner(info: ProcessInfo): boolean {
  if (/^(npm|npx|pnpm|yarn)\b/.test(info.name)) return true;
  const [first = "", second = ""] = info.command.split(" ");
  return RUNNER_SCRIPT.test(first) || (/(^|\/)node(js)?$/.test(first) && RUNNER_SCRIPT.test(second));
}

function isAlive(known: ProcessInfo): boolean {
  const now = readProcess(known.pid);
  return now?.alive === true && now.startTime === known.startTime;
}
