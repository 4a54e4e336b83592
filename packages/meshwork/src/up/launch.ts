/**
 * `mesh up`: starts console and nodes, waits until they have converged, owns them until it is asked to stop or something above
 * it dies. Resolves with the exit code when all of it is gone.
 *
 * Before anything starts: the port is free and the data directory is nobody else's. From the first process on, every way out
 * leads through `supervisor.close()`; a SIGKILL leads through the watchdog.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosStand } from "@meshwork/chaos";
import { createSupervisor, type ReadyNode, type Supervisor, type TelemetryIntake } from "@meshwork/supervisor";
import type { Telemetry } from "@meshwork/telemetry";
import { EXIT } from "../cli/failure.js";
import { budgetOf } from "./budgets.js";
import { openStand } from "./chaos-stand.js";
import { inUrl } from "./console-address.js";
import { removeConsoleFile } from "./console-file.js";
import { awaitConvergence } from "./convergence.js";
import type { LaunchFiles } from "./files.js";
import { launcherTelemetry } from "./launcher-telemetry.js";
import type { UpOptions } from "./options.js";
import { checkPort, choosePort, claimDataDir } from "./preflight.js";
import type { Reporter } from "./reporter.js";
import { showSynthetic } from "./show-synthetic.js";
import { startConsole } from "./start-console.js";
import { awaitStopWish } from "./stop-wish.js";

export interface LaunchInput {
  readonly options: UpOptions;
  readonly files: LaunchFiles;
  readonly reporter: Reporter;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Running {
  supervisor: Supervisor | undefined;
}

/** Above every deadline that the console has for asking the nodes. */
const ASK_TIMEOUT_MS = 15_000;
const TELEMETRY_SHUTDOWN_MS = 250;

export async function launch(input: LaunchInput): Promise<number> {
  const { options, reporter, env } = input;
  const startedAtMs = performance.now();
  await checkPort(options.address.host, options.port);
  claimDataDir(options.dataDir, options.consoleFile);
  const stopWish = awaitStopWish();
  const running: Running = { supervisor: undefined };
  const pidOf = (slot: string) => running.supervisor?.get(slot)?.pid;
  const chaos = options.chaos ? await openStand(options, env, pidOf, (line) => reporter.log(line)) : undefined;
  // After that of the stand's collector, which would else be given the same.
  const port = await choosePort(options.address.host, options.port);
  const intake = { url: `http://${inUrl(options.address.localHost)}:${port}`, token: randomBytes(32).toString("hex") };
  const telemetry = launcherTelemetry(options.meshes, intake);
  let stoppingSinceMs: number | undefined;
  try {
    const supervisor = supervise(input, intake, telemetry, chaos?.stand);
    running.supervisor = supervisor;
    const starting = start({
      ...{ supervisor, input, intake, stand: chaos?.stand, startedAtMs },
      isStopping: () => stoppingSinceMs !== undefined,
    });
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
    await running.supervisor?.close();
    await chaos?.close();
    // The console is gone by now; a collector of the user's may still want the last spans.
    await telemetry.shutdown(TELEMETRY_SHUTDOWN_MS);
    stopWish.remove();
    if (running.supervisor !== undefined) reporter.stopped(performance.now() - stoppingSinceMs);
  }
}

/** With a stand each process is started where that says; in a lab the nodes' way to the console is not the machine's. */
function supervise(
  { options, files, reporter, env }: LaunchInput,
  intake: TelemetryIntake,
  telemetry: Telemetry,
  stand: ChaosStand | undefined,
): Supervisor {
  const consoleHost = stand?.consoleHost();
  const bind = consoleHost === undefined ? options.bind : "0.0.0.0:0";
  const { port } = new URL(intake.url);
  return createSupervisor({
    nodeEntry: options.chaos ? files.chaosNode : files.node,
    watchdogEntry: files.watchdog,
    dataDir: options.dataDir,
    meshes: options.meshes,
    maxNodes: options.maxNodes,
    intake: consoleHost === undefined ? intake : { ...intake, url: `http://${consoleHost.address}:${port}` },
    telemetry,
    env,
    log: (line) => reporter.log(line),
    ...(options.inline ? { inlineEntry: files.inline } : {}),
    ...(bind === undefined ? {} : { bind }),
    ...(stand === undefined ? {} : { placeFor: (slot: string, dataDir: string) => stand.placeFor(slot, dataDir) }),
  });
}

interface Starting {
  readonly supervisor: Supervisor;
  readonly input: LaunchInput;
  readonly intake: TelemetryIntake;
  readonly stand: ChaosStand | undefined;
  readonly startedAtMs: number;
  readonly isStopping: () => boolean;
}

/** Resolves with an exit code where the cluster is to end by itself, with undefined where it runs until it is stopped. */
async function start({ supervisor, input, intake, stand, startedAtMs, isStopping }: Starting) {
  const { options, files, reporter } = input;
  const consoleStart = { options, entry: files.console, intake, stand, reporter, isStopping };
  if (options.synthetic !== undefined) {
    const client = await startConsole(supervisor, consoleStart);
    return showSynthetic(client, options.synthetic, { reporter, token: intake.token, startedAtMs, isStopping });
  }
  const jobs = jobsOf(options);
  reporter.starting(jobs.length, options.meshes.length);
  const client = await startConsole(supervisor, consoleStart);
  const nodes = await Promise.all(jobs.map((job) => supervisor.spawn(job)));
  const outcome = await awaitConvergence({
    expected: nodes.length + 1,
    ask: () => client.call("GET /api/convergence", {}, { timeoutMs: ASK_TIMEOUT_MS }),
    now: () => performance.now(),
    sleep: (ms) => sleep(ms),
    onWaiting: (live, missing) => reporter.waiting(live, missing),
  });
  if (outcome.kind === "timeout") {
    reporter.timeout(outcome.missing);
    return EXIT.timeout;
  }
  reporter.converged(outcome.live, performance.now() - startedAtMs);
  if (options.exitWhenConverged) return EXIT.ok;
  if (options.traffic && !options.readOnly) {
    await client.call("POST /api/demo").catch((error: Error) => reporter.log(`demo traffic: ${error.message}`));
  }
  reporter.tryNext(client.url, intake.token, exampleOf(nodes, options.meshes));
  return undefined;
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
