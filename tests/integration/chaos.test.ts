/** Chaos on a running cluster, by its console's API and by `mesh chaos … --attach`: judged by what the survivors' own directories say. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  ChaosRun,
  ChaosRunList,
  ClusterSummary,
  EventList,
  NodeList,
  TraceList,
} from "@meshwork/console/api-types";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Cluster, consoleEnv, eventually, isRunning, mesh, startCluster } from "../support/cluster.js";

const SHAPE = ["--mesh", "mesh1", "--mesh", "mesh2", "--types", "gateway=1,broker=3,compute=1"];
/** Members of the target's mesh but itself, and the other mesh's gateway. */
const SURVIVORS = 5;

let cluster: Cluster;
let out: string;
const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "meshwork-chaos-out-"));
  cluster = await startCluster(["--chaos", ...SHAPE]);
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(out, { recursive: true, force: true });
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const nodes = async () => (await cluster.api<NodeList>("/api/nodes")).nodes;
const brokerOf = async (of: string) =>
  (await nodes()).find(({ live, type, mesh: at }) => live && type === "broker" && at === of)!;
const start = (order: object) =>
  cluster.api<ChaosRun>("/api/chaos/runs", { method: "POST", body: JSON.stringify(order) });
const at = (selector: string, action: string) => ({ action, selector });
const read = (id: number) => cluster.api<ChaosRun>(`/api/chaos/runs/${id}`);
const until = (id: number, what: string, holds: (run: ChaosRun) => boolean, timeoutMs = 60_000): Promise<ChaosRun> =>
  eventually(what, timeoutMs, async () => {
    const run = await read(id);
    return holds(run) ? run : undefined;
  });
const isOver = ({ tookMs }: ChaosRun) => tookMs !== null;
const phaseIs = (phase: string) => (run: ChaosRun) => run.current?.phase === phase;
const alive = () =>
  eventually("all are alive again, as all say", 40_000, async () => {
    const { live } = await cluster.api<ClusterSummary>("/api/cluster");
    const { converged } = await cluster.api("/api/convergence");
    return live === 11 && converged;
  });

test("kill-node: every survivor's directory says it within the bound; the node is back under its name; spans and events tell", async () => {
  const target = await brokerOf("mesh2");
  const begun = await start({ specs: [{ ...at(target.name!, "kill-node"), durationMs: 6_000 }], seed: 1 });
  await until(begun.id, "it is held", phaseIs("holding"));
  expect(isRunning(target.process!.pid!)).toBe(false);
  const other = { method: "POST", body: JSON.stringify({ specs: [{ action: "kill-node" }] }) };
  await expect(cluster.api("/api/chaos/runs", other)).rejects.toMatchObject({ code: "MESH_E_CHAOS_BUSY" });
  expect((await cluster.api<ClusterSummary>("/api/cluster")).chaos?.running).toBe(1);
  const { verdicts, counts } = await until(begun.id, "it is over", isOver);
  const [verdict] = verdicts;
  expect(verdict!.reasons).toEqual([]);
  expect(verdict).toMatchObject({ outcome: "passed", reverted: true, targets: [target.name], withinMs: 5_000 });
  expect(counts).toEqual({ passed: 1, failed: 0, skipped: 0 });
  const { witnesses, waitedMs, notes } = verdict!;
  const members = (await nodes()).filter(
    ({ mesh: at, type }) => at === "mesh2" || (type === "gateway" && at === "mesh1"),
  );
  const survivors = members.flatMap(({ name }) => (name === null || name === target.name ? [] : [name]));
  expect(witnesses.map(({ name }) => name).sort()).toEqual(survivors.sort());
  expect(witnesses).toHaveLength(SURVIVORS);
  for (const witness of witnesses) {
    // Nobody knows at once: 1.5 s of silence come before a suspicion.
    expect(witness.waitedMs).toBeGreaterThan(1_000);
    expect(witness.waitedMs).toBeLessThanOrEqual(5_000);
  }
  expect(waitedMs!.max).toBe(Math.max(...witnesses.map((witness) => witness.waitedMs!)));
  expect(notes!.acknowledged).toBeGreaterThan(50);
  expect(notes).toMatchObject({ lost: 0, doubled: 0 });
  await alive();
  const { events } = await cluster.api<EventList>("/api/events?limit=1000");
  const told = events.filter(({ kind }) => kind.startsWith("chaos.")).map(({ kind }) => kind);
  expect(told.reverse()).toEqual([
    ...["chaos.injected", "chaos.detected", "chaos.reverted", "chaos.verdict", "chaos.ended"],
  ]);
  const consoleName = (await cluster.api<ClusterSummary>("/api/cluster")).console.name;
  const spans = await eventually("the spans have come", 10_000, async () => {
    const { traces } = await cluster.api<TraceList>(`/api/traces?limit=500&kind=other&node=${consoleName}`);
    const found = traces.find(({ rootName }) => rootName === "mesh.chaos.injected");
    return found !== undefined && (await cluster.api(`/api/traces/${found.traceId}`)).spans;
  });
  const names = spans.map(({ name }: { name: string }) => name).sort();
  expect(names).toEqual(["mesh.chaos.detected", "mesh.chaos.injected", "mesh.chaos.reverted"]);
});

