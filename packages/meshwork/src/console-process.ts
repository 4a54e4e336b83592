/**
 * Entry of the console's process: a node of type `console` that observes the other meshes, and the HTTP side on top of it.
 * Started again with the same port, token and identity when it dies; no node notices.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningConsole, startConsole, supervisorClientOf } from "@meshwork/console";
import { bootNode, type MeshNode, VERSION } from "@meshwork/node";
import { findPortOwner } from "@meshwork/supervisor";
import { connectParent, connectSupervisor, type Link, type SupervisorOperations } from "@meshwork/supervisor/child";
import type { Telemetry } from "@meshwork/telemetry";
import { behave } from "./demo/index.js";
import type { ChaosOperations } from "./process/chaos-processes.js";
import { consoleTelemetry } from "./process/console-telemetry.js";
import { createDemoSwitch, type SwitchOperations, switchMemory } from "./process/demo-switch.js";
import { onEnd, printError } from "./process/ending.js";
import { findMeshes } from "./process/find-meshes.js";
import { DEFAULT_TYPES, parseTypes } from "./up/options.js";
import { readCommandVariable } from "./variables.js";

/** Of the console's own, within the 4 s that a stop may take in all. */
const FLUSH_MS = 500;

let node: MeshNode | undefined;
let running: RunningConsole | undefined;
let chaos: Awaited<ReturnType<typeof chaosOf>>;
let tests: Awaited<ReturnType<typeof testsOf>>;
let telemetry: ReturnType<typeof consoleTelemetry> | undefined;
let closeSynthetic: () => Promise<void> | undefined = () => undefined;
let step: string | undefined;
const parent = connectParent();
const ending = onEnd(async (reason) => {
  await Promise.all([chaos?.close(), tests?.close()]);
  // Last of all the intake: until then the console takes its own spans.
  await node?.close(reason);
  await closeSynthetic();
  await telemetry?.shutdown(FLUSH_MS);
  await running?.close();
});
parent?.onMessage((message) => {
  if (message.kind === "stop") ending.ask(message.reason);
});
// Whoever comes before it serves, or while it ends, comes to nothing.
parent?.onConnection((socket) => (running === undefined ? socket.destroy() : running.accept(socket)));

try {
  const synthetic = await syntheticOf(process.env);
  closeSynthetic = () => synthetic?.close();
  node = await bootNode(
    {},
    {
      ...(synthetic === undefined ? {} : { bindEndpoint: synthetic.bindEndpoint }),
      onStep: (name) => {
        step = `mesh.boot.${name}`;
      },
    },
  );
  behave(node, { traffic: false });
  const link = connectSupervisor<SupervisorOperations & SwitchOperations & ChaosOperations>();
  if (link !== undefined) findMeshes(node, (mesh, count) => link.call("seeds", { mesh, count }));
  telemetry = consoleTelemetry(node, process.env);
  chaos = await chaosOf(link, telemetry);
  tests = await testsOf();
  const maxRate = readCommandVariable(process.env, "MESH_CONSOLE_MAX_RATE");
  const remoteNames = readCommandVariable(process.env, "MESH_CONSOLE_REMOTE_NAMES");
  running = await startConsole({
    node,
    telemetry,
    version: VERSION,
    port: Number(readCommandVariable(process.env, "MESH_CONSOLE_PORT") ?? 0),
    token: readCommandVariable(process.env, "MESH_CONSOLE_TOKEN") ?? "",
    host: readCommandVariable(process.env, "MESH_CONSOLE_HOST") ?? "127.0.0.1",
    ...(remoteNames === undefined ? {} : { allowRemote: { hosts: remoteNames.split(",") } }),
    ...(maxRate === undefined ? {} : { limits: { requestsPerSecond: Number(maxRate) } }),
    readOnly: readCommandVariable(process.env, "MESH_CONSOLE_READ_ONLY") === "1",
    demo: await createDemoSwitch(node, switchMemory(link)),
    portOwner: findPortOwner,
    log: (line) => process.stderr.write(`${line}\n`),
    ...(link === undefined ? {} : { supervisor: supervisorClientOf(link) }),
    ...(synthetic === undefined ? {} : { synthetic: synthetic.view }),
    ...(chaos === undefined ? {} : { chaos }),
    ...(tests === undefined ? {} : { tests }),
    ...pageDirectory(),
    ...jaegerLink(),
  });
  if (!ending.asked) {
    // Ready first: the nodes that are started once it listens find it as their seed.
    await parent?.ready(node);
    await parent?.listening(running.url, running.port);
    await synthetic?.start(node);
  }
} catch (error) {
  printError(error);
  await parent?.failed(error, step);
  process.exit(1);
}

function jaegerLink(): { jaegerUrl?: string } {
  const jaegerUrl = readCommandVariable(process.env, "MESH_JAEGER_URL");
  return jaegerUrl === undefined ? {} : { jaegerUrl };
}

/** Loaded where it is asked for alone: it brings the faults along. */
async function chaosOf(link: Link<SupervisorOperations & ChaosOperations> | undefined, spans: Telemetry) {
  if (link === undefined || readCommandVariable(process.env, "MESH_CONSOLE_CHAOS") !== "1") return undefined;
  const { openChaosDesk } = await import("./process/chaos-desk.js");
  return openChaosDesk(link, spans);
}

/** Where chaos is allowed, tests are: they start clusters of their own, in processes of their own. */
async function testsOf() {
  if (readCommandVariable(process.env, "MESH_CONSOLE_CHAOS") !== "1") return undefined;
  const [{ TestDesk }, { startTestsIn }] = await Promise.all([
    import("@meshwork/chaos"),
    import("./mesh-test/start-tests.js"),
  ]);
  return new TestDesk(startTestsIn(import.meta.url));
}

/** Loaded where it is asked for alone: it brings the simulator along. */
async function syntheticOf(env: NodeJS.ProcessEnv) {
  const nodes = readCommandVariable(env, "MESH_SYNTHETIC_NODES");
  if (nodes === undefined) return undefined;
  const { Synthetic } = await import("./synthetic/synthetic.js");
  return new Synthetic({
    nodes: Number(nodes),
    meshes: [env.MESH_ID ?? "", ...(env.MESH_OBSERVE ?? "").split(",").filter((mesh) => mesh !== "")],
    types: parseTypes(readCommandVariable(env, "MESH_SYNTHETIC_TYPES") ?? DEFAULT_TYPES),
    dataDir: env.MESH_DATA_DIR ?? ".mesh",
  });
}

/** The built page of the dashboard package, wherever it is installed. */
function pageDirectory(): { staticDir?: string } {
  try {
    const staticDir = join(dirname(fileURLToPath(import.meta.resolve("@meshwork/dashboard/package.json"))), "dist");
    return existsSync(staticDir) ? { staticDir } : {};
  } catch {
    return {};
  }
}
