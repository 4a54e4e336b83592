/** Who may die, and what then happens: no orphans ever, and a console whose death harms no node. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import {
  type Cluster,
  eventually,
  isRunning,
  MESH_BIN,
  mesh,
  processesOf,
  startCluster,
  temporaryDirectory,
} from "../support/cluster.js";

const SMALL = ["--mesh", "mesh1", "--types", "gateway=1,broker=2"];
let cluster: Cluster | undefined;
const children = new Set<ChildProcess>();

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

test("SIGKILL of mesh up ends every process within 5 s, a frozen node included", async () => {
  cluster = await startCluster(SMALL);
  const pids = processesOf(cluster.dataDir);
  expect(pids.length).toBeGreaterThanOrEqual(5);
  process.kill(cluster.nodes[0]!.pid, "SIGSTOP");
  cluster.child.kill("SIGKILL");
  await eventually("all processes are gone", 5_000, async () => pids.every((pid) => !isRunning(pid)));
});

test("SIGKILL of a process above mesh up ends every process within 5 s", async () => {
  const dataDir = temporaryDirectory();
  // Two parents above the launcher, as npm and its shell are.
  const script = `require("node:child_process").spawn(process.execPath, ${JSON.stringify([
    "-e",
    `require("node:child_process").spawn(process.execPath, ${JSON.stringify([MESH_BIN, "up", "--json", "--port", "0", "--data-dir", dataDir, ...SMALL])}, { stdio: ["ignore", "inherit", "ignore"] })`,
  ])}, { stdio: ["ignore", "inherit", "ignore"] })`;
  const top = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  children.add(top);
  await new Promise<void>((resolve) => {
    createInterface({ input: top.stdout! }).on("line", (line) => {
      if (JSON.parse(line).event === "converged") resolve();
    });
  });
  const pids = processesOf(dataDir).filter((pid) => pid !== top.pid);
  expect(pids.length).toBeGreaterThanOrEqual(6);
  top.kill("SIGKILL");
  await eventually("all processes are gone", 5_000, async () => pids.every((pid) => !isRunning(pid)));
});

test("SIGKILL of the console harms no node: it is back within 5 s on the same port with the same token", async () => {
  cluster = await startCluster(SMALL);
  const before = await cluster.api("/api/nodes");
  process.kill(cluster.consolePid, "SIGKILL");
  await eventually("the console is gone", 2_000, async () => !isRunning(cluster!.consolePid));
  const { nodes } = await eventually("the console is back", 5_000, async () => {
    const answer = await cluster!.api("/api/nodes");
    return answer.nodes.filter((node: any) => node.live).length === before.nodes.length && answer;
  });
  expect(nodes.map((node: any) => node.name).sort()).toEqual(before.nodes.map((node: any) => node.name).sort());
  for (const node of cluster.nodes) {
    if (!node.name.includes(".console.")) expect(isRunning(node.pid), node.name).toBe(true);
  }
});

test("a second SIGINT ends at once; the first stops everything cleanly within 5 s", async () => {
  cluster = await startCluster(SMALL);
  const pids = processesOf(cluster.dataDir);
  const startMs = Date.now();
  cluster.child.kill("SIGINT");
  await cluster.exited;
  expect(Date.now() - startMs).toBeLessThan(5_000);
  expect(pids.filter(isRunning)).toEqual([]);
});

test("a taken port is an error that names the process which has it", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    const result = await mesh(["up", "--port", String(port), "--data-dir", temporaryDirectory(), ...SMALL]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("MESH_E_PORT_TAKEN");
    expect(result.stderr).toContain(String(process.pid));
  } finally {
    server.close();
  }
});

test("a second mesh up in one data directory is refused and the first goes on", async () => {
  cluster = await startCluster(SMALL);
  const second = await mesh(["up", "--port", "0", "--data-dir", cluster.dataDir, ...SMALL]);
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/error MESH_E_/);
  expect((await cluster.api("/api/nodes")).nodes).toHaveLength(4);
});

test("50 respawns leave every collection of a survivor at its baseline, tombstones excepted", async () => {
  cluster = await startCluster([...SMALL, "--no-traffic"]);
  const survivor = cluster.nodes.find((node) => node.name.includes(".gateway."))!.name;
  const sizes = async () => {
    const detail = await eventually("sizes", 5_000, async () => {
      const node = await cluster!.api(`/api/nodes/${survivor}`);
      return node.sizes !== null && node.statsAgeMs < 2_000 && node;
    });
    return detail.sizes as Record<string, number>;
  };
  const baseline = await sizes();
  for (let i = 0; i < 50; i++) {
    const { spawned } = await cluster.api("/api/nodes", {
      method: "POST",
      body: JSON.stringify({ mesh: "mesh1", type: "compute", count: 1 }),
    });
    await cluster.api(`/api/nodes/${spawned[0].name}`, { method: "DELETE" });
  }
  const bounded =
    /tombstone|addresses|knownPeers|verifierKeys|peerData|receivedIds|messageCache|passive|contacts|keepMarks|closing|cachedBytes|provenAhead|departures/i;
  await eventually("sizes return to the baseline", 60_000, async () => {
    const now = await sizes();
    const grown = Object.entries(now).filter(([name, size]) => !bounded.test(name) && size > (baseline[name] ?? 0) + 2);
    if (grown.length > 0) throw new Error(JSON.stringify(grown));
    return true;
  });
  const now = await sizes();
  for (const [name, size] of Object.entries(now)) {
    // What may keep a memory of the departed has a bound, and none holds one entry per respawn for connections or streams.
    if (/connection|stream|hold|timer|listener|pending|running|peers$/i.test(name) && !bounded.test(name)) {
      expect(size, name).toBeLessThanOrEqual((baseline[name] ?? 0) + 4);
    }
  }
}, 240_000);

test("mesh up ends on SIGTERM of its parent script too (the bootstrap forwards it)", async () => {
  const dataDir = temporaryDirectory();
  const root = join(import.meta.dirname, "..", "..");
  const child = spawn(
    process.execPath,
    [join(root, "scripts", "bootstrap.mjs"), "start", "--json", "--port", "0", "--data-dir", dataDir, ...SMALL],
    { cwd: root, stdio: ["ignore", "pipe", "ignore"] },
  );
  children.add(child);
  await new Promise<void>((resolve) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (line.startsWith("{") && JSON.parse(line).event === "converged") resolve();
    });
  });
  const pids = processesOf(dataDir);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
  await eventually("no process is left", 5_000, async () => pids.every((pid) => !isRunning(pid)));
});
