import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FakeMesh } from "../testing/fake-node.js";
import { DEMO_BUDGETS } from "../up/budgets.js";
import { behave } from "./index.js";

const quiet = { traffic: false };

test("what is produced reads back by its offset, and each produce asks a registry of the same mesh", async () => {
  const mesh = new FakeMesh();
  const broker = mesh.add("mesh1", "broker");
  const other = mesh.add("mesh2", "registry");
  const registry = mesh.add("mesh1", "registry");
  for (const node of [broker, registry, other]) behave(node, quiet);
  expect(await mesh.ask(broker, "produce", "first")).toBe("0");
  expect(await mesh.ask(broker, "produce", "second")).toBe("1");
  expect(await mesh.ask(broker, "fetch", "0")).toBe("first");
  expect(await mesh.ask(broker, "fetch")).toBe("second");
  const asked = mesh.calls.filter(({ operation }) => operation === "schema");
  expect(asked.map(({ from, to }) => [from, to])).toEqual([
    [broker.name, registry.name],
    [broker.name, registry.name],
  ]);
});

test("a broker without a registry still takes records", async () => {
  const mesh = new FakeMesh();
  const broker = mesh.add("mesh1", "broker");
  behave(broker, quiet);
  expect(await mesh.ask(broker, "produce", "alone")).toBe("0");
});

test("fetch says what is wrong with an offset", async () => {
  const mesh = new FakeMesh();
  const broker = mesh.add("mesh1", "broker");
  behave(broker, quiet);
  await expect(mesh.ask(broker, "fetch", "first")).rejects.toThrow("fetch takes an offset");
  await expect(mesh.ask(broker, "fetch", "7")).rejects.toThrow("the log is empty");
});

test("run hashes the record that it fetches from a broker", async () => {
  const mesh = new FakeMesh();
  const [broker, compute] = [mesh.add("mesh1", "broker"), mesh.add("mesh1", "compute")];
  for (const node of [broker, compute]) behave(node, quiet);
  await mesh.ask(broker, "produce", "a record");
  expect(await mesh.ask(compute, "run", "0")).toBe(createHash("sha256").update("a record").digest("hex"));
});

test("the traffic of a gateway reaches brokers of both meshes and the computes of its own", async () => {
  const mesh = new FakeMesh();
  const nodes = [
    mesh.add("mesh1", "gateway", ["mesh2"]),
    mesh.add("mesh1", "broker"),
    mesh.add("mesh1", "compute"),
    mesh.add("mesh2", "broker"),
    mesh.add("mesh2", "compute"),
  ];
  const [gateway, broker, compute, far] = nodes.map(({ name }) => name);
  const demos = nodes.map((node) => behave(node, { intervalMs: 1 }));
  const wanted = [
    `${gateway} ${far} produce`,
    `${gateway} ${broker} produce`,
    `${gateway} ${compute} run`,
    `${compute} ${broker} fetch`,
  ];
  const seen = () => new Set(mesh.calls.map(({ from, to, operation }) => `${from} ${to} ${operation}`));
  await expect.poll(() => wanted.every((edge) => seen().has(edge)), { interval: 2, timeout: 5_000 }).toBe(true);
  for (const demo of demos) demo.remove();
  expect([...seen()].filter((edge) => edge.startsWith(`${gateway} `))).toHaveLength(3);
});

test("without traffic nobody calls anybody, until demo.start and again after demo.stop", async () => {
  const mesh = new FakeMesh();
  const gateway = mesh.add("mesh1", "gateway");
  const broker = mesh.add("mesh1", "broker");
  const demos = [gateway, broker].map((node) => behave(node, { traffic: false, intervalMs: 1 }));
  await new Promise((resolve) => setTimeout(resolve, 15));
  expect(mesh.calls).toEqual([]);
  expect(await mesh.ask(gateway, "demo.start")).toBe('{"running":true}');
  await expect.poll(() => mesh.calls.some(({ operation }) => operation === "produce"), { interval: 2 }).toBe(true);
  expect(await mesh.ask(gateway, "demo.stop")).toBe('{"running":false}');
  const count = mesh.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 15));
  expect(mesh.calls).toHaveLength(count);
  for (const demo of demos) demo.remove();
  await expect(mesh.ask(broker, "produce")).rejects.toMatchObject({ code: "MESH_E_NO_SUCH_OPERATION" });
});

test.each(Object.keys(DEMO_BUDGETS))("the launcher gives a %s the budget of its example", (type) => {
  const lines = readFileSync(new URL(`../../../../examples/${type}/.env.dev`, import.meta.url), "utf8")
    .trim()
    .split("\n");
  const env = Object.fromEntries(lines.map((line) => line.split("=")));
  expect(env.MESH_NODE_TYPE).toBe(type);
  expect(Number(env.MESH_CPU_BUDGET)).toBe(DEMO_BUDGETS[type]?.cpuBudgetCores);
  expect(Number(env.MESH_RAM_BUDGET)).toBe(DEMO_BUDGETS[type]?.ramBudgetBytes);
});
