/** `mesh chaos … --attach`: faults on a cluster that runs, by the API of its console, which was started for it (`mesh up --chaos`). */
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ChaosSpec, planOf, type Verdict } from "@meshwork/chaos";
import type { ChaosSpec as ApiSpec, ChaosRun, ChaosVerdict } from "@meshwork/console/api-types";
import { MeshError } from "@meshwork/protocol";
import { readConsoleFile } from "../../up/console-file.js";
import { type CommandContext, printJson } from "../command.js";
import { type ConsoleClient, connectConsole, DEFAULT_DATA_DIR } from "../console-client.js";
import { describeFailure, EXIT, ReportedError } from "../failure.js";
import { duration } from "../format.js";
import { Progress } from "../progress.js";
import { table } from "../table.js";
import { finishChaos, printVerdict, type ReportFlags } from "./chaos-report.js";

export interface AttachFlags {
  readonly attach?: string;
  readonly token?: string;
}

export interface AttachedRunFlags extends ReportFlags {
  readonly seed?: number;
  readonly blind?: boolean;
}

const POLL_MS = 400;
/** A console that died is back within 5 s; what it did is undone then, but its run is gone. */
const CONSOLE_BACK_MS = 8_000;
/** Until a node that was killed is started again. */
const STOP_TIMEOUT_MS = 60_000;

/** By URL or data directory. A URL without a token is that of the console in the default data directory, if it is one. */
export function attachedClient({ io }: CommandContext, { attach = "", token }: AttachFlags): ConsoleClient {
  const given = token === undefined ? {} : { token };
  if (!/^https?:/.test(attach)) return connectConsole(io, { dataDir: attach, ...given });
  const { origin } = new URL(attach);
  const file =
    token === undefined ? readConsoleFile(join(resolve(io.cwd, DEFAULT_DATA_DIR), "console.json")) : undefined;
  const known = file?.url === origin && io.env.MESH_CONSOLE_TOKEN === undefined ? { token: file.token } : given;
  return connectConsole(io, { url: attach, ...known });
}

export async function listAttached(context: CommandContext, client: ConsoleClient, json: boolean): Promise<void> {
  const { faults } = await client.call("GET /api/chaos/faults");
  if (json) {
    printJson(context, { faults });
    return;
  }
  context.io.out(
    table(
      [
        { title: "fault", cell: ({ name }) => name },
        { title: "there", cell: ({ obstacle }) => (obstacle === null ? "yes" : "no") },
        { title: "within", cell: ({ withinMs }) => duration(withinMs) },
        { title: "every other node must come to know", cell: ({ expects, obstacle }) => obstacle ?? expects },
      ],
      faults,
      context.io.columns,
    ),
  );
}

/** Ends it, and undoes what is on, when interrupted. Throws MESH_E_BAD_OPTION, MESH_E_NO_SUCH_FAULT before anything is asked for. */
export async function runAttached(
  context: CommandContext,
  client: ConsoleClient,
  specs: readonly ChaosSpec[],
  flags: AttachedRunFlags,
): Promise<void> {
  const body = {
    specs: specs.map(planOf).map(orderOf),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.blind === undefined ? {} : { blind: flags.blind }),
  };
  const signal = context.io.untilInterrupted();
  const startedAt = new Date();
  const begun = await client.call("POST /api/chaos/runs", { body });
  const nodes = (await client.call("GET /api/cluster")).live;
  const run = await follow(context, client, begun, flags.json === true, signal);
  if (run.error !== null) throw new ReportedError(run.error.code, run.error.message, "");
  const report = { seed: run.seed, nodes, verdicts: run.verdicts.map(verdictOf), left: [] };
  finishChaos(context, report, flags, startedAt, run.state === "stopped");
}

function orderOf({ fault, target, forMs, everyMs, rounds }: ReturnType<typeof planOf>): ApiSpec {
  return {
    ...{ action: fault.name, durationMs: forMs },
    ...(target === undefined ? {} : { selector: target }),
    ...(rounds === 1 ? {} : { schedule: { everyMs, rounds } }),
  };
}

async function follow(
  context: CommandContext,
  client: ConsoleClient,
  begun: ChaosRun,
  json: boolean,
  signal: AbortSignal,
): Promise<ChaosRun> {
  const progress = new Progress(context.io);
  const path = { id: begun.id };
  let told = 0;
  for (let run = begun; ; run = await readRun(client, begun.id, signal)) {
    if (signal.aborted)
      run = await client.call("DELETE /api/chaos/runs/{id}", { path }, { timeoutMs: STOP_TIMEOUT_MS });
    progress.clear();
    for (const verdict of run.verdicts.slice(told)) printVerdict(context, verdictOf(verdict), json);
    told = run.verdicts.length;
    if (run.state !== "running" && run.state !== "stopping") return run;
    if (run.current !== null) progress.update(progressText(run.current));
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

async function readRun(client: ConsoleClient, id: number, signal: AbortSignal): Promise<ChaosRun> {
  const deadlineMs = performance.now() + CONSOLE_BACK_MS;
  for (;;) {
    try {
      return await client.call("GET /api/chaos/runs/{id}", { path: { id } });
    } catch (error) {
      const { code } = describeFailure(error);
      if (code === "MESH_E_NO_SUCH_RUN")
        throw new MeshError("MESH_E_NO_CONSOLE", "it was started again meanwhile; what was on is undone", {
          cause: error,
        });
      if (code !== "MESH_E_NO_CONSOLE" || performance.now() > deadlineMs || signal.aborted) throw error;
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function progressText({ fault, phase, targets, known, witnesses }: NonNullable<ChaosRun["current"]>): string {
  const at = targets.length === 0 ? "" : ` at ${targets.join(", ")}`;
  return `${fault}${at}: ${phase}${witnesses > 0 ? `, known to ${known.length} of ${witnesses}` : ""}`;
}

/** What is not known is null in the API, and absent in a report. */
function verdictOf(verdict: ChaosVerdict): Verdict {
  const { withinMs, waitedMs, reverted, notes, tookMs, loadPerCore, ...rest } = verdict;
  return {
    ...rest,
    ...(withinMs === null ? {} : { withinMs }),
    ...(waitedMs === null ? {} : { waitedMs }),
    ...(reverted === null ? {} : { reverted }),
    ...(notes === null ? {} : { notes }),
    ...(tookMs === null ? {} : { tookMs }),
    ...(loadPerCore === null ? {} : { loadPerCore }),
  };
}

export async function stopAttached(context: CommandContext, client: ConsoleClient, json: boolean): Promise<void> {
  const { runs } = await client.call("GET /api/chaos/runs");
  const open = runs.filter(({ tookMs }) => tookMs === null).map(({ id }) => id);
  for (const id of open)
    await client.call("DELETE /api/chaos/runs/{id}", { path: { id } }, { timeoutMs: STOP_TIMEOUT_MS });
  if (json) printJson(context, { stopped: open, left: [] });
  else context.io.out(`stopped ${open.length}\n`);
  context.setExitCode(EXIT.ok);
}
