/** The judge's end on a real node in this process: what it is told, what it may ask, and what others do meanwhile. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MeshNode, startNode } from "@meshwork/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { monotonicMs } from "../cluster/agent-protocol.js";
import { AttachedCluster } from "./attached-cluster.js";
import type { Grounds } from "./grounds.js";
import { chaosDirectory } from "./places.js";
import type { Processes, RunningProcess } from "./processes.js";
import { serveSenses } from "./senses-server.js";

const directory = chaosDirectory(process.ppid);
let dataDir: string;
let node: MeshNode;
let listed: RunningProcess[];
let cluster: AttachedCluster | undefined;
const never = () => Promise.reject(new Error("nothing may be harmed"));
const bare: Grounds = {
  ...{ obstacles: {}, lab: undefined, setCollector: never, spawn: never, dismiss: never },
  ...{ settle: never, release: never, twin: never },
};
const processes: Processes = { list: async () => listed, crash: never, restart: never, freeze: never, thaw: never };

beforeEach(async () => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  dataDir = mkdtempSync(join(tmpdir(), "meshwork-attached-"));
  node = await startNode({ mesh: "mesh1", type: "broker", dataDir });
  await serveSenses(node);
  const { id, name, mesh, type } = node;
  listed = [{ slot: "s1", pid: process.pid, state: "ready", mesh, type, id, name, observes: [], shared: false }];
});
afterEach(async () => {
  cluster?.close();
  cluster = undefined;
  await node.close();
  for (const path of [directory, dataDir]) rmSync(path, { recursive: true, force: true });
});

test("the node's own directory is told as it changes; its counters and its messages are there to be asked for", async () => {
  cluster = await AttachedCluster.open(processes, bare, directory);
  const [attached] = cluster.nodes;
  expect(attached?.name).toBe(node.name);
  expect(await cluster.whole(0)).toBeUndefined();
  expect(await attached?.call("stats", {})).toMatchObject({ id: node.id, connectionsOpened: 0 });
  const sinceMs = monotonicMs();
  const otherDir = mkdtempSync(join(tmpdir(), "meshwork-attached-"));
  const other = await startNode({ mesh: "mesh1", type: "compute", dataDir: otherDir, seeds: [node.seed] });
  try {
    const joined = await attached?.until(
      ({ kind, id }) => kind === "joined" && id === other.id,
      sinceMs,
      sinceMs + 10_000,
    );
    expect(joined?.atMs).toBeGreaterThanOrEqual(sinceMs);
    // Who is no process of this cluster is nobody's ghost, and is not sent messages.
    expect(await cluster.whole(0)).toBeUndefined();
    expect(cluster.noteTargets).toEqual([node.id]);
    await other.request(node.id, "chaos.note", "a-1");
    expect(cluster.receivedNotes()).toEqual(["a-1"]);
    await expect(other.request(node.id, "chaos.note", "x".repeat(129))).rejects.toThrow("no room");
    cluster.forget();
    expect([cluster.receivedNotes(), attached?.changes]).toEqual([[], []]);
  } finally {
    await other.close();
    rmSync(otherDir, { recursive: true, force: true });
  }
});

test("whoever is stopped, started or frozen by somebody else is told of, and is of the cluster no more", async () => {
  cluster = await AttachedCluster.open(processes, bare, directory);
  const [process_] = listed;
  listed = [{ ...(process_ as RunningProcess), state: "frozen" }];
  await cluster.whole(0);
  expect(cluster.disturbances()).toEqual([expect.stringContaining(node.name)]);
  expect(cluster.nodes).toEqual([]);
  listed = [process_ as RunningProcess];
  await cluster.whole(0);
  expect(cluster.nodes.map(({ name }) => name)).toEqual([node.name]);
  cluster.forget();
  expect(cluster.disturbances()).toEqual([]);
});

test("what shares its process, or has none, is left alone", async () => {
  const [own] = listed as [RunningProcess];
  listed = [
    { ...own, slot: "s2", shared: true },
    { ...own, slot: "s3", pid: undefined, state: "exited" },
    { ...own, slot: "s4", state: "booting" },
  ];
  cluster = await AttachedCluster.open(processes, bare, directory);
  expect(cluster.nodes).toEqual([]);
});

test("with its senses shut the node tells what it knew before, and answers nothing", async () => {
  cluster = await AttachedCluster.open(processes, bare, directory);
  const [attached] = cluster.nodes;
  await attached?.call("blind", { shut: true });
  await expect(attached?.call("echo", { target: node.id, timeoutMs: 1_000 })).rejects.toThrow("blind");
  expect(await attached?.call("directory", {})).toHaveLength(1);
  cluster.close();
  // A new judge finds them open.
  cluster = await AttachedCluster.open(processes, bare, directory);
  await expect(cluster.nodes[0]?.call("echo", { target: node.id, timeoutMs: 1_000 })).rejects.not.toThrow("blind");
});
