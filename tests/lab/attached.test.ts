/** A cluster that runs in a lab (`mesh up --chaos --lab`): faults of hosts and links by its console's API, and that nothing of it stays. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ChaosFaultList, ChaosRun, ClusterSummary, EventList, NodeList } from "@meshwork/console/api-types";
import { type Abilities, FAULTS, probeAbilities, readLedgers } from "meshwork/chaos";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Cluster, eventually, isRunning, MESH_BIN, mesh, processesOf, startCluster } from "../support/cluster.js";

const abilities: Abilities = probeAbilities();
const missing = [abilities.namespaces, abilities.cuts].find(({ ok }) => !ok);
const SHAPE = ["--chaos", "--lab", "--mesh", "mesh1", "--mesh", "mesh2", "--types", "gateway=1,broker=3"];
const LIVE = 9;

let cluster: Cluster;
beforeAll(async () => {
  if (missing === undefined) cluster = await startCluster(SHAPE);
}, 120_000);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing.detail);
});
afterAll(() => cluster?.stop());

const labOf = ({ pid }: Cluster) => {
  const lab = readLedgers().find(({ owner }) => owner?.pid === pid);
  if (lab === undefined) throw new Error("the cluster has no lab");
  return lab;
};
const ip = (...args: string[]) => execFileSync("ip", args, { encoding: "utf8" });
const namespacesOf = (id: string) =>
  ip("netns", "list")
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((name) => name.startsWith(`mwl${id}`));
const netOf = (pid: number) => readlinkSync(`/proc/${pid}/ns/net`);
const hubRules = (id: string) => ip("netns", "exec", `mwl${id}hub`, "nft", "list", "table", "bridge", "lab");
/** Pairs of addresses that the hub keeps apart. */
const cuts = (id: string) => [...hubRules(id).matchAll(/10\.77\.\d+\.\d+ \. 10\.77\.\d+\.\d+/g)].map(([pair]) => pair);
const addresses = (namespace: string) =>
  [...ip("-n", namespace, "-4", "addr", "show", "dev", "eth0").matchAll(/inet ([\d.]+)/g)].map(([, found]) => found);

const start = (order: object) =>
  cluster.api<ChaosRun>("/api/chaos/runs", { method: "POST", body: JSON.stringify(order) });
const until = (id: number, what: string, holds: (run: ChaosRun) => boolean): Promise<ChaosRun> =>
  eventually(what, 100_000, async () => {
    const run = await cluster.api<ChaosRun>(`/api/chaos/runs/${id}`);
    return holds(run) ? run : undefined;
  });
const isOver = ({ tookMs }: ChaosRun) => tookMs !== null;
const nodes = async () => (await cluster.api<NodeList>("/api/nodes")).nodes.filter(({ live }) => live);
const requests = async (route: string) =>
  Number(
    new RegExp(`http_requests_total\\{method="POST",route="${route}",status="200"\\} (\\d+)`).exec(
      await (await fetch(`${cluster.url}/metrics`, { headers: { authorization: `Bearer ${cluster.token}` } })).text(),
    )?.[1] ?? 0,
  );

