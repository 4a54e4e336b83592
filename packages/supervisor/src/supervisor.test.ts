import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createWorkbench, isRunning, nextEvent, until, type Workbench } from "../test/harness.js";
import { createSupervisor } from "./supervisor.js";
import type { Supervisor, SupervisorEvent, SupervisorOptions } from "./types.js";

let bench: Workbench;
const open: Supervisor[] = [];
beforeAll(() => {
  bench = createWorkbench();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((supervisor) => supervisor.close()));
});
afterAll(() => bench.close());

function start(options: Partial<SupervisorOptions> = {}): Supervisor & { dataDir: string } {
  const { inlineEntry: _, ...base } = bench.options;
  const dataDir = options.dataDir ?? bench.dataDir();
  const supervisor = createSupervisor({ ...base, dataDir, ...options });
  open.push(supervisor);
  return Object.assign(supervisor, { dataDir });
}

const nodeDirs = (dataDir: string): string[] => readdirSync(join(dataDir, "nodes"));
const environmentOf = (dataDir: string, slot: string): { env: Record<string, string>; execArgv: string[] } =>
  JSON.parse(readFileSync(join(dataDir, "nodes", slot, "environment.json"), "utf8"));

test("parallel spawns never pass the pool cap, and a freed place can be used again", async () => {
  const supervisor = start({ maxNodes: 3 });
  const calls = Array.from({ length: 8 }, () => supervisor.spawn({ mesh: "mesh1", type: "broker" }));
  const results = await Promise.allSettled(calls);
  const up = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
  expect(up).toHaveLength(3);
  expect(refused).toEqual(Array(5).fill("MESH_E_POOL_FULL"));
  await expect(supervisor.spawnMany({ mesh: "mesh1", type: "broker", count: 1 })).rejects.toMatchObject({
    code: "MESH_E_POOL_FULL",
  });
  expect(await supervisor.stop(up[0]!.name)).toBe("graceful");
  await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  expect(supervisor.list()).toHaveLength(3);
});

test("spawnMany takes all places or none", async () => {
  const supervisor = start({ maxNodes: 4 });
  await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  await expect(supervisor.spawnMany({ mesh: "mesh1", type: "broker", count: 4 })).rejects.toMatchObject({
    code: "MESH_E_POOL_FULL",
  });
  expect(supervisor.list()).toHaveLength(1);
  const { spawned, failed } = await supervisor.spawnMany({ mesh: "mesh1", type: "broker", count: 3 });
  expect([spawned.length, failed.length]).toEqual([3, 0]);
});

test("requests are validated here, whatever the console let through", async () => {
  const supervisor = start();
  const bad: unknown[] = [
    undefined,
    {},
    { mesh: "Mesh1", type: "broker" },
    { mesh: "mesh1", type: "../x" },
    { mesh: "mesh1", type: "broker", cpuBudgetCores: -1 },
    { mesh: "mesh1", type: "broker", ramBudgetBytes: 1.5 },
    { mesh: "mesh1", type: "broker", env: { LD_PRELOAD: "x" } },
  ];
  for (const request of bad) {
    await expect(supervisor.spawn(request as never)).rejects.toMatchObject({ code: "MESH_E_BAD_REQUEST" });
  }
  for (const count of [0, -1, 1.5, 1_000, "3"]) {
    const request = { mesh: "mesh1", type: "broker", count } as never;
    await expect(supervisor.spawnMany(request)).rejects.toMatchObject({ code: "MESH_E_BAD_REQUEST" });
  }
  for (const name of ["", "..", "mesh1.broker", "mesh1.broker.zzzzzz", "../../etc/passwd"]) {
    await expect(supervisor.stop(name)).rejects.toMatchObject({ code: "MESH_E_BAD_REQUEST" });
    await expect(supervisor.kill(name)).rejects.toMatchObject({ code: "MESH_E_BAD_REQUEST" });
  }
  await expect(supervisor.kill("mesh1.broker.abcdef")).rejects.toMatchObject({ code: "MESH_E_NO_SUCH_NODE" });
  expect(supervisor.list()).toEqual([]);
});

