/**
 * Starts the console and makes it findable (console.json). Resolves when it serves; from then on each node that is ready is
 * reported, the console's own first.
 */
import type { ChaosStand } from "@meshwork/chaos";
import type { Supervisor, SupervisorEvent, TelemetryIntake } from "@meshwork/supervisor";
import { ConsoleClient } from "../cli/console-client.js";
import type { SwitchOperations } from "../process/demo-switch.js";
import { readCommandVariable } from "../variables.js";
import { chaosKeeper } from "./chaos-keeper.js";
import { writeConsoleFile } from "./console-file.js";
import { openFrontDoor } from "./front-door.js";
import type { UpOptions } from "./options.js";
import type { Reporter } from "./reporter.js";

export interface ConsoleStart {
  readonly options: UpOptions;
  readonly entry: string;
  /** Where it will be, and the token it will ask for. */
  readonly intake: TelemetryIntake;
  /** Of `--chaos`. */
  readonly stand: ChaosStand | undefined;
  readonly reporter: Reporter;
  /** What ends from then on was asked to. */
  readonly isStopping: () => boolean;
}

export async function startConsole(supervisor: Supervisor, start: ConsoleStart): Promise<ConsoleClient> {
  const { options, entry, intake, stand, reporter, isStopping } = start;
  const early: SupervisorEvent[] = [];
  let serving = false;
  const jaegerUrl = readCommandVariable(process.env, "MESH_JAEGER_URL");
  supervisor.on((event) => {
    if (!serving) early.push(event);
    else if (!isStopping()) report(event, reporter);
  });
  const port = Number(new URL(intake.url).port);
  const labAddress = stand?.consoleHost()?.address;
  const remoteNames = [...(options.address.remoteNames ?? []), ...(labAddress === undefined ? [] : [labAddress])];
  const console = await supervisor.startConsole({
    entry,
    mesh: options.meshes[0] as string,
    port,
    token: intake.token,
    // Nobody may ask a console for it that is read-only.
    handlers: {
      ...demoMemory(
        options.readOnly && options.traffic && !options.exitWhenConverged && options.synthetic === undefined,
      ),
      ...(stand === undefined ? {} : chaosKeeper(supervisor, stand, (line) => reporter.log(line))),
    },
    env: {
      MESH_CONSOLE_READ_ONLY: options.readOnly ? "1" : "0",
      MESH_CONSOLE_CHAOS: options.chaos ? "1" : "0",
      MESH_CONSOLE_HOST: labAddress ?? options.address.host,
      MESH_CONSOLE_REMOTE_NAMES: remoteNames.join(","),
      ...(options.maxRate !== undefined && { MESH_CONSOLE_MAX_RATE: String(options.maxRate) }),
      ...(jaegerUrl !== undefined && { MESH_JAEGER_URL: jaegerUrl }),
      ...(options.synthetic !== undefined && {
        MESH_SYNTHETIC_NODES: String(options.synthetic),
        MESH_SYNTHETIC_TYPES: typesText(options.types),
      }),
    },
  });
  if (labAddress !== undefined) await openFrontDoor(options.address, port, (socket) => console.handOver(socket));
  // What it listens on may be every address: here it is called by one.
  const { url } = intake;
  writeConsoleFile(options.consoleFile, { url, token: intake.token, pid: process.pid });
  supervisor.ownFile(options.consoleFile);
  reporter.started({ pid: process.pid, consolePid: console.pid ?? 0, url, token: intake.token });
  serving = true;
  for (const event of early) report(event, reporter);
  return new ConsoleClient({ url, token: intake.token });
}

function typesText(types: ReadonlyMap<string, number>): string {
  return [...types].map(([type, count]) => `${type}=${count}`).join(",");
}

/** Whether the demo's traffic is on outlives the console's process here. */
function demoMemory(initially: boolean) {
  let running = initially;
  return {
    "demo-load": () => ({ running }),
    "demo-store": (params: unknown) => {
      running = (params as Partial<SwitchOperations["demo-store"]["params"]> | null)?.running === true;
      return { running };
    },
  };
}

function report(event: SupervisorEvent, reporter: Reporter): void {
  if (event.kind === "ready" && event.node.restarts === 0) reporter.node(event.node);
  else if (event.kind === "console-ready") reporter.node(event.info);
  else if (event.kind === "console-exited") reporter.log("the console's process ended; it is started again");
  else if (event.kind === "exited" && !event.expected) {
    reporter.log(`${event.node.name ?? event.node.slot} ended by itself`);
  }
}
