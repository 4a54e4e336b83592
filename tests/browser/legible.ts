/** What has to hold of the page with 200 nodes in four meshes: a field of discs, every one found, and tables that draw what is in sight alone. */
import { expect } from "vitest";
import { expectAccessible } from "./axe.js";
import { expectNoOverflow, screenshot, show, textOf, type WatchedPage } from "./browser.js";

export const NODES = 200;
export const MESHES = ["mesh1", "mesh2", "mesh3", "mesh4"];
export const TYPES = ["broker", "compute", "registry"];
export const WALL = { viewport: { width: 1_920, height: 1_080 } };

/** `names` are those of all nodes, the console's among them. */
export async function expectLegible(page: WatchedPage, names: readonly string[], shots: string): Promise<void> {
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
