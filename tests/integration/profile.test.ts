/** Profiles of real nodes over the mesh: library to library, and by the command through a console. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type MeshNode, startNode } from "meshwork";
import { afterEach, expect, test } from "vitest";
import { consoleEnv, eventually, mesh, startCluster, temporaryDirectory } from "../support/cluster.js";

const BURNER = join(import.meta.dirname, "..", "support", "burner.mjs");
const stops: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Burner {
  readonly child: ChildProcess;
  readonly name: string;
  readonly seed: string;
}

async function startBurner(options: object = {}, env: Record<string, string> = {}): Promise<Burner> {
  const given = { mesh: "mesh1", type: "burner", dataDir: temporaryDirectory(), ...options };
  const child = spawn(process.execPath, [BURNER, JSON.stringify(given)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  stops.push(() => child.kill("SIGKILL"));
  const [line] = await once(createInterface({ input: child.stdout! }), "line");
  return { child, ...JSON.parse(line) };
}

async function startAsking(seed: string, options: object = {}): Promise<MeshNode> {
  const node = await startNode({
    ...{ mesh: "mesh1", type: "asking", seeds: [seed], dataDir: temporaryDirectory() },
    ...options,
  });
  stops.push(() => node.close());
  return node;
}

const listed = (node: MeshNode, name: string) =>
  eventually(`${node.name} lists ${name}`, 10_000, async () =>
    node.directory.entries().some((entry) => entry.name === name),
  );
const selfTimes = ({ profile }: Awaited<ReturnType<MeshNode["profileOf"]>>) => {
  const hits = new Map<string, number>();
  for (const { callFrame, hitCount } of profile.nodes)
    if (!callFrame.functionName.startsWith("("))
      hits.set(callFrame.functionName, (hits.get(callFrame.functionName) ?? 0) + hitCount);
  return [...hits].sort(([, a], [, b]) => b - a);
};

test("a member profiles another: what burns is on top, with the threads beside it; one at a time", async () => {
  const burner = await startBurner();
  const asking = await startAsking(burner.seed);
  await listed(asking, burner.name);
  const taking = asking.profileOf(burner.name, { durationMs: 1_000 });
  const second = asking.profileOf(burner.name, { durationMs: 1_000 });
  await expect(second).rejects.toMatchObject({ code: "MESH_E_OVERLOADED" });
  const taken = await taking;
  expect(taken).toMatchObject({ node: burner.name, process: { pid: burner.child.pid, shared: false } });
  expect(selfTimes(taken)[0]?.[0]).toBe("burnCyclesHere");
  expect(taken.quiet.cpuMs).toBeGreaterThan(200);
  expect(taken.quiet.connectionsOpened).toBe(0);
  if (process.platform === "linux") {
    const [first] = taken.quiet.threads ?? [];
    expect(first?.role).toBe("main");
    expect(taken.quiet.threads?.some(({ role }) => role === "profiler")).toBe(false);
    expect(taken.sampled.threads?.some(({ role }) => role === "profiler")).toBe(true);
  }
});

test("an observer may profile; a node that has it off lets nobody", async () => {
  const burner = await startBurner();
  const observer = await startAsking(burner.seed, { mesh: "mesh2", observe: ["mesh1"] });
  await listed(observer, burner.name);
  const taken = await observer.profileOf(burner.name, { durationMs: 100 });
  expect(taken.node).toBe(burner.name);
  const closed = await startBurner({ seeds: [burner.seed] }, { MESH_PROFILING: "off" });
  await listed(observer, closed.name);
  await expect(observer.profileOf(closed.name, { durationMs: 100 })).rejects.toMatchObject({
    code: "MESH_E_REFUSED",
    message: expect.stringContaining("MESH_PROFILING"),
  });
});

test("mesh profile: the table, the file and the folded stacks of a node that joined a cluster", async () => {
  const cluster = await startCluster(["--mesh", "mesh1", "--types", "gateway=1", "--no-traffic"]);
  stops.push(() => cluster.stop());
  const env = consoleEnv(cluster);
  const seed = (await mesh(["seed"], env)).stdout.trim();
  const burner = await startBurner({ seeds: seed.split(",") });
  await eventually("the console lists the burner", 10_000, async () => {
    const { nodes } = await cluster.api("/api/nodes");
    return nodes.some((node: any) => node.name === burner.name);
  });
  const folded = await mesh(["profile", burner.name, "--seconds", "1", "--folded"], env);
  expect([folded.code, folded.stderr]).toEqual([0, ""]);
  expect(folded.stdout.split("\n")[0]).toMatch(
    /;busyTick support\/burner\.mjs:\d+;burnCyclesHere support\/burner\.mjs:\d+ \d+$/,
  );
  const again = await mesh(["profile", burner.name, "--seconds", "1"], env);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("MESH_E_OVERLOADED")]);
  const own = await mesh(["profile", "mesh1.console", "--seconds", "0.5", "--json"], env);
  expect(JSON.parse(own.stdout)).toMatchObject({ process: { pid: cluster.consolePid, shared: false } });
  const gateway = await mesh(["profile", "mesh1.gateway", "--seconds", "0.5"], env);
  expect([gateway.code, gateway.stderr]).toEqual([0, ""]);
  expect(gateway.stdout).toMatch(/^profile of mesh1\.gateway\.[0-9a-f]{6} \(pid \d+\)\n/);
  expect(gateway.stdout).toContain("connections opened");
});
