/** A node that somebody starts in a second terminal. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import {
  type Cluster,
  consoleEnv,
  eventually,
  isRunning,
  MESH_BIN,
  mesh,
  startCluster,
  temporaryDirectory,
} from "../support/cluster.js";

let cluster: Cluster | undefined;
let joined: ChildProcess | undefined;

afterEach(async () => {
  joined?.kill("SIGKILL");
  joined = undefined;
  await cluster?.stop();
  cluster = undefined;
});

test("mesh node joins by a seed, is shown within 2 s, can be sent to, and outlives the launcher", async () => {
  cluster = await startCluster(["--mesh", "mesh1", "--types", "gateway=1,broker=2", "--no-traffic"]);
  const seed = (await mesh(["seed", "--mesh", "mesh1"], consoleEnv(cluster))).stdout.trim();
  joined = spawn(
    process.execPath,
    [
      MESH_BIN,
      "node",
      "--mesh",
      "mesh1",
      "--type",
      "broker",
      "--seed",
      seed,
      "--data-dir",
      temporaryDirectory(),
      "--json",
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...consoleEnv(cluster) } },
  );
  const ready = await new Promise<any>((resolve) => {
    createInterface({ input: joined!.stdout! }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.name) resolve(event);
    });
  });
  const startMs = Date.now();
  await eventually("the node is on the page", 2_000, async () => {
    const { nodes } = await cluster!.api("/api/nodes");
    return nodes.some((node: any) => node.name === ready.name && node.live);
  });
  expect(Date.now() - startMs).toBeLessThan(2_000);
  const sent = await mesh(["send", ready.name, "produce", "--data", "to the newcomer", "--json"], consoleEnv(cluster));
  expect(sent.stderr).toBe("");
  expect(JSON.parse(sent.stdout).roundTripMs).toBeGreaterThan(0);

  await cluster.stop();
  expect(isRunning(joined.pid!)).toBe(true);
  const exited = new Promise<number | null>((resolve) => joined!.once("exit", resolve));
  joined.kill("SIGTERM");
  expect(await exited).toBe(0);
});

test("1,000 messages count as exactly 1,000 at both ends", async () => {
  cluster = await startCluster(["--mesh", "mesh1", "--types", "gateway=1,broker=2", "--no-traffic"]);
  const { startNode } = await import("meshwork");
  const [first, second] = cluster.nodes.filter((node) => node.name.includes(".broker."));
  expect(first && second).toBeTruthy();
  const seed = (await mesh(["seed"], consoleEnv(cluster))).stdout.trim();
  const node = await startNode({
    mesh: "mesh1",
    type: "sender",
    seeds: seed.split(","),
    dataDir: temporaryDirectory(),
  });
  try {
    await eventually("the sender knows its target", 5_000, async () =>
      node.directory.entries().some((entry) => entry.name === first!.name),
    );
    for (let i = 0; i < 1_000; i++) await node.send(first!.name, "note", `message ${i}`);
    await eventually("1,000 are shown", 5_000, async () => {
      const { nodes } = await cluster!.api("/api/nodes");
      const frames = (name: string) => nodes.find((entry: any) => entry.name === name)?.frames?.message;
      return frames(node.name)?.sent === 1_000 && frames(first!.name)?.received === 1_000;
    });
  } finally {
    await node.close();
  }
});

test("without traffic the service graph has no edge", async () => {
  cluster = await startCluster([
    "--mesh",
    "mesh1",
    "--mesh",
    "mesh2",
    "--types",
    "gateway=1,broker=1,compute=1,registry=1",
    "--no-traffic",
  ]);
  await cluster.api(`/api/directory?as=${cluster.nodes[0]!.name}`);
  expect((await cluster.api("/api/services")).edges).toEqual([]);
});

test("inline: all nodes share one process, whose figures are shown once", async () => {
  cluster = await startCluster(["--inline", "--no-traffic"]);
  expect(cluster.converged.live).toBe(19);
  const nodes = cluster.nodes.filter((node) => !node.name.includes(".console."));
  expect(new Set(nodes.map((node) => node.pid)).size).toBe(1);
  const listed = await eventually("figures", 10_000, async () => {
    const { nodes } = await cluster!.api("/api/nodes");
    return nodes.every((node: any) => node.frames !== null) && nodes;
  });
  for (const node of listed.filter((entry: any) => entry.type !== "console")) {
    expect(node.cpuUsedCores, node.name).toBeNull();
    expect(node.ramUsedBytes, node.name).toBeNull();
    expect(node.process).toMatchObject({ shared: true });
  }
});
