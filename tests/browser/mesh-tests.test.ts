/** The Tests tab on a real console: a test from its button to its result, one ended from the page, and what is said where it is not allowed. */
import { readdirSync, readFileSync } from "node:fs";
import type { TestRun, TestRunList } from "@meshwork/console/api-types";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.js";
import { expectAccessible } from "./axe.js";
import { closePages, expectNoOverflow, launchBrowser, openLive, screenshot, textOf } from "./browser.js";
import { demoNodes, snapshotOf, startFixture } from "./fixture-console.js";

let browser: Browser;
let cluster: Cluster;

beforeAll(async () => {
  const shape = ["--chaos", "--mesh", "mesh1", "--types", "broker=2"];
  [browser, cluster] = await Promise.all([launchBrowser(), startCluster(shape)]);
});
afterAll(async () => {
  await browser?.close();
  await cluster?.stop();
});
afterEach(() => closePages(browser));

const open = () => openLive(browser, cluster, "tests");

const runsOf = async () => (await cluster.api<TestRunList>("/api/tests/runs")).runs;

/** Command lines of the machine's processes that were started by the console, and by those. */
function below(pid: number): string[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended.
    }
  }
  const isBelow = (one: number | undefined): boolean =>
    one !== undefined && one > 1 && (one === pid || isBelow(parents.get(one)));
  return [...parents].flatMap(([one, parent]) => {
    if (!isBelow(parent)) return [];
    try {
      return [readFileSync(`/proc/${one}/cmdline`, "utf8").replaceAll("\0", " ")];
    } catch {
      return [];
    }
  });
}

test("a test is run by its button: its result on the page is the API's", async () => {
  const page = await open();
  await page.getByTestId("tests-idle").waitFor();
  expect(await page.locator("[data-testid^=run-test-]").count()).toBe(12);
  await expectAccessible(page, "the Tests tab");
  await page.getByTestId("run-test-unknown-tag").click();
  const result = page.locator("[data-testid=result-unknown-tag]").first();
  await result.waitFor({ timeout: 60_000 });
  await page.getByTestId("tests-idle").waitFor();
  const [run] = await runsOf();
  expect(run).toMatchObject({ state: "done", tests: ["unknown-tag"], counts: { passed: 1, failed: 0 } });
  expect(await result.getAttribute("data-outcome")).toBe("passed");
  expect(await result.textContent()).toContain(run!.results[0]!.detail);
  expect(await textOf(page, "test-unknown-tag")).toContain("passed");
  await expectNoOverflow(page, "the Tests tab");
  await screenshot(page, "tests-result");
  expect(page.faults).toEqual([]);
});

test("a test that has processes of its own is ended from the page, and they with it", async () => {
  const page = await open();
  await page.getByTestId("run-test-mesh-to-mesh").click();
  await page.locator("[data-testid=tests-current] progress").waitFor({ timeout: 30_000 });
  await expect
    .poll(() => below(cluster.consolePid).filter((line) => line.includes("chaos-agent")).length, { timeout: 30_000 })
    .toBeGreaterThan(0);
  expect(await page.getByTestId("run-test-unknown-tag").isDisabled()).toBe(true);
  await expectAccessible(page, "a test that is on");
  await screenshot(page, "tests-running");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoOverflow(page, "the Tests tab");
  await page.getByTestId("tests-stop").click();
  await expect.poll(async () => (await runsOf())[0]?.state, { timeout: 30_000 }).toBe("stopped");
  await page.getByTestId("tests-idle").waitFor();
  expect(below(cluster.consolePid)).toEqual([]);
  expect(page.faults).toEqual([]);
});

test("without --chaos the tab says what would allow it", async () => {
  const fixture = await startFixture(demoNodes(), []);
  try {
    const page = await openLive(browser, fixture, "tests");
    await page.getByText("This console runs no tests").waitFor();
    await expectAccessible(page, "the refusal");
    expect(page.faults).toEqual([]);
  } finally {
    await fixture.close();
  }
});

test("runs are asked for when the stream says that they have changed, and not before; the time goes on all the same", async () => {
  const fixture = await startFixture(demoNodes(), []);
  const runs = "/api/tests/runs";
  const asked = () => fixture.asked.filter((path) => path === runs).length;
  const tell = (changes: number, run: TestRun) => {
    fixture.setAnswer(runs, { runs: [run] });
    fixture.send({ cluster: { ...snapshotOf(demoNodes(), []).cluster, tests: { changes } } });
  };
  try {
    fixture.setAnswer("/api/tests", { tests: [] });
    const page = await openLive(browser, fixture, "tests");
    tell(1, runOf(["two endpoints are up"]));
    const current = page.getByTestId("tests-current");
    await current.getByText("two endpoints are up").waitFor();
    expect(asked()).toBe(1);
    await current.getByText(/^([4-9]|1\d)(\.\d+)? s of about 30 s$/).waitFor();
    expect(asked()).toBe(1);
    tell(2, runOf(["two endpoints are up", "the stream is refused"]));
    await current.getByText("the stream is refused").waitFor();
    expect(asked()).toBe(2);
    expect(page.faults).toEqual([]);
  } finally {
    await fixture.close();
  }
});

function runOf(progress: string[]): TestRun {
  return {
    ...{ id: 1, state: "running", tests: ["unknown-tag"], seed: 1, ageMs: 10, tookMs: null, results: [] },
    current: { test: "unknown-tag", elapsedMs: 0, expectedMs: 30_000, progress },
    ...{ counts: { passed: 0, failed: 0 }, error: null },
  };
}
