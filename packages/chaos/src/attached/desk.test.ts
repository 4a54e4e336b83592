/** The desk's bounds and refusals, without a node: what a fault comes to on real ones is in tests/integration. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ABILITIES, type Abilities } from "../lab/abilities.js";
import { remoteHands } from "../lab/hands.js";
import { ChaosDesk, type ChaosEvent, type DeskOrder } from "./desk.js";
import type { Grounds } from "./grounds.js";
import type { Processes, RunningProcess } from "./processes.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meshwork-desk-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const never = () => Promise.reject(new Error("nothing may be harmed"));
const nobody: Processes = { list: async () => [], crash: never, restart: never, freeze: never, thaw: never };
const bare: Grounds = {
  ...{ obstacles: {}, lab: undefined, setCollector: never, spawn: never, dismiss: never },
  ...{ settle: never, release: async () => {}, twin: never },
};
/** A lab that can do all but these. */
const labWithout = (...missing: string[]): Grounds["lab"] => ({
  abilities: Object.fromEntries(
    Object.keys(ABILITIES).map((ability) => [ability, { ability, ok: !missing.includes(ability), detail: "gone" }]),
  ) as unknown as Abilities,
  hands: remoteHands(never),
  hosts: async () => ({}),
});
const broker: RunningProcess = {
  ...{ slot: "s1", pid: 1, state: "ready", mesh: "mesh1", type: "broker", id: "ab".repeat(32) },
  ...{ name: "mesh1.broker.ababab", observes: [], shared: false },
};
const listing = (...processes: RunningProcess[]): Processes => ({ ...nobody, list: async () => processes });
const order = (...actions: string[]): DeskOrder => ({
  specs: actions.map((action) => ({ action, duration: 0 })),
  ...{ seed: 1, blind: false },
});
const every = (ms: number): DeskOrder => ({
  ...order(),
  specs: [{ action: "slow-link", schedule: { every: ms, rounds: 2 } }],
});

async function untilOver(desk: ChaosDesk): Promise<void> {
  await new Promise<void>((resolve) => {
    const leave = desk.onEvent(({ kind }) => {
      if (kind !== "chaos.ended") return;
      leave();
      resolve();
    });
  });
}

test("a fault that cannot be done is skipped with its reason, never passed", async () => {
  const desk = new ChaosDesk({ processes: nobody, grounds: bare, directory });
  desk.start(order("slow-link", "kill-node"));
  await untilOver(desk);
  const [run] = desk.runs();
  expect(run).toMatchObject({ state: "done", counts: { passed: 0, failed: 0, skipped: 2 }, current: null });
  const [slow, kill] = run?.verdicts ?? [];
  expect(slow?.reasons[0]).toMatch(/^it needs the lab \(namespaces, delay\): /);
  expect(kill?.reasons[0]).toContain("--inline");
});

test("what can be done here depends on who has a process of its own, and on what stands around it", async () => {
  const possible = async (processes: Processes, grounds: Partial<Grounds> = {}) => {
    const faults = await new ChaosDesk({ processes, grounds: { ...bare, ...grounds }, directory }).faults();
    return faults.filter(({ obstacle }) => obstacle === null).map(({ name }) => name);
  };
  const processFaults = ["kill-node", "restart-node", "burst-kill", "wedge-node"];
  const anywhere = [...processFaults, "collector-gone", "collector-hanging", "identity-twice"];
  expect(await possible(listing(broker))).toEqual(anywhere);
  expect(await possible(listing({ ...broker, shared: true }))).toEqual([]);
  expect(await possible(listing({ ...broker, state: "exited" }))).toEqual([]);
  const obstacles = { "collector-gone": "it is yours", "collector-hanging": "it is yours" };
  expect(await possible(listing(broker), { obstacles })).toEqual([...processFaults, "identity-twice"]);
  expect(await possible(listing(broker), { lab: labWithout() })).toHaveLength(19);
  const without = await possible(listing(broker), { lab: labWithout("delay", "clock") });
  expect(without).toHaveLength(17);
  expect(without).not.toContain("slow-link");
  expect(without).not.toContain("clock-skew");
});

test("one run at a time; an unknown fault is refused before anything begins", async () => {
  const desk = new ChaosDesk({ processes: nobody, grounds: bare, directory });
  expect(() => desk.start(order("kill-node", "nonsense"))).toThrow(
    expect.objectContaining({ code: "MESH_E_NO_SUCH_FAULT" }),
  );
  expect(desk.runs()).toEqual([]);
  expect(desk.start(order("slow-link"))?.id).toBe(1);
  expect(desk.start(order("slow-link"))).toBeUndefined();
  await untilOver(desk);
  expect(desk.start(order("slow-link"))?.id).toBe(2);
  await untilOver(desk);
});

test("the last twenty runs are kept", async () => {
  const desk = new ChaosDesk({ processes: nobody, grounds: bare, directory });
  for (let at = 0; at < 23; at += 1) {
    desk.start(order("slow-link"));
    await untilOver(desk);
  }
  expect(desk.runs().map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, at) => 23 - at));
  expect(desk.run(3)).toBeUndefined();
  expect(desk.sizes()).toEqual({ chaosRuns: 20, chaosLines: 20 });
});

test("rounds come at their interval, and a stop ends the wait for the next", async () => {
  const desk = new ChaosDesk({ processes: nobody, grounds: bare, directory });
  desk.start(every(1_000));
  await untilOver(desk);
  expect(desk.runs()[0]).toMatchObject({ state: "done", total: 2, counts: { skipped: 2 } });
  expect(desk.runs()[0]?.tookMs).toBeGreaterThanOrEqual(999);
  desk.start(every(3_600_000));
  expect(await desk.stop(2)).toMatchObject({ state: "stopped" });
  expect(await desk.stop(7)).toBeUndefined();
});

test("a target is one of the cluster's own nodes, by name, id or type", async () => {
  const desk = new ChaosDesk({ processes: listing(broker), grounds: bare, directory });
  for (const fits of ["mesh1.broker.ababab", "mesh1", "abab", "broker"]) expect(await desk.hasTarget(fits)).toBe(true);
  for (const stranger of ["mesh1.console", "gateway", "cd"]) expect(await desk.hasTarget(stranger)).toBe(false);
});

test("what the launcher had to undo is told to the first who listens", () => {
  const desk = new ChaosDesk({ processes: nobody, grounds: bare, directory, undone: ["mesh1.broker.ababab"] });
  const heard: ChaosEvent[] = [];
  desk.onEvent((event) => heard.push(event));
  expect(heard).toMatchObject([{ kind: "chaos.reverted", node: "mesh1.broker.ababab", mesh: "mesh1" }]);
});

test("where the processes cannot be listed the run fails with what was said", async () => {
  const broken = {
    ...nobody,
    list: () => Promise.reject(Object.assign(new Error("gone"), { code: "MESH_E_LINK_TIMEOUT" })),
  };
  const desk = new ChaosDesk({ processes: broken, grounds: bare, directory });
  desk.start(order("kill-node"));
  await untilOver(desk);
  expect(desk.runs()[0]).toMatchObject({ state: "failed", error: { code: "MESH_E_LINK_TIMEOUT", message: "gone" } });
});