test("with the nodes' senses shut nothing passes; what cannot be done here is skipped with its reason", async () => {
  const begun = await start({
    specs: [{ ...at("mesh1", "kill-node"), durationMs: 0 }, { action: "slow-link" }],
    blind: true,
  });
  const { verdicts, state } = await until(begun.id, "it is over", isOver);
  expect([state, ...verdicts.map(({ outcome }) => outcome)]).toEqual(["done", "failed", "skipped"]);
  expect(verdicts[0]!.reasons[0]).toMatch(/^not known within 5 s to /);
  expect(verdicts[0]!.reverted).toBe(true);
  expect(verdicts[1]!.reasons[0]).toContain("needs the lab");
  await alive();
});

test("a stop undoes what is on; so does the launcher, when the console is killed in the midst of it", async () => {
  const target = await brokerOf("mesh1");
  const long = { ...at(target.name!, "kill-node"), durationMs: 60_000 };
  const first = await start({ specs: [long, at(target.name!, "restart-node")] });
  await until(first.id, "it is held", phaseIs("holding"));
  const stopped = await cluster.api<ChaosRun>(`/api/chaos/runs/${first.id}`, { method: "DELETE" });
  expect(stopped).toMatchObject({ state: "stopped", current: null });
  expect(stopped.verdicts).toMatchObject([
    { fault: "kill-node", outcome: "failed", reasons: ["interrupted"], reverted: true },
  ]);
  await alive();

  const second = await start({ specs: [long] });
  await until(second.id, "it is held", phaseIs("holding"));
  process.kill((await cluster.api<ClusterSummary>("/api/cluster")).console.pid, "SIGKILL");
  const undone: EventList = await eventually("the next console tells of it", 20_000, async () => {
    const list = await cluster.api<EventList>("/api/events?limit=200");
    return list.events.some(({ kind }) => kind === "chaos.reverted") && list;
  });
  expect(undone.events.find(({ kind }) => kind === "chaos.reverted")).toMatchObject({ node: target.name });
  await alive();
  expect((await cluster.api<ChaosRunList>("/api/chaos/runs")).runs).toEqual([]);
});

test("the nodes' collector goes and hangs; the console still has its spans", async () => {
  const taken = async () => {
    const response = await fetch(`${cluster.url}/metrics`, { headers: { authorization: `Bearer ${cluster.token}` } });
    const line = /http_requests_total\{method="POST",route="\/v1\/traces",status="200"\} (\d+)/;
    return Number(line.exec(await response.text())?.[1] ?? 0);
  };
  const gone = { action: "collector-gone", durationMs: 10_000 };
  const begun = await start({ specs: [gone, { action: "collector-hanging", durationMs: 0 }] });
  const held = await until(begun.id, "it acts", (run) => phaseIs("holding")(run) || run.verdicts.length > 0);
  expect(held.verdicts.map(({ reasons }) => reasons)).toEqual([]);
  const before = await taken();
  await eventually("spans come all the while", 10_000, async () => (await taken()) > before);
  expect((await read(begun.id)).current).toMatchObject({ fault: "collector-gone" });
  const { verdicts } = await until(begun.id, "it is over", isOver);
  expect(verdicts.map(({ outcome, reasons }) => [outcome, reasons])).toEqual([
    ["passed", []],
    ["passed", []],
  ]);
});

test("identity-twice: the first stays, the second and its copy are gone; also where the console is killed in the midst", async () => {
  const directory = join(tmpdir(), `meshwork-senses-${cluster.pid}`);
  const twin = () => readdirSync(directory).includes("twin");
  const target = await brokerOf("mesh2");
  const spec = at(target.name!, "identity-twice");
  const first = await start({ specs: [{ ...spec, durationMs: 0 }] });
  await until(first.id, "there are two", () => twin());
  const { verdicts } = await until(first.id, "it is over", isOver);
  expect(verdicts[0]?.reasons).toEqual([]);
  expect(verdicts[0]).toMatchObject({ outcome: "passed", reverted: true, targets: [target.name] });
  expect(twin()).toBe(false);
  expect((await brokerOf("mesh2")).name).toBe(target.name);
  expect(isRunning(target.process!.pid!)).toBe(true);

  const second = await start({ specs: [{ ...spec, durationMs: 60_000 }] });
  await until(second.id, "it is held", phaseIs("holding"));
  expect(twin()).toBe(true);
  process.kill((await cluster.api<ClusterSummary>("/api/cluster")).console.pid, "SIGKILL");
  await eventually("the second is gone", 10_000, async () => !twin());
  await alive();
});

