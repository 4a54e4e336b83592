/** 200 nodes on the page: legible as a field of discs, every one found, and long tables that draw what is in sight alone. */
import { availableParallelism, loadavg } from "node:os";
import type { NodeList, SpawnResult } from "@meshwork/console/api-types";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startCluster } from "../support/cluster.js";
import { expectAccessible } from "./axe.js";
import {
  expectNoOverflow,
  launchBrowser,
  openPage,
  screenshot,
  show,
  textOf,
  untilState,
  type WatchedPage,
} from "./browser.js";
import { linkOf, nodeOf, startFixture, TOKEN } from "./fixture-console.js";

const NODES = 200;
const MESHES = ["mesh1", "mesh2", "mesh3", "mesh4"];
const AT_ONCE = 5;
const START_MS = 420_000;
const WALL = { viewport: { width: 1_920, height: 1_080 } };

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** `names` are those of all nodes, the console's among them. */
async function expectLegible(page: WatchedPage, names: readonly string[], shots: string): Promise<void> {
  await expect.poll(() => textOf(page, "nodes-live"), { timeout: 60_000 }).toBe(String(names.length));
  const field = page.getByTestId("field");
  await field.waitFor();
  expect(await field.getAttribute("aria-label")).toContain(`Map of ${names.length} nodes in 4 meshes`);
  await expectNoOverflow(page, "the field");
  await expectAccessible(page, "the field");
  await screenshot(page, `${shots}-field`);

  // Arrows choose one, and the panel tells of it.
  await field.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.url()).toMatch(/#\/topology\/mesh[1-4]\./);
  const chosen = decodeURIComponent(page.url().split("#/topology/")[1]!);
  await page.getByTestId("node-panel").getByText(chosen).first().waitFor();
  expect(await page.getByTestId("panel-links").locator("li").count()).toBeGreaterThan(0);
  await screenshot(page, `${shots}-chosen`);

  // The filter finds any one.
  const wanted = names.find((name) => name.startsWith("mesh2.registry."))!;
  await page.keyboard.press("/");
  await page.keyboard.type(wanted);
  await expect.poll(() => textOf(page, "filter-count")).toBe(`1 of ${names.length}`);
  await page.keyboard.press("Enter");
  await expect.poll(() => decodeURIComponent(page.url())).toContain(wanted);
  await page.getByTestId("filter-clear").click();

  // Nearer, the picture is another one.
  const before = await field.screenshot();
  for (let step = 0; step < 4; step += 1) await page.getByRole("button", { name: "nearer" }).click();
  await expect.poll(async () => (await field.screenshot()).equals(before)).toBe(false);
  await screenshot(page, `${shots}-near`);

  // The table draws what is in sight, and the rest as one comes to it.
  await show(page, "nodes");
  await page.getByTestId("sort-name").click();
  const [first, last] = [[...names].sort()[0], [...names].sort().at(-1)];
  const row = (name?: string) => page.getByTestId(`node-row-${name}`);
  await row(first).waitFor();
  expect(await page.locator("[data-testid^=node-row-]").count()).toBeLessThan(100);
  expect(await row(last).count()).toBe(0);
  await page.evaluate(
    "window.scrollBy(0, document.querySelector('.nodes-table').getBoundingClientRect().bottom - window.innerHeight)",
  );
  await row(last).waitFor();
  expect(await row(first).count()).toBe(0);
  expect(page.faults).toEqual([]);
}

test("200 made-up nodes", async () => {
  const types = ["broker", "compute", "registry"];
  const nodes = MESHES.flatMap((mesh) =>
    Array.from({ length: NODES / 4 }, (_, at) => nodeOf(mesh, types[at % 3]!, at)),
  );
  const links = nodes.flatMap((node, at) => {
    const next = nodes.slice(at + 1, at + 4).filter(({ mesh }) => mesh === node.mesh);
    return next.map(({ id }) => linkOf(node.mesh, node.id!, id!));
  });
  const all = [...nodes, nodeOf("mesh1", "console", 7)];
  const fixture = await startFixture(all, links);
  try {
    const page = await openPage(browser, `${fixture.url}/#token=${TOKEN}`, WALL);
    await untilState(page, "live");
    await expectLegible(
      page,
      all.map(({ name }) => name!),
      "made-up-200",
    );
  } finally {
    await fixture.close();
  }
});

test(
  "200 real nodes in one process",
  async ({ skip }) => {
    const [load] = loadavg();
    if (load! > 2 * availableParallelism())
      skip(`the machine is busy (load ${load!.toFixed(1)}): 200 nodes on one event loop need a core for themselves`);
    const meshes = MESHES.flatMap((mesh) => ["--mesh", mesh]);
    const sizes = ["--types", "broker=8,compute=8,registry=4", "--max-nodes", "240"];
    const cluster = await startCluster(["--inline", "--no-traffic", ...meshes, ...sizes]);
    try {
      // One event loop boots each further node more slowly: a few at a time, and again what was not ready in time.
      for (let started = 80, turn = 0; started < NODES; turn += 1) {
        const order = { mesh: MESHES[turn % 4], type: "broker", count: Math.min(AT_ONCE, NODES - started) };
        const { spawned } = await cluster.api<SpawnResult>("/api/nodes", {
          method: "POST",
          body: JSON.stringify(order),
        });
        started += spawned.length;
      }
      const page = await openPage(browser, `${cluster.url}/#token=${cluster.token}`, WALL);
      await untilState(page, "live");
      const { nodes } = await cluster.api<NodeList>("/api/nodes");
      const live = nodes.filter((node) => node.live);
      expect(live).toHaveLength(NODES + 1);
      await expectLegible(
        page,
        live.map(({ name }) => name!),
        "real-200",
      );
    } finally {
      await cluster.stop();
    }
  },
  START_MS,
);
