/** The Chaos tab on real processes: a fault from its button to its verdict, undone from the page, and what is said where it is not allowed. */
import type { ChaosRunList, ClusterSummary, NodeList } from "@meshwork/console/api-types";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.js";
import { expectAccessible } from "./axe.js";
import {
  closePages,
  expectNoOverflow,
  launchBrowser,
  openLive,
  screenshot,
  show,
  textOf,
  valuesOf,
} from "./browser.js";
import { demoNodes, startFixture } from "./fixture-console.js";

let browser: Browser;
let cluster: Cluster;

beforeAll(async () => {
  const shape = ["--chaos", "--mesh", "mesh1", "--mesh", "mesh2", "--types", "gateway=1,broker=4"];
  [browser, cluster] = await Promise.all([launchBrowser(), startCluster(shape)]);
});
afterAll(async () => {
  await browser?.close();
  await cluster?.stop();
});
afterEach(() => closePages(browser));

const open = () => openLive(browser, cluster, "chaos");

const runsOf = async () => (await cluster.api<ChaosRunList>("/api/chaos/runs")).runs;

test("a node is killed by name: the strip says so, each survivor's waited time is shown, and the verdict is the API's", async () => {
  const page = await open();
  const target = (await cluster.api<NodeList>("/api/nodes")).nodes.find(({ type }) => type === "broker")!.name!;
  await page.getByTestId("chaos-idle").waitFor();
  expect(await textOf(page, "fault-slow-link")).toContain("needs the lab");
  await screenshot(page, "chaos-idle");
  await page.getByTestId("run-kill-node").click();
  const dialog = page.getByTestId("chaos-dialog");
  expect(await dialog.getByTestId("action-confirm").textContent()).toBe("Do kill-node to a node drawn at random");
  await dialog.getByLabel("target").selectOption(target);
  expect(await dialog.getByTestId("action-confirm").textContent()).toBe(`Do kill-node to ${target}`);
  await dialog.getByLabel("lasts at least, seconds").fill("9");
  await expectAccessible(page, "the dialog of a chaos run");
  await screenshot(page, "chaos-dialog");
  await dialog.getByTestId("action-confirm").click();
  await dialog.waitFor({ state: "detached" });

  await page.locator("[data-testid=chaos-phase][data-phase=holding]").waitFor({ timeout: 30_000 });
  expect((await cluster.api<ClusterSummary>("/api/cluster")).chaos?.running).toBe(1);
  await expect.poll(() => textOf(page, "chaos-state")).toBe("1 active");
  expect(await page.getByTestId("run-burst-kill").isDisabled()).toBe(true);
  await expectAccessible(page, "a running fault");
  await screenshot(page, "chaos-running");

  const verdict = page.locator("[data-testid=verdict-kill-node]").first();
  await verdict.waitFor({ timeout: 60_000 });
  await page.getByTestId("chaos-idle").waitFor();
  const [run] = await runsOf();
  const [said] = run!.verdicts;
  expect(said).toMatchObject({ fault: "kill-node", outcome: "passed", targets: [target], reverted: true });
  expect(await verdict.getAttribute("data-outcome")).toBe("passed");
  await verdict.locator("summary").click();
  const waited = (await valuesOf(page, "chaos-wait", "data-waited-ms")).map(Number).sort((a, b) => a - b);
  expect(waited).toEqual(said!.witnesses.map(({ waitedMs }) => waitedMs!).sort((a, b) => a - b));
  // Four other brokers, and the gateways of both meshes.
  expect(waited).toHaveLength(5);
  await expectAccessible(page, "a verdict");
  await expectNoOverflow(page, "the Chaos tab");
  await screenshot(page, "chaos-verdict");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoOverflow(page, "the Chaos tab");
  await screenshot(page, "chaos-narrow");
  await page.setViewportSize({ width: 1280, height: 800 });

  // The timeline has it in the lane of faults.
  await show(page, "timeline");
  await page.getByText(`kill-node is done to ${target}`).first().waitFor({ state: "attached" });
  await screenshot(page, "chaos-timeline");
  expect(page.faults).toEqual([]);
});

test("a fault is undone from the page before everybody knows: it fails, and says why", async () => {
  const page = await open();
  const before = (await runsOf()).length;
  await page.getByTestId("run-kill-node").click();
  await page.getByTestId("chaos-dialog").getByTestId("action-confirm").click();
  await page.locator("[data-testid=chaos-phase][data-phase=watching]").waitFor({ timeout: 60_000 });
  await page.getByTestId("chaos-revert").click();
  await expect.poll(async () => (await runsOf())[0]?.state, { timeout: 60_000 }).toBe("done");
  const runs = await runsOf();
  expect(runs).toHaveLength(before + 1);
  expect(runs[0]!.verdicts[0]).toMatchObject({ outcome: "failed", reverted: true });
  const latest = page.locator("[data-testid=verdict-kill-node]").first();
  await latest.locator(".bad").first().waitFor();
  expect(await latest.textContent()).toContain("undone before every witness had its time");
  await screenshot(page, "chaos-failed");
});

test("without --chaos, and read-only, the tab says what would allow it", async () => {
  const fixture = await startFixture(demoNodes(), []);
  try {
    const page = await openLive(browser, fixture, "chaos");
    await page.getByText("This console may do no harm to its cluster").waitFor();
    await page.getByText("mesh up --chaos").waitFor();
    await expectAccessible(page, "the refusal");
    await screenshot(page, "chaos-refused");
    expect(page.faults).toEqual([]);
  } finally {
    await fixture.close();
  }
});
