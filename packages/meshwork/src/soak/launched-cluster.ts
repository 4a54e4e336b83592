/**
 * The cluster of a soak: `mesh up` in a process of its own, told what to do through its console as any client would. Kills alone are sent
 * from here, by pid, so that the time of the kill is known to the millisecond.
 *
 * Ended by `close`; and by itself when the process that began it vanishes (the launcher watches those above it).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { probeDirectory, type SoakCluster, type SoakNode } from "@meshwork/chaos";
import { MeshError } from "@meshwork/protocol";
import { ConsoleClient } from "../cli/console-client.js";
import { budgetOf } from "../up/budgets.js";

type LauncherLine =
  | { readonly event: "started"; readonly consolePid: number; readonly url: string; readonly token: string }
  | { readonly event: "node"; readonly name: string; readonly pid: number }
  | { readonly event: "converged" }
  | { readonly event: "timeout"; readonly missing: readonly string[] };

export interface LaunchedClusterOptions {
  /** URL of a module in the directory of the bundles. */
  readonly bundleUrl: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

const SPAWN_TIMEOUT_MS = 60_000;
/** What stops and kills: what the supervisor allows itself, and the console's own deadlines. */
const ACT_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 15_000;

/** Resolves when every node knows every other. Throws MESH_E_NOT_CONVERGED. */
export async function launchCluster(options: LaunchedClusterOptions): Promise<SoakCluster> {
  const launcher = spawn(
    process.execPath,
    [fileURLToPath(new URL("./soak-launcher.js", options.bundleUrl)), options.dataDir],
    // A session of its own: Ctrl+C is for the one who judges, who then ends the launcher.
    { stdio: ["ignore", "pipe", "pipe"], env: options.env as NodeJS.ProcessEnv, detached: true },
  );
  createInterface({ input: launcher.stderr }).on("line", options.log);
  const ended = new Promise<string>((resolve) => {
    launcher.once("error", (error) => resolve(error.message));
    launcher.once("exit", (code, signal) => resolve(`the launcher ended with ${signal ?? `exit code ${code}`}`));
  });
  const abort = () => launcher.kill("SIGTERM");
  options.signal.addEventListener("abort", abort, { once: true });
  try {
    const converged = untilConverged(launcher, options.dataDir);
    const early = ended.then((reason) => Promise.reject(new MeshError("MESH_E_NOT_CONVERGED", reason)));
    const found = await Promise.race([converged, early]);
    early.catch(() => {});
    return new LaunchedCluster(launcher, ended, found);
  } catch (error) {
    launcher.kill("SIGTERM");
    await ended;
    throw error;
  } finally {
    options.signal.removeEventListener("abort", abort);
  }
}

interface Found {
  readonly client: ConsoleClient;
  readonly token: string;
  readonly consolePid: number;
  readonly nodes: readonly SoakNode[];
}

function untilConverged(launcher: ChildProcess, dataDir: string): Promise<Found> {
  const nodes: SoakNode[] = [];
  let started: Extract<LauncherLine, { event: "started" }> | undefined;
  return new Promise((resolve, reject) => {
    createInterface({ input: launcher.stdout as NodeJS.ReadableStream }).on("line", (text) => {
      const line = JSON.parse(text) as LauncherLine;
      if (line.event === "started") started = line;
      else if (line.event === "node") nodes.push(nodeOf(line.name, line.pid));
      else if (line.event === "timeout") reject(new MeshError("MESH_E_NOT_CONVERGED", line.missing.join(", ")));
      else if (started === undefined) reject(new MeshError("MESH_E_NOT_CONVERGED", join(dataDir, "console.json")));
      else
        resolve({
          client: new ConsoleClient({ url: started.url, token: started.token }),
          token: started.token,
          consolePid: started.consolePid,
          nodes: nodes.filter(({ type }) => type !== "console"),
        });
    });
  });
}

function nodeOf(name: string, pid: number): SoakNode {
  const [mesh = "", type = ""] = name.split(".");
  return { name, pid, mesh, type };
}

class LaunchedCluster implements SoakCluster {
  readonly launcherPid: number;
  readonly consolePid: number;
  readonly nodes: readonly SoakNode[];
  readonly ended: Promise<string>;
  readonly #launcher: ChildProcess;
  readonly #client: ConsoleClient;
  readonly #token: string;

  constructor(launcher: ChildProcess, ended: Promise<string>, found: Found) {
    this.launcherPid = launcher.pid as number;
    this.consolePid = found.consolePid;
    this.nodes = found.nodes;
    this.ended = ended;
    this.#launcher = launcher;
    this.#client = found.client;
    this.#token = found.token;
  }

  kill(node: SoakNode): void {
    process.kill(node.pid, "SIGKILL");
  }

  async remove(name: string): Promise<void> {
    await this.#client.call("DELETE /api/nodes/{name}", { path: { name } }, { timeoutMs: ACT_TIMEOUT_MS });
  }

  async restart(name: string): Promise<SoakNode> {
    const path = { name };
    const { pid } = await this.#client.call(
      "POST /api/nodes/{name}/restart",
      { path },
      { timeoutMs: SPAWN_TIMEOUT_MS },
    );
    if (pid === null) throw new MeshError("MESH_E_UNKNOWN_NAME", name);
    return nodeOf(name, pid);
  }

  async spawn(mesh: string, type: string): Promise<SoakNode> {
    const body = { mesh, type, count: 1, ...budgetOf(type) };
    const { spawned } = await this.#client.call("POST /api/nodes", { body }, { timeoutMs: SPAWN_TIMEOUT_MS });
    const node = spawned[0];
    if (node?.name == null || node.pid === null) throw new MeshError("MESH_E_UNKNOWN_NAME", `${mesh}.${type}`);
    return nodeOf(node.name, node.pid);
  }

  async freeze(name: string): Promise<void> {
    await this.#client.call("POST /api/nodes/{name}/freeze", { path: { name } }, { timeoutMs: ACT_TIMEOUT_MS });
  }

  async thaw(name: string): Promise<void> {
    await this.#client.call("POST /api/nodes/{name}/thaw", { path: { name } }, { timeoutMs: ACT_TIMEOUT_MS });
  }

  async consoleSizes(): Promise<Readonly<Record<string, number>>> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const answer = await fetch(`${this.#client.url}/metrics`, { headers, signal: AbortSignal.timeout(ACT_TIMEOUT_MS) });
    const text = await answer.text();
    const lines = text.matchAll(/^meshwork_console_collection_items\{collection="([^"]+)"\} (\d+)/gm);
    return Object.fromEntries([...lines].map(([, name, size]) => [name, Number(size)]));
  }

  async close(): Promise<void> {
    this.#launcher.kill("SIGTERM");
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        // Its watchdog then ends the rest.
        this.#launcher.kill("SIGKILL");
        resolve();
      }, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([this.ended, late]);
    clearTimeout(timer);
    rmSync(probeDirectory(this.launcherPid), { recursive: true, force: true });
  }
}
