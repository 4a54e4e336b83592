/** Every action of the page on real processes: it names its target, is confirmed, and what it tells afterwards is what the nodes say. */
import type { NodeDetail, NodeList, SpawnResult } from "@meshwork/console/api-types";
import type { Browser, Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Cluster, isRunning, startCluster } from "../support/cluster.js";
import { expectAccessible } from "./axe.js";
import { closePages, launchBrowser, openLive, screenshot, show, textOf, type WatchedPage } from "./browser.js";

let browser: Browser;
let cluster: Cluster;

beforeAll(async () => {
  [browser, cluster] = await Promise.all([
    launchBrowser(),
    startCluster(["--mesh", "mesh1", "--mesh", "mesh2", "--types", "gateway=1,broker=3"]),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await cluster?.stop();
});
afterEach(() => closePages(browser));

async function open(on: Cluster = cluster): Promise<WatchedPage> {
  return await openLive(browser, on);
}

const nodesOf = async () => (await cluster.api<NodeList>("/api/nodes")).nodes;
const detailOf = (name: string) => cluster.api<NodeDetail>(`/api/nodes/${name}`);
const brokerOf = async (mesh: string) =>
  (await nodesOf()).find((node) => node.live && node.type === "broker" && node.mesh === mesh)!.name!;

/** The dialog's last word, once there is one. */
async function outcomeOf(dialog: Locator): Promise<string> {
  const outcome = dialog.locator("[data-testid=action-outcome][data-done]");
  await outcome.waitFor({ timeout: 30_000 });
  return (await outcome.textContent()) ?? "";
}

async function act(page: WatchedPage, kind: string, name: string): Promise<string> {
  // A card under the pointer would have the panel.
  await page.mouse.move(2, 400);
  await show(page, "topology", name);
  await page.getByTestId(`action-${kind}`).click();
  const dialog = page.getByTestId("action-dialog");
  expect(await dialog.getByTestId("action-confirm").textContent()).toContain(name);
  await dialog.getByTestId("action-confirm").click();
  const said = await outcomeOf(dialog);
  await screenshot(page, `action-${kind}`);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  return said;
}

/** All those asked say it. */
const byAll = (word: string) => new RegExp(`${word} by (\\d+) of \\1 after [\\d.]+ s`);

test("spawn: two nodes with budgets come up, all members list them, and the page shows them with these budgets", async () => {
  const page = await open();
  await page.getByTestId("action-spawn").click();
  const dialog = page.getByTestId("spawn-dialog");
  await dialog.getByLabel("mesh", { exact: true }).fill("mesh2");
  await dialog.getByLabel("type").fill("compute");
  await dialog.getByLabel("how many").fill("2");
  await dialog.getByLabel("CPU budget, cores").fill("1.5");
  await dialog.getByLabel("memory budget, MiB").fill("700");
  expect(await dialog.getByTestId("action-confirm").textContent()).toContain("Start 2 × mesh2.compute");
  await expectAccessible(page, "the dialog for new nodes");
  await dialog.getByTestId("action-confirm").click();
  const said = await outcomeOf(dialog);
  expect(said).toContain("2 came up:");
  expect(said.match(/listed by (\d+) of \1 members asked/g)).toHaveLength(2);
  await screenshot(page, "action-spawn");
  await page.keyboard.press("Escape");
  const started = (await nodesOf()).filter(({ type, mesh }) => type === "compute" && mesh === "mesh2");
  expect(started).toHaveLength(2);
  await show(page, "nodes");
  for (const { name } of started)
    await expect.poll(() => page.getByTestId(`node-row-${name}`).textContent()).toMatch(/\/ 1\.5.*\/ 700 MiB/);
  // Asked for a moment before the console itself listed the new nodes.
  expect(page.faults.filter((fault) => !/status of 404/.test(fault))).toEqual([]);
});

test("spawn that is refused is told with its code, and no node comes", async () => {
  const page = await open();
  const before = (await nodesOf()).length;
  await page.getByTestId("action-spawn").click();
  const dialog = page.getByTestId("spawn-dialog");
  await dialog.getByLabel("mesh", { exact: true }).fill("no such/mesh name");
  await dialog.getByTestId("action-confirm").click();
  await dialog.getByText("MESH_E_INVALID_INPUT").waitFor();
  expect((await nodesOf()).length).toBe(before);
});

test("send: the reply, how long it took, and its trace; a name that nobody has is told", async () => {
  const page = await open();
  const to = await brokerOf("mesh2");
  await show(page, "topology", to);
  await page.getByTestId("action-send").click();
  const dialog = page.getByTestId("send-dialog");
  expect(await dialog.getByTestId("action-confirm").textContent()).toContain(to);
  await dialog.getByTestId("action-confirm").click();
  expect(await outcomeOf(dialog)).toMatch(new RegExp(`${to} answered after [\\d.]+ m?s`));
  await screenshot(page, "action-send");
  await dialog.getByRole("link", { name: "its trace" }).click();
  await page.getByTestId("trace-waterfall").waitFor({ timeout: 15_000 });
  await page.keyboard.press("Escape");
  await show(page, "topology");
  await page.getByTestId("action-send-any").click();
  await dialog.getByLabel(/^to/).fill("mesh1.broker.ffffff");
  await dialog.getByTestId("action-confirm").click();
  await dialog.getByText(/MESH_E_/).waitFor();
});

test("demo: stopped and started again, each confirmed, and the strip says so", async () => {
  const page = await open();
  for (const [state, said] of [
    ["off", "is stopped"],
    ["on", "runs"],
  ] as const) {
    await page.getByTestId("action-demo").click();
    const dialog = page.getByTestId("demo-dialog");
    await dialog.getByTestId("action-confirm").click();
    expect(await outcomeOf(dialog)).toContain(said);
    await page.keyboard.press("Escape");
    await expect.poll(() => textOf(page, "demo-state")).toBe(state);
  }
});

test("freeze: the others say that it is suspected or dead; thaw: they say that it is alive again", async () => {
  const page = await open();
  const name = await brokerOf("mesh2");
  expect(await act(page, "freeze", name)).toMatch(byAll("seen suspected or dead"));
  // The others' word was enough for the verdict; the console's own view, which the ring shows first, has the bound of every node.
  await page
    .locator(`[data-testid="card-${name}"]:is([data-ring=suspected],[data-ring=dead])`)
    .waitFor({ timeout: 6_000 });
  expect(await act(page, "thaw", name)).toMatch(/seen alive by (\d+) of \1/);
  await page.locator(`[data-testid="card-${name}"][data-ring=alive]`).waitFor({ timeout: 15_000 });
});

test("restart: the same name and id come back with another process", async () => {
  const page = await open();
  const name = await brokerOf("mesh1");
  const before = await detailOf(name);
  expect(await act(page, "restart", name)).toMatch(byAll("seen alive again"));
  const after = await detailOf(name);
  expect(after.id).toBe(before.id);
  expect(after.process?.pid).not.toBe(before.process?.pid);
  expect(after.generation).toBeGreaterThan(before.generation!);
});

test("kill by the card's button: dead within 5 s because the nodes say so, and why it is not seen is told", async () => {
  const page = await open();
  const [name, other] = [
    await brokerOf("mesh1"),
    (await nodesOf()).find(({ type, mesh }) => type === "gateway" && mesh === "mesh1")!.name!,
  ];
  const { pid } = (await detailOf(name)).process!;
  await page.getByTestId(`kill-${name}`).click();
  const dialog = page.getByTestId("action-dialog");
  await dialog.getByTestId("action-confirm").click();
  await page.locator(`[data-testid="card-${name}"].state-dead`).waitFor({ timeout: 6_000 });
  expect(await outcomeOf(dialog)).toMatch(byAll("seen dead"));
  await page.keyboard.press("Escape");
  expect(isRunning(pid!)).toBe(false);
  await show(page, "topology", other);
  await page.getByTestId("why").click();
  await page.getByTestId("why-whom").selectOption(name);
  await expect.poll(() => textOf(page, "why-answer")).toContain("dead");
  await screenshot(page, "why-not-seen");
});

test("stop: it says goodbye, and all say that it is gone", async () => {
  const page = await open();
  const name = await brokerOf("mesh2");
  expect(await act(page, "stop", name)).toMatch(byAll("seen gone"));
  await page.locator(`[data-testid="card-${name}"].state-left`).waitFor();
});

test("alerts: a node over its memory budget is found, acknowledged, and resolved when it is gone", async () => {
  const page = await open();
  const { spawned } = await cluster.api<SpawnResult>("/api/nodes", {
    method: "POST",
    body: JSON.stringify({ mesh: "mesh1", type: "compute", count: 1, ramBudgetBytes: 24 * 1_048_576 }),
  });
  const name = spawned[0]!.name!;
  await show(page, "alerts");
  const alert = page.getByTestId(`alert-M002-${name}`);
  await alert.waitFor({ timeout: 30_000 });
  await expect.poll(() => textOf(page, "open-alerts")).not.toBe("0");
  await screenshot(page, "alert-open");
  await expectAccessible(page, "alerts");
  await alert.getByRole("button", { name: "Acknowledge" }).click();
  await alert.getByText("acknowledged").waitFor();
  await expect.poll(() => textOf(page, "alerts-acknowledged")).toBe("1");
  await act(page, "stop", name);
  await show(page, "alerts");
  await page.getByTestId(/^resolved-M002/).waitFor({ timeout: 45_000 });
});

test("read-only: the page shows everything and offers no action; the console refuses them too", async () => {
  const quiet = await startCluster(["--mesh", "mesh1", "--types", "broker=2", "--read-only"]);
  try {
    const page = await open(quiet);
    const { nodes } = await quiet.api<NodeList>("/api/nodes");
    const name = nodes.find(({ type }) => type === "broker")!.name!;
    await show(page, "topology", name);
    await page.getByTestId("read-only").waitFor();
    await page.getByTestId("node-panel").waitFor();
    for (const kind of ["spawn", "send-any", "demo", "stop", "kill", "restart", "freeze", "send"])
      expect(await page.getByTestId(`action-${kind}`).count(), kind).toBe(0);
    expect(await page.locator("[data-testid^=kill-]").count()).toBe(0);
    await show(page, "profile", name);
    expect(await page.getByTestId("profile-take").isDisabled()).toBe(true);
    await expect(quiet.api(`/api/nodes/${name}/kill`, { method: "POST" })).rejects.toMatchObject({
      code: "MESH_E_READ_ONLY",
    });
    expect(page.faults).toEqual([]);
  } finally {
    await quiet.stop();
  }
});
