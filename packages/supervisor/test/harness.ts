/** What the tests share: builds fixtures and the watchdog from source, makes data directories, waits for conditions. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { readProcess } from "../src/process-identity.js";
import type { SupervisorEvent, SupervisorOptions } from "../src/types.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface Workbench {
  readonly dir: string;
  readonly options: SupervisorOptions & { inlineEntry: string; watchdogEntry: string };
  readonly consoleEntry: string;
  readonly launcherEntry: string;
  dataDir(): string;
  close(): void;
}

/** Fixtures are TypeScript and Node 20 runs none, so they are bundled; the sources under test are in the bundle. */
export function createWorkbench(): Workbench {
  const dir = mkdtempSync(join(tmpdir(), "meshwork-supervisor-"));
  buildSync({
    entryPoints: {
      node: here("fixtures/fake-node.ts"),
      inline: here("fixtures/fake-inline-host.ts"),
      console: here("fixtures/fake-console.ts"),
      launcher: here("fixtures/launcher.ts"),
      watchdog: here("../src/watchdog-process.ts"),
    },
    outdir: dir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  let dirs = 0;
  return {
    dir,
    options: {
      nodeEntry: join(dir, "node.mjs"),
      inlineEntry: join(dir, "inline.mjs"),
      watchdogEntry: join(dir, "watchdog.mjs"),
      dataDir: join(dir, "data"),
      meshes: ["mesh1", "mesh2"],
    },
    consoleEntry: join(dir, "console.mjs"),
    launcherEntry: join(dir, "launcher.mjs"),
    dataDir: () => join(dir, `data-${++dirs}`),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export const isRunning = (pid: number): boolean => readProcess(pid)?.alive === true;

/** Polls, for what has no event in this process. Resolves to how long it took. */
export async function until(condition: () => boolean, boundMs: number, what: string): Promise<number> {
  const startedAt = performance.now();
  while (!condition()) {
    if (performance.now() - startedAt > boundMs) throw new Error(`after ${boundMs} ms still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - startedAt;
}

export function nextEvent<K extends SupervisorEvent["kind"]>(
  supervisor: { on(listener: (event: SupervisorEvent) => void): () => void },
  kind: K,
): Promise<Extract<SupervisorEvent, { kind: K }>> {
  return new Promise((resolve) => {
    const off = supervisor.on((event) => {
      if (event.kind !== kind) return;
      off();
      resolve(event as Extract<SupervisorEvent, { kind: K }>);
    });
  });
}

export interface LauncherReport {
  readonly launcherPid: number;
  readonly watchdogPid: number;
  readonly consolePid: number;
  readonly nodePids: readonly number[];
  readonly frozenPid: number;
  readonly nodesDir: string;
  readonly consoleFile: string;
}

/** Runs a command that ends up in the launcher fixture, and waits for its one line of JSON. */
export async function runLauncher(command: string, args: readonly string[]): Promise<[ChildProcess, LauncherReport]> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) return [child, JSON.parse(line) as LauncherReport];
  throw new Error("the launcher ended without a report");
}
