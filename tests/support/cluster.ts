/**
 * A real cluster for integration tests: `mesh up --json` on a free port and in a directory of its own, so that the tests pass
 * beside a running `npm start`. Everything is awaited through its events or its API; nothing sleeps for luck.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const MESH_BIN = join(import.meta.dirname, "..", "..", "packages", "meshwork", "bin", "mesh.js");

export interface NodeEvent {
  readonly event: "node";
  readonly name: string;
  readonly pid: number;
  readonly bootMs: number;
}

export interface Cluster {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly dataDir: string;
  readonly url: string;
  readonly token: string;
  readonly consolePid: number;
  readonly nodes: readonly NodeEvent[];
  readonly converged: { readonly live: number; readonly elapsedMs: number };
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  api<T = any>(path: string, init?: RequestInit): Promise<T>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "meshwork-test-"));
}

export async function startCluster(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Cluster> {
  const dataDir = temporaryDirectory();
  const child = spawn(process.execPath, [MESH_BIN, "up", "--json", "--port", "0", "--data-dir", dataDir, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  running.add(child);
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors = (errors + chunk).slice(-8_000);
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once("exit", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    }),
  );
  const nodes: NodeEvent[] = [];
  let started: { url: string; token: string; consolePid: number } | undefined;
  const converged = await new Promise<{ live: number; elapsedMs: number }>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.event === "started") started = event;
      else if (event.event === "node") nodes.push(event);
      else if (event.event === "converged") resolve(event);
      else if (event.event === "timeout") reject(new Error(`not converged: ${line}\n${errors}`));
    });
    void exited.then((end) => reject(new Error(`mesh up ended: ${JSON.stringify(end)}\n${errors}`)));
  });
  const { url, token, consolePid } = started!;
  return {
    child,
    pid: child.pid!,
    dataDir,
    url,
    token,
    consolePid,
    nodes,
    converged,
    exited,
    async api(path, init = {}) {
      const response = await fetch(new URL(path, url), {
        ...init,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...init.headers },
      });
      const body = (await response.json()) as any;
      if (!response.ok) throw Object.assign(new Error(`${path}: ${body.code} ${body.message}`), { code: body.code });
      return body;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exited;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Polls until `check` gives something, or fails with what it saw last. */
export async function eventually(what: string, timeoutMs: number, check: () => Promise<any>): Promise<any> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms (last: ${String(last)})`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

/** Pids of all processes whose command line or environment names this data directory. */
export function processesOf(dataDir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8");
        return text.includes(dataDir) && isRunning(pid);
      } catch {
        return false;
      }
    });
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `mesh` to its end. */
export function mesh(args: readonly string[], env: Record<string, string> = {}, cwd?: string): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MESH_BIN, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    running.add(child);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
}

export function consoleEnv(cluster: Cluster): Record<string, string> {
  return { MESH_CONSOLE_URL: cluster.url, MESH_CONSOLE_TOKEN: cluster.token };
}
