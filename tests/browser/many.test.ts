/** 200 real nodes in one process: the map is legible, every node is found, and the long tables draw what is in sight alone. */
import type { NodeList, SpawnResult } from "@meshwork/console/api-types";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.js";
import { expectAccessible } from "./axe.js";
import { expectNoOverflow, launchBrowser, openPage, screenshot, show, textOf, untilState } from "./browser.js";

const NODES = 200;
const MESHES = ["mesh1", "mesh2", "mesh3", "mesh4"];
const AT_ONCE = 5;
const START_MS = 420_000;

let browser: Browser;
let cluster: Cluster;

/** Their one event loop boots each further node more slowly; one that is not ready in time is started anew. */
beforeAll(async () => {
  const sizes = [...MESHES.flatMap((mesh) => ["--mesh", mesh]), "--types", "broker=8,compute=8,registry=4"];
  [browser, cluster] = await Promise.all([
    launchBrowser(),
    startCluster(["--inline", "--no-traffic", "--max-nodes", "240", ...sizes]),
  ]);
  for (let started = 80, turn = 0; started < NODES; turn += 1) {
    const order = { mesh: MESHES[turn % MESHES.length], type: "broker", count: Math.min(AT_ONCE, NODES - started) };
    started += await cluster
      .api<SpawnResult>("/api/nodes", { method: "POST", body: JSON.stringify(order) })
      .then(({ spawned }) => spawned.length);
  }
}, START_MS);
afterAll(async () => {
  await browser?.close();
  await cluster?.stop();
});

test("200 nodes: a field of discs, each found by the filter, the keyboard and a click; tables stay short", async () => {
  const page = await openPage(browser, `${cluster.url}/#token=${cluster.token}`, {
    viewport: { width: 1920, height: 1080 },
  });
  await untilState(page, "live");
  await expect.poll(() => textOf(page, "nodes-live"), { timeout: 60_000 }).toBe(String(NODES + 1));
  const field = page.getByTestId("field");
  await field.waitFor();
  expect(await field.getAttribute("aria-label")).toContain(`Map of ${NODES + 1} nodes in 4 meshes`);
  await expectNoOverflow(page, "the field of 200");
  await expectAccessible(page, "the field of 200");
  await screenshot(page, "topology-200-nodes");

  // Arrows choose one, and the panel tells of it.
  await field.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.url()).toMatch(/#\/topology\/mesh[1-4]\./);
  const name = decodeURIComponent(page.url().split("#/topology/")[1]!);
  await page.getByTestId("node-panel").getByText(name).first().waitFor();
  expect(await page.getByTestId("panel-links").locator("li").count()).toBeGreaterThan(0);
  await screenshot(page, "topology-200-chosen");

  // The filter finds any one.
  const { nodes } = await cluster.api<NodeList>("/api/nodes");
  const wanted = nodes.find(({ type, mesh }) => type === "registry" && mesh === "mesh2")!.name!;
  await page.keyboard.press("/");
  await page.keyboard.type(wanted);
  await expect.poll(() => textOf(page, "filter-count")).toBe(`1 of ${NODES + 1}`);
  await page.keyboard.press("Enter");
  expect(decodeURIComponent(page.url())).toContain(wanted);
  await page.getByTestId("filter-clear").click();

  // Nearer, names and figures are written; the picture is another one.
  const before = await field.screenshot();
  for (let step = 0; step < 4; step += 1) await page.getByRole("button", { name: "nearer" }).click();
  await expect.poll(async () => (await field.screenshot()).equals(before)).toBe(false);
  await screenshot(page, "topology-200-near");

  // The table draws what is in sight, and the rest as one comes to it.
  await show(page, "nodes");
  const rows = page.locator("[data-testid^=node-row-]");
  await expect.poll(() => rows.count()).toBeGreaterThan(20);
  expect(await rows.count()).toBeLessThan(100);
  const last = await page.evaluate("document.querySelector('.nodes-table').getBoundingClientRect().bottom");
  await page.evaluate(`window.scrollTo(0, ${Number(last) - 700})`);
  const names = nodes.map((node) => node.name!).sort();
  await page.getByTestId("sort-name").click();
  await page.getByTestId(`node-row-${names.at(-1)}`).waitFor();
  expect(await page.getByTestId(`node-row-${names[0]}`).count()).toBe(0);
  expect(page.faults).toEqual([]);
});