test("each process has a network of its own, the console is where it always was, and telemetry finds it", async () => {
  const pids = [cluster.consolePid, ...cluster.nodes.flatMap(({ pid }) => (pid === cluster.consolePid ? [] : [pid]))];
  const networks = new Set(pids.map(netOf));
  expect(networks.size).toBe(LIVE);
  expect(networks).not.toContain(netOf(process.pid));
  expect(cluster.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect(await (await fetch(cluster.url)).text()).toContain("<!doctype html>");
  await eventually("spans come by HTTP", 20_000, async () => (await requests("/v1/traces")) > 0);
  const { faults } = await cluster.api<ChaosFaultList>("/api/chaos/faults");
  const expected = FAULTS.filter(({ needs }) => needs.every((need) => abilities[need].ok)).map(({ name }) => name);
  expect(expected.length).toBeGreaterThan(FAULTS.filter(({ needs }) => needs.length === 0).length);
  expect(faults.filter(({ obstacle }) => obstacle === null).map(({ name }) => name)).toEqual(expected);
});

for (const action of ["slow-link", "partition-pair", "nat-shift"])
  test(`${action}: passes by the survivors' words, and is undone`, async ({ skip }) => {
    if (action === "slow-link" && !abilities.delay.ok) skip(abilities.delay.detail);
    const { id } = labOf(cluster);
    const before = new Map(namespacesOf(id).map((name) => [name, name.endsWith("hub") ? [] : addresses(name)]));
    const begun = await start({ specs: [{ action, durationMs: 1_000 }], seed: 7 });
    const { verdicts } = await until(begun.id, "it is over", isOver);
    expect(verdicts[0]?.reasons).toEqual([]);
    expect(verdicts[0]).toMatchObject({ fault: action, outcome: "passed", reverted: true });
    expect(verdicts[0]?.witnesses.length).toBeGreaterThanOrEqual(3);
    expect(cuts(id)).toEqual([]);
    for (const [name, own] of before) {
      if (name.endsWith("hub")) continue;
      expect(addresses(name)).toEqual(own);
      expect(ip("-n", name, "route", "show")).not.toContain("detour");
    }
  });

test("with the nodes' senses shut a fault of links does not pass", async () => {
  const { verdicts } = await start({ specs: [{ action: "partition-pair", durationMs: 0 }], seed: 7, blind: true }).then(
    ({ id }) => until(id, "it is over", isOver),
  );
  expect(verdicts[0]).toMatchObject({ outcome: "failed", reverted: true });
  expect(verdicts[0]?.reasons[0]).toMatch(/^not known within 10 s to /);
});

test("disk-full: the node comes back from the full disk under its name, and at its next start is at home again", async ({
  skip,
}) => {
  if (!abilities.filesystem.ok) skip(abilities.filesystem.detail);
  const target = (await nodes()).find(({ type, mesh: of }) => type === "broker" && of === "mesh2")!;
  const begun = await start({ specs: [{ action: "disk-full", selector: target.name!, durationMs: 0 }] });
  const { verdicts } = await until(begun.id, "it is over", isOver);
  expect(verdicts[0]?.reasons).toEqual([]);
  // The page's list may name the process before for a moment: it is gone then.
  const homeOf = async () => {
    const pid = (await nodes()).find(({ name }) => name === target.name)?.process?.pid;
    if (pid === undefined || !existsSync(`/proc/${pid}/environ`)) return "";
    return /MESH_DATA_DIR=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8"))?.[1] ?? "";
  };
  const small = `/mwl${labOf(cluster).id}/disk-`;
  await eventually("it is on the small disk", 10_000, async () => (await homeOf()).includes(small));
  await cluster.api(`/api/nodes/${target.name}/restart`, { method: "POST", body: "{}" });
  await eventually("it is at home", 20_000, async () => (await homeOf()).startsWith(join(cluster.dataDir, "nodes")));
});

test("a console that dies in the midst leaves no link cut: the launcher mends them, and the next console tells so", async () => {
  const { id } = labOf(cluster);
  const begun = await start({
    specs: [{ action: "partition-subset", selector: "mesh2", durationMs: 600_000 }],
    seed: 3,
  });
  const { current } = await until(begun.id, "it acts", ({ current }) => current?.phase === "watching");
  expect(cuts(id).length).toBeGreaterThan(0);
  process.kill((await cluster.api<ClusterSummary>("/api/cluster")).console.pid, "SIGKILL");
  await eventually("the links are mended", 20_000, async () => cuts(id).length === 0);
  const told: EventList = await eventually("the next console tells of it", 20_000, async () => {
    const list = await cluster.api<EventList>("/api/events?limit=500");
    return list.events.filter(({ kind }) => kind === "chaos.reverted").length >= 3 && list;
  });
  const names = told.events.filter(({ kind }) => kind === "chaos.reverted").map(({ node }) => node);
  expect(names.sort()).toEqual([...(current?.targets ?? [])].sort());
  await eventually("all are whole again", 60_000, async () => {
    const { live } = await cluster.api<ClusterSummary>("/api/cluster");
    return live === LIVE && (await cluster.api("/api/convergence")).converged;
  });
});

test("no end of chaos on the machine ends the cluster; its own end leaves nothing", async () => {
  const { id, directories } = labOf(cluster);
  const stop = await mesh(["chaos", "stop", "--json"]);
  expect(JSON.parse(stop.stdout).stopped).not.toContain(cluster.pid);
  expect(isRunning(cluster.pid)).toBe(true);
  expect(namespacesOf(id).length).toBeGreaterThan(LIVE);
  await cluster.stop();
  expect(namespacesOf(id)).toEqual([]);
  expect(readLedgers().filter((ledger) => ledger.id === id)).toEqual([]);
  expect(directories.filter((path) => existsSync(path))).toEqual([]);
  expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(`mwl${id}`);
});

test("a launcher that is killed takes its processes along, the frozen too; the lab is removed by its name", async () => {
  const other = await startCluster(["--chaos", "--lab", "--mesh", "mesh1", "--types", "broker=3"]);
  const { id } = labOf(other);
  const [frozen] = other.nodes.filter(({ pid }) => pid !== other.consolePid);
  process.kill(frozen!.pid, "SIGSTOP");
  const processes = processesOf(other.dataDir).filter((pid) => pid !== other.pid);
  expect(processes.length).toBeGreaterThanOrEqual(4);
  process.kill(other.pid, "SIGKILL");
  await eventually("all have ended", 10_000, async () => processes.every((pid) => !isRunning(pid)));
  expect(namespacesOf(id).length).toBeGreaterThan(0);
  const down = await mesh(["lab", "down", id]);
  expect(down.code).toBe(0);
  expect(namespacesOf(id)).toEqual([]);
  await other.stop();
});

test("where there is no root it says what is missing, and starts nothing", async () => {
  const uid = 65_534;
  const said = await new Promise<string>((resolve) => {
    try {
      execFileSync(process.execPath, [MESH_BIN, "up", "--chaos", "--lab", "--port", "0"], {
        ...{ uid, gid: uid, cwd: "/tmp", encoding: "utf8", stdio: "pipe" },
        env: { PATH: process.env.PATH, HOME: "/tmp", NO_COLOR: "1" },
      });
      resolve("");
    } catch (error) {
      resolve(String((error as { stderr?: string }).stderr));
    }
  });
  expect(said).toContain("MESH_E_LAB_UNABLE");
  expect(said).toContain("it needs root");
});