test("a node's environment holds what is listed and nothing else", async () => {
  const env = {
    ...process.env,
    LD_PRELOAD: "/nowhere.so",
    NODE_OPTIONS: "--inspect",
    RUST_BACKTRACE: "1",
    SECRET: "x",
    MESH_DATA_DIR: "/elsewhere",
    MESH_STALENESS_MS: "60000",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
  };
  const supervisor = start({ env, intake: { url: "http://127.0.0.1:1", token: "secret" } });
  const first = await supervisor.spawn({ mesh: "mesh1", type: "broker", cpuBudgetCores: 4, ramBudgetBytes: 2e9 });
  const second = await supervisor.spawn({ mesh: "mesh2", type: "broker" });
  const gateway = await supervisor.spawn({ mesh: "mesh1", type: "gateway" });
  const { env: seen, execArgv } = environmentOf(supervisor.dataDir, first.slot);
  expect(execArgv).toEqual([]);
  expect(seen).toMatchObject({
    MESH_ID: "mesh1",
    MESH_NODE_TYPE: "broker",
    MESH_DATA_DIR: join(supervisor.dataDir, "nodes", first.slot),
    MESH_CPU_BUDGET: "4",
    MESH_RAM_BUDGET: "2000000000",
    MESH_STALENESS_MS: "60000",
    MESH_TELEMETRY_URL: "http://127.0.0.1:1",
    MESH_TELEMETRY_TOKEN: "secret",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    TOKIO_WORKER_THREADS: "1",
    MALLOC_ARENA_MAX: "1",
  });
  for (const key of ["LD_PRELOAD", "NODE_OPTIONS", "RUST_BACKTRACE", "SECRET", "MESH_SEED_NODES", "MESH_OBSERVE"]) {
    expect(seen).not.toHaveProperty(key);
  }
  const ofGateway = environmentOf(supervisor.dataDir, gateway.slot).env;
  expect(ofGateway.MESH_OBSERVE).toBe("mesh2");
  expect(ofGateway.MESH_SEED_NODES?.split(",").sort()).toEqual([first.seed, second.seed].sort());
});

test("a process is started where it is said to be, each time anew, by a command that runs it in its own stead", async () => {
  const asked: string[][] = [];
  const placeFor = (slot: string, dataDir: string) => {
    asked.push([slot, dataDir]);
    const prefix = ["env", `PLACE=${asked.length}`, "sh", "-c", 'exec "$@"', "sh"];
    return { prefix, env: { MESH_ID: "mesh1", LD_LIBRARY_PATH: `/place/${asked.length}` } };
  };
  const supervisor = start({ placeFor });
  const { slot, name, pid } = await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  const { env } = environmentOf(supervisor.dataDir, slot);
  expect(env).toMatchObject({ PLACE: "1", LD_LIBRARY_PATH: "/place/1" });
  expect(isRunning(pid)).toBe(true);
  await supervisor.restart(name);
  expect(environmentOf(supervisor.dataDir, slot).env).toMatchObject({ PLACE: "2", LD_LIBRARY_PATH: "/place/2" });
  expect(asked).toEqual([1, 2].map(() => [slot, join(supervisor.dataDir, "nodes", slot)]));
  await supervisor.kill(name);
});

