/**
 * `mesh up`: starts console and nodes, waits until they have converged, owns them until it is asked to stop or something above
 * it dies. Resolves with the exit code when all of it is gone.
 *
 * Before anything starts: the port is free and the data directory is nobody else's. From the first process on, every way out
 * leads through `supervisor.close()`; a SIGKILL leads through the watchdog.
 */
import { randomBytes } from "node:crypto";
import type { Convergence } from "@meshwork/console/api-types";
import { createSupervisor, type ReadyNode, type Supervisor, type SupervisorEvent } from "@meshwork/supervisor";
import { ConsoleClient } from "../cli/console-client.js";
import { EXIT } from "../cli/failure.js";
import { budgetOf } from "./budgets.js";
import { removeConsoleFile, writeConsoleFile } from "./console-file.js";
import { awaitConvergence } from "./convergence.js";
import type { LaunchFiles } from "./files.js";
import type { UpOptions } from "./options.js";
import { CONSOLE_HOST, checkPort, choosePort, claimDataDir } from "./preflight.js";
import type { Reporter } from "./reporter.js";
import { awaitStopWish } from "./stop-wish.js";

export interface LaunchInput {
  readonly options: UpOptions;
  readonly files: LaunchFiles;
  readonly reporter: Reporter;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Above every deadline that the console has for asking the nodes. */
const ASK_TIMEOUT_MS = 15_000;

export async function launch(input: LaunchInput): Promise<number> {
  const { options, files, reporter, env } = input;
  const startedAtMs = performance.now();
  await checkPort(options.port);
  claimDataDir(options.dataDir, options.consoleFile);
  const stopWish = awaitStopWish();
  const supervisor = createSupervisor({
    nodeEntry: files.node,
    watchdogEntry: files.watchdog,
    dataDir: options.dataDir,
    meshes: options.meshes,
    maxNodes: options.maxNodes,
    env,
    log: (line) => reporter.log(line),
    ...(options.inline ? { inlineEntry: files.inline } : {}),
    ...(options.bind === undefined ? {} : { bind: options.bind }),
  });
  let stoppingSinceMs: number | undefined;
  try {
    const starting = start(supervisor, input, startedAtMs, () => stoppingSinceMs !== undefined);
    // Where the stop overtakes the start, what the start then fails with is the stop's doing.
    starting.catch(() => {});
    const asked = stopWish.asked.then((reason) => ({ reason, exitCode: EXIT.ok as number }));
    const ended = starting.then((exitCode) => (exitCode === undefined ? asked : { reason: "as asked", exitCode }));
    const { reason, exitCode } = await Promise.race([asked, ended]);
    stoppingSinceMs = performance.now();
    reporter.stopping(reason);
    return exitCode;
  } finally {
    stoppingSinceMs ??= performance.now();
    removeConsoleFile(options.consoleFile, process.pid);
    await supervisor.close();
    stopWish.remove();
    reporter.stopped(performance.now() - stoppingSinceMs);
  }
}

/** Resolves with an exit code where the cluster is to end by itself, with undefined where it runs until it is stopped. */
async function start(
  supervisor: Supervisor,
  { options, files, reporter }: LaunchInput,
  startedAtMs: number,
  isStopping: () => boolean,
): Promise<number | undefined> {
  const jobs = jobsOf(options);
  reporter.starting(jobs.length, options.meshes.length);
  const token = randomBytes(32).toString("hex");
  const client = await startConsole(supervisor, options, files.console, token, { reporter, isStopping });
  const nodes = await Promise.all(jobs.map((job) => supervisor.spawn(job)));
  const outcome = await awaitConvergence({
    expected: nodes.length + 1,
    ask: () => client.get<Convergence>("/api/convergence", ASK_TIMEOUT_MS),
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onWaiting: (live, missing) => reporter.waiting(live, missing),
  });
  if (outcome.kind === "timeout") {
    reporter.timeout(outcome.missing);
    return EXIT.timeout;
  }
  reporter.converged(outcome.live, performance.now() - startedAtMs);
  if (options.exitWhenConverged) return EXIT.ok;
  if (options.traffic)
    await client.post("/api/demo", {}).catch((error: Error) => reporter.log(`demo traffic: ${error.message}`));
  reporter.tryNext(client.url, token, exampleOf(nodes, options.meshes));
  return undefined;
}

interface Watching {
  readonly reporter: Reporter;
  /** What ends from then on was asked to. */
  readonly isStopping: () => boolean;
}

/** Resolves when it serves; from then on each node that is ready is reported, the console's own first. */
async function startConsole(
  supervisor: Supervisor,
  options: UpOptions,
  entry: string,
  token: string,
  { reporter, isStopping }: Watching,
): Promise<ConsoleClient> {
  const port = await choosePort(options.port);
  const url = `http://${CONSOLE_HOST}:${port}`;
  supervisor.setIntake({ url, token });
  const early: SupervisorEvent[] = [];
  let serving = false;
  supervisor.on((event) => {
    if (!serving) early.push(event);
    else if (!isStopping()) report(event, reporter);
  });
  let trafficOn = false;
  const console = await supervisor.startConsole({
    entry,
    mesh: options.meshes[0] as string,
    port,
    token,
    handlers: {
      "demo-load": () => ({ running: trafficOn }),
      "demo-store": (params) => {
        trafficOn = (params as { running?: unknown } | undefined)?.running === true;
        return { running: trafficOn };
      },
    },
  });
  writeConsoleFile(options.consoleFile, { url: console.url, token, pid: process.pid });
  supervisor.ownFile(options.consoleFile);
  reporter.started({ pid: process.pid, consolePid: console.pid ?? 0, url: console.url, token });
  serving = true;
  for (const event of early) report(event, reporter);
  return new ConsoleClient({ url: console.url, token });
}

function report(event: SupervisorEvent, reporter: Reporter): void {
  if (event.kind === "ready" && event.node.restarts === 0) reporter.node(event.node);
  else if (event.kind === "console-ready") reporter.node(event.info);
  else if (event.kind === "console-exited") reporter.log("the console's process ended; it is started again");
  else if (event.kind === "exited" && !event.expected) {
    reporter.log(`${event.node.name ?? event.node.slot} ended by itself`);
  }
}

/** Mesh by mesh in turn, so that each has a first node early; within a mesh in the order of `--types`. */
function jobsOf({ meshes, types }: UpOptions) {
  return [...types].flatMap(([type, count]) =>
    Array.from({ length: count }, () => meshes.map((mesh) => ({ mesh, type, ...budgetOf(type) }))).flat(),
  );
}

/** A broker of the last mesh: the other one, seen from the console. */
function exampleOf(nodes: readonly ReadyNode[], meshes: readonly string[]): string | undefined {
  return (nodes.find(({ mesh, type }) => mesh === meshes.at(-1) && type === "broker") ?? nodes[0])?.name;
}
