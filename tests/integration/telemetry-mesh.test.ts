/** Nodes that cannot reach the console's HTTP port: their traces come over the mesh, whichever mesh they are in. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import {
  type Cluster,
  consoleEnv,
  eventually,
  MESH_BIN,
  mesh,
  startCluster,
  temporaryDirectory,
} from "../support/cluster.js";

let cluster: Cluster | undefined;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await cluster?.stop();
  cluster = undefined;
});

/** Listens and answers nothing, as a port behind a firewall. */
async function silentPort(): Promise<{ url: string; connections: () => number; close: () => void }> {
  let connections = 0;
  const server = createServer(() => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, connections: () => connections, close: () => server.close() };
}

async function startNode(meshName: string, type: string, env: Record<string, string>): Promise<void> {
  const { stdout } = await mesh(["seed", "--mesh", meshName], consoleEnv(cluster!));
  const args = [MESH_BIN, "node", "--mesh", meshName, "--type", type, "--seed", stdout.trim()];
  const child = spawn(process.execPath, [...args, "--data-dir", temporaryDirectory()], {
    stdio: "ignore",
    env: { ...process.env, ...env },
  });
  children.push(child);
}

async function bootSteps(type: string): Promise<string[]> {
  const node = await eventually(`${type} is listed`, 15_000, async () => {
    const { nodes } = await cluster!.api("/api/nodes");
    return nodes.find((row: any) => row.type === type && row.name !== null);
  });
  const boot = await eventually(`the boot trace of ${node.name}`, 40_000, () => cluster!.api(`/api/boot/${node.name}`));
  expect(boot.state).toBe("ready");
  return boot.steps.map(({ name }: { name: string }) => name);
}

const STEPS = ["identity_minted", "endpoint_created", "alpn_registered", "gossip_started", "accept_loop_started"].map(
  (step) => `mesh.boot.${step}`,
);

test("a node whose HTTP endpoint is dead or silent still gets its boot trace into the console's store", async () => {
  cluster = await startCluster(["--types", "gateway=1,broker=2", "--no-traffic"]);
  const silent = await silentPort();
  try {
    await startNode("mesh1", "walled", { MESH_TELEMETRY_URL: silent.url, MESH_TELEMETRY_TOKEN: "x" });
    // The other mesh's nodes have the console in no directory of theirs.
    await startNode("mesh2", "beyond", { MESH_TELEMETRY_URL: "http://127.0.0.1:9", MESH_TELEMETRY_TOKEN: "x" });
    await startNode("mesh2", "without", { MESH_TELEMETRY_MESH: "always" });
    for (const type of ["walled", "beyond", "without"]) expect(await bootSteps(type)).toEqual(STEPS);
    expect(silent.connections()).toBeGreaterThan(0);
    const { store } = await cluster.api("/api/traces?limit=1");
    expect(store.rejectedSpans ?? 0).toBe(0);
    const text = await fetch(`${cluster.url}/metrics`, { headers: { authorization: `Bearer ${cluster.token}` } });
    const count = /meshwork_console_intake_requests_total\{result="tracesOverMesh"\} (\d+)/.exec(await text.text());
    expect(Number(count?.[1])).toBeGreaterThanOrEqual(3);
  } finally {
    silent.close();
  }
}, 90_000);

test("switched off, nothing of it goes over the mesh", async () => {
  cluster = await startCluster(["--mesh", "mesh1", "--types", "gateway=1", "--no-traffic"]);
  await startNode("mesh1", "quiet", {
    ...{ MESH_TELEMETRY_URL: "http://127.0.0.1:9", MESH_TELEMETRY_TOKEN: "x" },
    MESH_TELEMETRY_MESH: "off",
  });
  const node = await eventually("quiet has lost its spans", 30_000, async () => {
    const { nodes } = await cluster!.api("/api/nodes");
    return nodes.find((row: any) => row.type === "quiet" && row.telemetryDropped > 0);
  });
  expect(node.telemetryDropped).toBeGreaterThan(5);
  await expect(cluster.api(`/api/boot/${node.name}`)).rejects.toThrow();
}, 60_000);