test("nodes asked for together boot in an order in which gateways find seeds of both meshes", async () => {
  const supervisor = start({ bootConcurrency: 2 });
  const specs = ["mesh1", "mesh2"].flatMap((mesh) => ["gateway", "broker", "broker"].map((type) => ({ mesh, type })));
  const nodes = await Promise.all(specs.map((spec) => supervisor.spawn(spec)));
  for (const node of nodes.filter(({ type }) => type === "gateway")) {
    const seeds = environmentOf(supervisor.dataDir, node.slot).env.MESH_SEED_NODES?.split(",") ?? [];
    const meshes = new Set(seeds.map((seed) => nodes.find((other) => other.seed === seed)?.mesh));
    expect(meshes).toEqual(new Set(["mesh1", "mesh2"]));
  }
  const founders = nodes.filter(({ slot }) => !environmentOf(supervisor.dataDir, slot).env.MESH_SEED_NODES);
  expect(founders.map(({ mesh }) => mesh).sort()).toEqual(["mesh1", "mesh2"]);
});

test("a boot that fails says why in the node's own words and leaves nothing", async () => {
  const supervisor = start();
  const before = supervisor.sizes();
  await expect(supervisor.spawn({ mesh: "mesh1", type: "failing" })).rejects.toMatchObject({
    code: "MESH_E_SPAWN_FAILED",
    hint: "make room",
    child: { code: "MESH_E_DATA_DIR", message: "no room", step: "identity" },
  });
  await expect(supervisor.spawn({ mesh: "mesh1", type: "crashing" })).rejects.toThrow(
    /exit code 101.*panic: the reason/s,
  );
  await expect(supervisor.spawn({ mesh: "mesh1", type: "liar" })).rejects.toMatchObject({
    code: "MESH_E_SPAWN_FAILED",
  });
  expect(supervisor.list()).toEqual([]);
  expect(nodeDirs(supervisor.dataDir)).toEqual([]);
  expect(supervisor.sizes()).toEqual(before);
});

test("a boot that takes too long is ended and names its last step", async () => {
  const supervisor = start({ bootTimeoutMs: 1_000 });
  const spawned = nextEvent(supervisor, "spawned");
  await expect(supervisor.spawn({ mesh: "mesh1", type: "silent" })).rejects.toMatchObject({
    code: "MESH_E_BOOT_TIMEOUT",
    message: expect.stringContaining("identity_loaded"),
  });
  expect(isRunning((await spawned).node.pid!)).toBe(false);
});

test("stop is graceful, idempotent, removes the directory, and says honestly how it ended", async () => {
  const supervisor = start({ stopGraceMs: 800 });
  const types = ["broker", "sour", "deaf"];
  const [good, sour, deaf] = await Promise.all(types.map((type) => supervisor.spawn({ mesh: "mesh1", type })));
  expect(statSync(join(supervisor.dataDir, "nodes", good!.slot)).mode & 0o777).toBe(0o700);
  const twice = await Promise.all([supervisor.stop(good!.name), supervisor.stop(good!.name)]);
  expect(twice).toEqual(["graceful", "graceful"]);
  expect(await supervisor.stop(good!.name)).toBe("already-gone");
  expect(await supervisor.stop(sour!.name)).toBe("forced");
  const startedAt = performance.now();
  expect(await supervisor.stop(deaf!.name)).toBe("forced");
  expect(performance.now() - startedAt).toBeGreaterThan(780);
  expect(isRunning(deaf!.pid)).toBe(false);
  expect(nodeDirs(supervisor.dataDir)).toEqual([]);
});

test("an exit that nobody asked for is told with its code, and a restart brings the identity back", async () => {
  const supervisor = start();
  const exited = nextEvent(supervisor, "exited");
  const node = await supervisor.spawn({ mesh: "mesh1", type: "dying" });
  expect(await exited).toMatchObject({ expected: false, exit: { code: 7, signal: null }, node: { name: node.name } });
  expect(supervisor.get(node.name)).toMatchObject({ state: "exited", pid: undefined });
  expect(supervisor.seeds("mesh1", 3)).toEqual([]);
  const again = await supervisor.restart(node.name);
  expect(again).toMatchObject({ name: node.name, id: node.id, restarts: 1 });
  expect(again.pid).not.toBe(node.pid);
});

