/** What `mesh up` says while it starts, runs and stops: lines for people, or the JSON events that the contracts fix. */
import type { createColors } from "picocolors";
import type { Io } from "../cli/io.js";
import { Progress } from "../cli/progress.js";

export interface StartedEvent {
  readonly pid: number;
  readonly consolePid: number;
  readonly url: string;
  readonly token: string;
}

export interface NodeEvent {
  readonly name: string;
  readonly pid: number;
  readonly bootMs: number;
}

export interface SyntheticEvent {
  readonly nodes: number;
  readonly live: number;
  readonly changedPerSecond: number;
  readonly elapsedMs: number;
}

export interface Reporter {
  starting(nodes: number, meshes: number): void;
  started(event: StartedEvent): void;
  node(event: NodeEvent): void;
  waiting(live: number, missing: number): void;
  converged(live: number, elapsedMs: number): void;
  timeout(missing: readonly string[]): void;
  /** The console lists its made-up members. */
  synthetic(event: SyntheticEvent): void;
  /** Whoever watches may now do this; `example` is a live broker, if there is one. */
  tryNext(url: string, token: string, example: string | undefined): void;
  stopping(reason: string): void;
  stopped(elapsedMs: number): void;
  /** Output of a child, or an oddity. */
  log(line: string): void;
}

export function jsonReporter(io: Io): Reporter {
  const emit = (event: string, fields: object) => io.out(`${JSON.stringify({ event, ...fields })}\n`);
  return {
    starting: () => {},
    started: ({ pid, consolePid, url, token }) => emit("started", { pid, consolePid, url, token }),
    node: ({ name, pid, bootMs }) => emit("node", { name, pid, bootMs: round(bootMs) }),
    waiting: () => {},
    converged: (live, elapsedMs) => emit("converged", { live, elapsedMs: Math.round(elapsedMs) }),
    timeout: (missing) => emit("timeout", { missing }),
    synthetic: ({ elapsedMs, ...event }) => emit("synthetic", { ...event, elapsedMs: Math.round(elapsedMs) }),
    tryNext: () => {},
    stopping: (reason) => io.err(`stopping (${reason})\n`),
    stopped: (elapsedMs) => io.err(`stopped in ${seconds(elapsedMs)}\n`),
    log: (line) => io.err(`${line}\n`),
  };
}

/** `dataDirFlag` is what the commands to try next need to find this cluster; empty for the default directory. */
export function textReporter(io: Io, colours: ReturnType<typeof createColors>, dataDirFlag: string): Reporter {
  const progress = new Progress(io);
  let total = 0;
  let ready = 0;
  const say = (line: string) => {
    progress.clear();
    io.out(`${line}\n`);
  };
  const nodeLine = (label: string, name: string, bootMs: number) =>
    say(`  ${label.padStart(7)}  ${name.padEnd(30)} ${colours.dim(`ready in ${bootMs.toFixed(0)} ms`)}`);
  return {
    starting: (nodes, meshes) => {
      total = nodes;
      say(`starting a console and ${nodes} nodes in ${meshes} ${meshes === 1 ? "mesh" : "meshes"}`);
    },
    started: () => {},
    node: ({ name, bootMs }) => {
      ready += 1;
      // The console is one more than the nodes that were asked for; what comes after those was asked for later.
      nodeLine(ready <= total + 1 ? `${ready}/${total + 1}` : "new", name, bootMs);
      if (ready <= total) progress.update("starting…");
      else if (ready === total + 1) progress.update("waiting until every node knows every other…");
    },
    waiting: (live, missing) =>
      progress.update(`${live} live; ${missing} ${missing === 1 ? "node does" : "nodes do"} not yet know all others…`),
    converged: (live, elapsedMs) => say(colours.green(`converged: ${live} nodes live after ${seconds(elapsedMs)}`)),
    synthetic: ({ nodes, live, changedPerSecond, elapsedMs }) =>
      say(
        colours.yellow(
          `SYNTHETIC: ${nodes} made-up members (${live} live with the console, after ${seconds(elapsedMs)}), ` +
            `${changedPerSecond} changing per second; no node runs`,
        ),
      ),
    timeout: (missing) => say(colours.red(`not converged; still missing: ${missing.join(", ")}`)),
    tryNext: (url, token, example) => {
      say(`\n${colours.bold(`${url}/#token=${token}`)}\n`);
      say("Try next:");
      say("  open that page; it shows all meshes live");
      const command = (text: string) => say(`  npx --no-install mesh ${text}${dataDirFlag}`);
      command("members");
      if (example !== undefined) command(`send ${example} produce --data hello`);
      if (example !== undefined) command(`trace ${example}`);
      say(`Ctrl+C stops everything.\n`);
    },
    stopping: (reason) => say(`\nstopping (${reason}): every node leaves its mesh first…`),
    stopped: (elapsedMs) => say(`stopped; nothing is left running (${seconds(elapsedMs)})`),
    log: (line) => progress.line(colours.dim(line)),
  };
}

const round = (ms: number) => Math.round(ms * 10) / 10;
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