test("neither the console nor a stranger's node can be a target", async () => {
  const { console: own } = await cluster.api<ClusterSummary>("/api/cluster");
  for (const target of [own.name, "console", "mesh9.broker.abcdef"])
    await expect(start({ specs: [at(target, "kill-node")] })).rejects.toMatchObject({ code: "MESH_E_UNKNOWN_NAME" });
});

test("mesh chaos --attach: lists, runs, reports; --strict fails for what was skipped", async () => {
  const list = JSON.parse(
    (await mesh(["chaos", "list", "--json", "--attach", cluster.url], consoleEnv(cluster))).stdout,
  );
  const here = list.faults.filter(({ obstacle }: { obstacle: string | null }) => obstacle === null);
  expect(here.map(({ name }: { name: string }) => name)).toEqual([
    "kill-node",
    "restart-node",
    "burst-kill",
    "wedge-node",
    "collector-gone",
    "collector-hanging",
    "identity-twice",
  ]);
  const file = join(out, "report.json");
  const run = await mesh(
    [
      "chaos",
      "run",
      "restart-node",
      "nat-shift",
      "--for",
      "0s",
      "--json",
      "--strict",
      "--out",
      file,
      "--attach",
      cluster.dataDir,
    ],
    {},
  );
  const lines = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ event, fault, outcome }) => [event, fault, outcome])).toEqual([
    ["verdict", "restart-node", "passed"],
    ["verdict", "nat-shift", "skipped"],
    ["summary", undefined, undefined],
  ]);
  expect(lines.at(-1)).toEqual({ event: "summary", passed: 1, failed: 0, skipped: 1 });
  expect(run.code).toBe(1);
  const report = JSON.parse(readFileSync(file, "utf8"));
  expect(report.verdicts[0].witnesses.length).toBeGreaterThanOrEqual(SURVIVORS);
  const stop = await mesh(["chaos", "stop", "--attach", `${cluster.url}/#token=${cluster.token}`]);
  expect([stop.code, stop.stdout]).toEqual([0, "stopped 0\n"]);
  await alive();
});

test("specs with a schedule, by the command: whom, what, how long, how often", async () => {
  const spec = join(out, "spec.json");
  const selector = { mesh: "mesh2", type: "broker" };
  writeFileSync(
    spec,
    JSON.stringify({ selector, action: "kill-node", duration: "0s", schedule: { every: "1s", rounds: 2 } }),
  );
  const file = join(out, "spec-report.json");
  const run = await mesh(["chaos", "run", "--spec", spec, "--out", file, "--attach", cluster.dataDir]);
  expect([run.code, run.stdout.trim().split("\n").at(-1)]).toEqual([0, "2 passed, 0 failed"]);
  const { verdicts } = JSON.parse(readFileSync(file, "utf8"));
  for (const { targets } of verdicts) expect(targets[0]).toMatch(/^mesh2\.broker\./);
  writeFileSync(spec, JSON.stringify([{ action: "kill-node", schedule: { every: "1s" } }]));
  const refused = await mesh(["chaos", "run", "--spec", spec, "--attach", cluster.dataDir]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("schedule.rounds")]);
  await alive();
});

test("without --chaos all of it refuses, and nothing is left in the temporary directory afterwards", async () => {
  const plain = await startCluster(["--mesh", "mesh1", "--types", "broker=1"]);
  stops.push(() => plain.stop());
  await expect(plain.api("/api/chaos/faults")).rejects.toMatchObject({ code: "MESH_E_NO_CHAOS" });
  const order = { method: "POST", body: JSON.stringify({ specs: [{ action: "kill-node" }] }) };
  await expect(plain.api("/api/chaos/runs", order)).rejects.toMatchObject({ code: "MESH_E_NO_CHAOS" });
  const run = await mesh(["chaos", "run", "kill-node", "--attach", plain.dataDir]);
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining("MESH_E_NO_CHAOS")]);
  const both = await mesh(["up", "--chaos", "--read-only"]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("--read-only")]);
  const sockets = readdirSync(tmpdir()).filter((name) => name.startsWith("meshwork-senses-"));
  expect(sockets).not.toContain(`meshwork-senses-${plain.pid}`);
  expect(sockets).toContain(`meshwork-senses-${cluster.pid}`);
  await cluster.stop();
  expect(readdirSync(tmpdir())).not.toContain(`meshwork-senses-${cluster.pid}`);
});