test("restart keeps the identity, softly and hard; kill takes the directory unless told to keep it", async () => {
  const supervisor = start();
  const node = await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  const soft = await supervisor.restart(node.name);
  const hard = await supervisor.restart(node.name, { hard: true });
  expect([soft.name, hard.name]).toEqual([node.name, node.name]);
  expect(new Set([node.pid, soft.pid, hard.pid]).size).toBe(3);
  const exited = nextEvent(supervisor, "exited");
  await supervisor.kill(node.name, { keepData: true });
  expect(await exited).toMatchObject({ expected: true, exit: { code: null, signal: "SIGKILL" } });
  expect((await supervisor.restart(node.name)).id).toBe(node.id);
  await supervisor.kill(node.name);
  expect(nodeDirs(supervisor.dataDir)).toEqual([]);
  await expect(supervisor.restart(node.name)).rejects.toMatchObject({ code: "MESH_E_NO_SUCH_NODE" });
});

test("a stop overtakes a restart and a boot", async () => {
  const supervisor = start({ stopGraceMs: 600 });
  const node = await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  const restart = supervisor.restart(node.name).catch((error) => error.code);
  const outcome = await supervisor.stop(node.name);
  expect(["graceful", "forced"]).toContain(outcome);
  expect(await restart).toBe("MESH_E_BAD_STATE");
  const spawned = nextEvent(supervisor, "spawned");
  const boot = supervisor.spawn({ mesh: "mesh1", type: "slow" }).catch((error) => error.code);
  await supervisor.stop((await spawned).node.slot);
  expect(["MESH_E_BAD_STATE", "MESH_E_SPAWN_FAILED"]).toContain(await boot);
  expect(supervisor.list()).toEqual([]);
  expect(nodeDirs(supervisor.dataDir)).toEqual([]);
});

test("freeze stops the process, thaw lets it go on, and a frozen node can be stopped", async () => {
  const supervisor = start();
  const node = await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  const stateOf = (): string => readFileSync(`/proc/${node.pid}/stat`, "utf8").split(") ")[1]![0]!;
  supervisor.freeze(node.name);
  await until(() => stateOf() === "T", 1_000, "stopped");
  expect(supervisor.seeds("mesh1", 3)).toEqual([]);
  expect(supervisor.get(node.name)?.state).toBe("frozen");
  supervisor.thaw(node.name);
  await until(() => stateOf() !== "T", 1_000, "running");
  expect(supervisor.seeds("mesh1", 3)).toEqual([node.seed]);
  expect(supervisor.figures(node.name)?.rssBytes).toBeGreaterThan(1e6);
  supervisor.freeze(node.name);
  expect(await supervisor.stop(node.name)).toBe("graceful");
});

test("50 respawns leave every collection at its baseline", async () => {
  const supervisor = start();
  await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  const baseline = supervisor.sizes();
  for (let round = 0; round < 25; round++) {
    const pair = await Promise.all([1, 2].map(() => supervisor.spawn({ mesh: "mesh1", type: "broker" })));
    await Promise.all(pair.map((node, index) => (index ? supervisor.kill(node.name) : supervisor.stop(node.name))));
  }
  expect(supervisor.sizes()).toEqual(baseline);
  expect(nodeDirs(supervisor.dataDir)).toHaveLength(1);
}, 60_000);

test("nodes that keep dying do not pile up", async () => {
  const supervisor = start({ maxNodes: 2 });
  for (let round = 0; round < 5; round++) {
    const exited = nextEvent(supervisor, "exited");
    await supervisor.spawn({ mesh: "mesh1", type: "dying" });
    await exited;
  }
  expect(supervisor.sizes()).toMatchObject({ nodes: 2, exited: 2, watchedDirectories: 2 });
  expect(nodeDirs(supervisor.dataDir)).toHaveLength(2);
});

