import { expect, test } from "vitest";
import { behave } from "../demo/index.js";
import { FakeMesh } from "../testing/fake-node.js";
import { createDemoSwitch, switchMemory } from "./demo-switch.js";

function memory(running = false) {
  let stored = running;
  return {
    load: async () => stored,
    store: async (next: boolean) => {
      stored = next;
    },
    get stored() {
      return stored;
    },
  };
}

test("the switch reaches every node with a demo, and those without one do not stop it", async () => {
  const mesh = new FakeMesh();
  mesh.add("mesh1", "stranger");
  const nodes = [mesh.add("mesh1", "gateway"), mesh.add("mesh2", "compute")];
  const demos = nodes.map((node) => behave(node, { traffic: false, intervalMs: 60_000 }));
  const own = mesh.add("mesh1", "console");
  const kept = memory();
  const demoSwitch = await createDemoSwitch(own, kept);
  await demoSwitch.start();
  expect([demoSwitch.running(), kept.stored, ...demos.map(({ running }) => running)]).toEqual([true, true, true, true]);
  await demoSwitch.stop();
  expect([demoSwitch.running(), kept.stored, ...demos.map(({ running }) => running)]).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test("who joins while it is on is switched on, even where its handlers come a moment after its name", async () => {
  const mesh = new FakeMesh();
  const demoSwitch = await createDemoSwitch(mesh.add("mesh1", "console"), memory());
  await demoSwitch.start();
  const late = behave(mesh.add("mesh1", "compute"), { traffic: false, intervalMs: 60_000 });
  await expect.poll(() => late.running).toBe(true);
  late.remove();
});

test("who joins while it is off is left alone", async () => {
  const mesh = new FakeMesh();
  await createDemoSwitch(mesh.add("mesh1", "console"), memory());
  mesh.add("mesh1", "compute");
  expect(mesh.calls).toEqual([]);
});

test("a console that comes back finds the switch as it was", async () => {
  const mesh = new FakeMesh();
  const node = mesh.add("mesh1", "gateway");
  const demo = behave(node, { traffic: false, intervalMs: 60_000 });
  const back = await createDemoSwitch(mesh.add("mesh1", "console"), memory(true));
  expect(back.running()).toBe(true);
  await expect.poll(() => demo.running).toBe(true);
  demo.remove();
});

test("without a launcher the switch starts off", async () => {
  expect(await switchMemory(undefined).load()).toBe(false);
});
