import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createWorkbench, isRunning, nextEvent, until, type Workbench } from "../test/harness.js";
import { createSupervisor } from "./supervisor.js";
import type { Supervisor } from "./types.js";

let bench: Workbench;
const open: Supervisor[] = [];
beforeAll(() => {
  bench = createWorkbench();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((supervisor) => supervisor.close()));
});
afterAll(() => bench.close());

async function startWithConsole(port = 0) {
  const { inlineEntry: _, ...options } = bench.options;
  const supervisor = createSupervisor({ ...options, dataDir: bench.dataDir(), maxNodes: 2 });
  open.push(supervisor);
  const handlers = { "demo-start": (params: unknown) => ({ started: params }) };
  const gui = await supervisor.startConsole({ entry: bench.consoleEntry, mesh: "mesh1", port, token: "tok", handlers });
  return { supervisor, gui };
}

test("the console calls the supervisor and is called by it", async () => {
  const { supervisor, gui } = await startWithConsole();
  expect(await gui.call("ping", 1)).toEqual({ pong: 1, token: "tok" });
  const relay = (operation: string, params?: unknown) => gui.call("relay", { operation, params });
  const { spawned } = (await relay("spawn", { mesh: "mesh1", type: "broker", count: 1 })) as {
    spawned: [{ name: string }];
  };
  const { name } = spawned[0];
  expect(supervisor.list().map((node) => node.name)).toEqual([name]);
  expect(await relay("list")).toMatchObject([{ name, state: "ready" }]);
  expect(await relay("freeze", { name })).toBeNull();
  expect(await relay("thaw", { name })).toBeNull();
  expect(await relay("restart", { name })).toMatchObject({ name, restarts: 1 });
  expect(await relay("demo-start", 5)).toEqual({ started: 5 });
  expect(await relay("stop", { name })).toBe("graceful");
  expect(await gui.call("heard", null)).toEqual(expect.arrayContaining(["supervisor:ready", "supervisor:exited"]));
});

test("a connection that was accepted elsewhere is the console's; without a console it is closed", async () => {
  const { supervisor, gui } = await startWithConsole();
  const door = createServer({ pauseOnConnect: true }, (socket) => gui.handOver(socket));
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const said = () => text(connect((door.address() as AddressInfo).port, "127.0.0.1")).catch(() => "");
  const first = gui.pid;
  expect(await said()).toBe(`of process ${first}`);
  const gone = nextEvent(supervisor, "console-exited");
  const back = nextEvent(supervisor, "console-listening");
  process.kill(first!, "SIGKILL");
  await gone;
  expect(await said()).toBe("");
  await back;
  expect(gui.pid).not.toBe(first);
  expect(await said()).toBe(`of process ${gui.pid}`);
  door.close();
});

test("errors keep their code and hint on the way; what is malformed is refused", async () => {
  const { gui } = await startWithConsole();
  const relay = (operation: string, params?: unknown) => gui.call("relay", { operation, params });
  const cases: [string, unknown, string][] = [
    ["spawn", { mesh: "mesh1", type: "broker", count: 3 }, "MESH_E_BAD_REQUEST"],
    ["spawn", { mesh: "Mesh", type: "broker", count: 1 }, "MESH_E_BAD_REQUEST"],
    ["kill", { name: "mesh1.broker.abcdef" }, "MESH_E_NO_SUCH_NODE"],
    ["kill", { name: "mesh1.broker.abcdef", keepData: "yes" }, "MESH_E_BAD_REQUEST"],
    ["stop", null, "MESH_E_BAD_REQUEST"],
    ["seeds", { mesh: "mesh1", count: 1e9 }, "MESH_E_BAD_REQUEST"],
    ["toString", null, "MESH_E_NO_SUCH_CALL"],
    ["no-such", null, "MESH_E_NO_SUCH_CALL"],
  ];
  for (const [operation, params, code] of cases) {
    const refused = expect.objectContaining({ code, hint: expect.stringMatching(/./) });
    await expect(relay(operation, params), operation).rejects.toEqual(refused);
  }
});

test("a killed console is back within 5 s on the same port; nodes do not notice; waiting calls fail at once", async () => {
  const { supervisor, gui } = await startWithConsole();
  const node = await supervisor.spawn({ mesh: "mesh1", type: "broker" });
  const { port, pid } = gui;
  for (let round = 1; round <= 3; round++) {
    const killed = gui.pid!;
    const hanging = gui.call("hang", null).catch((error) => error.code);
    const back = nextEvent(supervisor, "console-listening");
    const startedAt = performance.now();
    process.kill(killed, "SIGKILL");
    expect(await hanging).toBe("MESH_E_CONSOLE_GONE");
    expect(await back).toMatchObject({ restarts: round });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(gui.port).toBe(port);
    expect(await gui.call("ping", round)).toEqual({ pong: round, token: "tok" });
  }
  expect(gui.pid).not.toBe(pid);
  expect(isRunning(node.pid)).toBe(true);
  expect(supervisor.sizes()).toMatchObject({ consoleWaitingCalls: 0, watchedProcesses: 2 });
});

test("a call that is not answered times out; too many waiting are refused; close does not respawn", async () => {
  const { supervisor, gui } = await startWithConsole();
  await expect(gui.call("hang", null, { timeoutMs: 50 })).rejects.toMatchObject({ code: "MESH_E_LINK_TIMEOUT" });
  const calls = Array.from({ length: 300 }, () => gui.call("hang", null).catch((error) => error.code));
  const listening: unknown[] = [];
  supervisor.on((event) => event.kind === "console-listening" && listening.push(event));
  const pid = gui.pid!;
  await supervisor.close();
  const codes = await Promise.all(calls);
  expect(codes.filter((code) => code === "MESH_E_LINK_BUSY").length).toBeGreaterThanOrEqual(300 - 256);
  expect(codes.filter((code) => code === "MESH_E_CONSOLE_GONE").length).toBeGreaterThan(0);
  expect(isRunning(pid)).toBe(false);
  // Longer than the first pause of a respawn.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([gui.pid, gui.restarts]).toEqual([undefined, 0]);
  expect(listening).toEqual([]);
});

test("a console that cannot listen fails the start with its own reason, once", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    await expect(startWithConsole(port)).rejects.toMatchObject({
      code: "MESH_E_SPAWN_FAILED",
      child: { code: "EADDRINUSE" },
    });
    await until(() => open.at(-1)!.sizes().watchedProcesses === 0, 2_000, "the console process is gone");
  } finally {
    server.close();
  }
});