test("close ends all within 5 s, deaf and frozen ones included, and leaves no directory and no watchdog", async () => {
  const supervisor = start();
  const types = ["broker", "deaf", "broker"];
  const nodes = await Promise.all(types.map((type) => supervisor.spawn({ mesh: "mesh1", type })));
  supervisor.freeze(nodes[2]!.name);
  const booting = supervisor.spawn({ mesh: "mesh1", type: "silent" }).catch((error) => error.code);
  await nextEvent(supervisor, "step");
  const watchdogPid = supervisor.watchdogPid!;
  const startedAt = performance.now();
  await supervisor.close();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(["MESH_E_SUPERVISOR_CLOSED", "MESH_E_SPAWN_FAILED"]).toContain(await booting);
  for (const pid of [watchdogPid, ...nodes.map((node) => node.pid)]) expect(isRunning(pid)).toBe(false);
  expect(existsSync(join(supervisor.dataDir, "nodes"))).toBe(false);
  await expect(supervisor.spawn({ mesh: "mesh1", type: "broker" })).rejects.toMatchObject({
    code: "MESH_E_SUPERVISOR_CLOSED",
  });
});

test("inline: many nodes in one process, each stopped alone, none killed or frozen alone", async () => {
  const supervisor = start({ inlineEntry: bench.options.inlineEntry });
  const nodes = await Promise.all([1, 2, 3].map(() => supervisor.spawn({ mesh: "mesh1", type: "broker" })));
  expect(new Set(nodes.map((node) => node.pid)).size).toBe(1);
  const [first, second] = nodes;
  await expect(supervisor.kill(first!.name)).rejects.toMatchObject({ code: "MESH_E_SHARED_PROCESS" });
  expect(() => supervisor.freeze(first!.name)).toThrow(expect.objectContaining({ code: "MESH_E_SHARED_PROCESS" }));
  expect(await supervisor.stop(first!.name)).toBe("graceful");
  expect(isRunning(second!.pid)).toBe(true);
  await expect(supervisor.spawn({ mesh: "mesh1", type: "failing" })).rejects.toMatchObject({
    child: { message: "no room" },
  });
  const exits: SupervisorEvent[] = [];
  supervisor.on((event) => event.kind === "exited" && exits.push(event));
  process.kill(second!.pid, "SIGKILL");
  await until(() => exits.length === 2, 3_000, "both nodes exited");
  const fresh = await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  expect(fresh.pid).not.toBe(second!.pid);
  await supervisor.close();
  expect(isRunning(fresh.pid)).toBe(false);
});

test("the start sweeps what a crashed launcher left, and only that", async () => {
  const first = start();
  const node = await first.spawn({ mesh: "mesh1", type: "broker" });
  const nodes = join(first.dataDir, "nodes");
  // A directory of a dead launcher, one without a marker, a link to one outside, and one of a launcher that lives.
  const stale = join(nodes, "n9-00000000");
  const foreign = join(nodes, "n9-11111111");
  const outside = join(bench.dir, "outside");
  execFileSync("mkdir", [stale, foreign, outside]);
  const marker = (path: string): void =>
    void execFileSync("sh", ["-c", `echo '{"pid":999999,"start":"1"}' > ${path}/.meshwork-node.json`]);
  marker(stale);
  marker(outside);
  symlinkSync(outside, join(nodes, "n9-22222222"));
  start({ dataDir: first.dataDir });
  expect(nodeDirs(first.dataDir).sort()).toEqual([node.slot, "n9-11111111", "n9-22222222"].sort());
  expect(existsSync(join(outside, ".meshwork-node.json"))).toBe(true);
});

test("a data directory whose `nodes` is a link is refused", () => {
  const dataDir = bench.dataDir();
  execFileSync("mkdir", [dataDir]);
  symlinkSync(bench.dir, join(dataDir, "nodes"));
  expect(() => start({ dataDir })).toThrow(expect.objectContaining({ code: "MESH_E_NODES_DIR" }));
});
