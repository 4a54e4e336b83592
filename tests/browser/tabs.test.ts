/** What each view lets a reader do, against a really running cluster. That it shows the right figures: cluster.test.ts. */
import type { MessageList, NodeList, TraceList } from "@meshwork/console/api-types";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.js";
import { expectAccessible } from "./axe.js";
import {
  closePages,
  expectNoOverflow,
  launchBrowser,
  openPage,
  screenshot,
  show,
  TABS,
  textOf,
  untilAnswered,
  untilState,
  valuesOf,
  type WatchedPage,
} from "./browser.js";

const JAEGER = "http://127.0.0.1:16686/jaeger";

let browser: Browser;
let cluster: Cluster;

beforeAll(async () => {
  const sizes = ["--chaos", "--mesh", "mesh1", "--mesh", "mesh2", "--types", "gateway=1,broker=2,compute=1,registry=1"];
  [browser, cluster] = await Promise.all([launchBrowser(), startCluster(sizes, { MESH_JAEGER_URL: JAEGER })]);
});
afterAll(async () => {
  await browser?.close();
  await cluster?.stop();
});
afterEach(() => closePages(browser));

async function open(options: Parameters<typeof openPage>[2] = {}, search = ""): Promise<WatchedPage> {
  const page = await openPage(browser, `${cluster.url}/${search}#token=${cluster.token}`, options);
  await untilState(page, "live");
  return page;
}

const nodesOf = async () => (await cluster.api<NodeList>("/api/nodes")).nodes.filter(({ live }) => live);
const LIVE = 11;
/** Longer than any view waits between two questions. */
const QUIET_MS = 5_000;

/** Whether the list stays as long as it is for so long. */
async function stillFor(list: readonly unknown[], ms: number): Promise<boolean> {
  const before = list.length;
  await new Promise((resolve) => setTimeout(resolve, ms));
  return list.length === before;
}

describe("nodes", () => {
  const names = async (page: WatchedPage) =>
    (await valuesOf(page, "", "data-testid", "[data-testid^=node-row-]")).map((id) => id.slice("node-row-".length));

  test("a head sorts by its column, again the other way round, and the address keeps it", async () => {
    const page = await open();
    await show(page, "nodes");
    await expect.poll(async () => (await names(page)).length).toBe(LIVE);
    await page.getByTestId("sort-name").click();
    await expect.poll(() => names(page)).toEqual((await nodesOf()).map(({ name }) => name!).sort());
    await page.getByTestId("sort-name").click();
    await expect
      .poll(() => names(page))
      .toEqual(
        (await nodesOf())
          .map(({ name }) => name!)
          .sort()
          .reverse(),
      );
    expect(page.url()).toContain("sort=-name");
    await page.getByTestId("sort-up").click();
    await page.reload();
    await untilState(page, "live");
    await expect.poll(() => page.getByTestId("sort-up").locator("..").getAttribute("aria-sort")).toBe("descending");
    const uptimes = new Map((await nodesOf()).map(({ name, uptimeMs }) => [name, uptimeMs!]));
    const shown = (await names(page)).map((name) => uptimes.get(name)!);
    // Each node's figure is as old as its last report, up to a second: so much may the order of two be off.
    for (const [at, next] of shown.slice(1).entries()) expect(shown[at]).toBeGreaterThan(next - 1_000);
    expect(shown[0]).toBeGreaterThan(shown.at(-1)!);
  });

  test("the filter leaves whom it names, as rows and as cards, and its address shows the same", async () => {
    const page = await open();
    await show(page, "nodes");
    await page.keyboard.press("/");
    await page.keyboard.type("broker");
    await page.getByTestId("filter-mesh").selectOption("mesh2");
    await expect.poll(async () => (await names(page)).length).toBe(2);
    await page.getByTestId("nodes-view").click();
    await expect.poll(() => page.locator("[data-testid^=node-tile-]").count()).toBe(2);
    await expectAccessible(page, "nodes as cards");
    expect(page.url()).toMatch(/\?.*q=broker.*mesh=mesh2.*view=cards/);
    await page.reload();
    await untilState(page, "live");
    await expect.poll(() => page.locator("[data-testid^=node-tile-]").count()).toBe(2);
    await page.getByTestId("filter-clear").click();
    await expect.poll(() => page.locator("[data-testid^=node-tile-]").count()).toBe(LIVE);
    await screenshot(page, "nodes-cards");
  });
});

describe("messages", () => {
  test("are found by words and outcome, and one is decoded with what both ends told", async () => {
    const page = await open();
    await show(page, "messages");
    await page.getByTestId("message-row").first().waitFor({ timeout: 20_000 });
    await page.keyboard.press("/");
    await page.keyboard.type("produce gateway");
    const texts = () => page.getByTestId("message-row").allTextContents();
    await expect.poll(async () => (await texts()).length, { timeout: 20_000 }).toBeGreaterThan(0);
    for (const text of await texts()) expect(text).toMatch(/gateway.*produce/);
    await page.getByTestId("message-between").selectOption("meshes");
    await expect.poll(async () => (await texts()).length, { timeout: 20_000 }).toBeGreaterThan(0);
    for (const text of await texts()) expect(text).toContain("other mesh");
    await page.getByRole("button", { name: "Hold" }).click();
    const { messages } = await cluster.api<MessageList>("/api/messages");
    await page.getByTestId("message-open").last().click();
    const detail = page.getByTestId("message-detail");
    await detail.waitFor();
    const key = decodeURIComponent(page.url().split("#/messages/")[1]!);
    const message = messages.find((each) => each.key === key)!;
    for (const told of [message.from!, message.to!, "mesh.operation", "produce"])
      await expect.poll(() => detail.textContent()).toContain(told);
    await expectAccessible(page, "a decoded message");
    await screenshot(page, "message-decoded");
    await page.getByTestId("message-outcome").selectOption("failed");
    await expect.poll(() => page.getByTestId("message-count").textContent()).toMatch(/^0 of/);
  });
});

describe("traces", () => {
  test("are searched by service, operation, duration and error; the list is what the API finds", async () => {
    const page = await open({}, "?meshes=any&kind=message");
    await show(page, "traces");
    await page.getByTestId("trace-row").first().waitFor({ timeout: 20_000 });
    await page.keyboard.press("/");
    await page.keyboard.type("schema");
    await page.getByTestId("trace-service").selectOption("registry");
    await expect.poll(() => page.getByTestId("trace-row").count(), { timeout: 20_000 }).toBeGreaterThan(0);
    for (const text of await page.getByTestId("trace-row").allTextContents()) expect(text).toMatch(/schema|produce/);
    const { traces } = await cluster.api<TraceList>("/api/traces?kind=message&limit=200");
    const slow = [...traces].sort((a, b) => b.durationMs - a.durationMs)[0]!;
    await page.getByTestId("trace-clear").click();
    await page.getByTestId("trace-min").fill(String(slow.durationMs));
    await page.getByTestId("trace-meshes").selectOption("any");
    await page.locator(`a[href="#/traces/${slow.traceId}"]`).waitFor();
    await page.getByTestId("trace-min").fill("86400000");
    await page.getByText("No such trace is in the store").waitFor();
    await page.getByTestId("trace-clear").click();
    await page.getByTestId("trace-errors").selectOption("only");
    expect(page.url()).toContain("errors=only");
    await show(page, "traces", slow.traceId);
    expect(await page.getByTestId("jaeger-link").getAttribute("href")).toBe(`${JAEGER}/trace/${slow.traceId}`);
    expect(page.faults).toEqual([]);
  });

  test("come by themselves", async () => {
    const page = await open();
    await show(page, "traces");
    const newest = () => page.locator("[data-testid=trace-row] a").first().getAttribute("href", { timeout: 20_000 });
    const before = await newest();
    await expect.poll(newest, { timeout: 20_000 }).not.toBe(before);
  });
});

test("no view polls: while nothing happens in the mesh, nothing is asked", async () => {
  const page = await open();
  const asked: string[] = [];
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith("/api/") && path !== "/api/stream") asked.push(path);
  });
  await cluster.api("/api/demo", { method: "DELETE" });
  try {
    const node = (await nodesOf())[0]!.name!;
    for (const [tab, item] of [
      ["traces"],
      ["directory", node],
      ["boot", node],
      ["timeline"],
      ["alerts"],
      ["runtime"],
      ["chaos"],
      ["tests"],
    ]) {
      await show(page, tab!, item);
      await untilAnswered(page);
      // The last messages of the demo may still come in.
      await expect.poll(() => stillFor(asked, QUIET_MS), { timeout: 20_000, message: tab! }).toBe(true);
    }
  } finally {
    await cluster.api("/api/demo", { method: "POST" });
  }
});

test("directory: two nodes of different meshes differ by nobody they share; the address names both", async () => {
  const page = await open();
  const [one, other] = (await nodesOf()).filter(({ type, mesh }) => type === "broker" && mesh === "mesh1");
  await show(page, "directory");
  await page.getByTestId("directory-as").selectOption(one!.name!);
  await page.getByTestId("directory-with").selectOption(other!.name!);
  await expect.poll(() => textOf(page, "directory-difference")).toContain("They do not disagree about anybody");
  expect(decodeURIComponent(page.url())).toContain(`#/directory/${one!.name}/${other!.name}`);
  await screenshot(page, "directory-compared");
});

test("timeline: the scrubber takes the map back, and forth again; marks are filtered by lane", async () => {
  const page = await open();
  await show(page, "timeline");
  await page.getByTestId("mark-joins").first().waitFor();
  const cards = () => page.locator("[data-testid=timeline-map] [data-testid^=card-]").count();
  await expect.poll(cards).toBe(LIVE);
  await page.getByTestId("scrubber").focus();
  await page.keyboard.press("Home");
  await expect.poll(() => textOf(page, "moment")).toContain("The mesh as it was at");
  await expect.poll(cards, { timeout: 10_000 }).toBeLessThan(LIVE);
  // What is past is looked at, not acted on.
  expect(await page.getByTestId("action-spawn").count()).toBe(0);
  await screenshot(page, "timeline-past");
  await page.getByTestId("moment-now").click();
  await expect.poll(cards).toBe(LIVE);
  await page.getByTestId("lane-filter-joins").uncheck();
  await expect.poll(() => page.getByTestId("mark-joins").count()).toBe(0);
  expect(page.faults).toEqual([]);
});

test("runtime: every node with its memory and collections, one of them in full, by a stream of its own", async () => {
  const page = await open();
  await show(page, "runtime");
  await expect.poll(() => page.locator("[data-testid^=runtime-row-]").count(), { timeout: 10_000 }).toBe(LIVE);
  const node = (await nodesOf()).find(({ type }) => type === "broker")!.name!;
  await page.getByTestId(`runtime-row-${node}`).getByRole("link").click();
  const { sizes } = await cluster.api(`/api/nodes/${node}`);
  const filled = Object.entries(sizes as Record<string, number>).filter(([, size]) => size > 0);
  expect(filled.length).toBeGreaterThan(5);
  await expect.poll(() => textOf(page, "runtime-collections")).toContain("directoryEntries");
  expect(page.faults).toEqual([]);
});

test("profile: taken of a node, with flame graph, share that is not seen, threads and both downloads", async () => {
  const page = await open();
  const node = (await nodesOf()).find(({ type, mesh }) => type === "gateway" && mesh === "mesh1")!.name!;
  await show(page, "profile", node);
  await page.getByTestId("profile-seconds").selectOption("1");
  await page.getByTestId("profile-take").click();
  await page.getByTestId("profile-report").waitFor({ timeout: 20_000 });
  expect(await textOf(page, "profile-unseen")).toMatch(/^\d+ %$/);
  expect(await textOf(page, "profile-threads")).toMatch(/\S/);
  await page.getByTestId("flame-canvas").waitFor();
  for (const [button, ending] of [
    [/cpuprofile/, ".cpuprofile"],
    [/folded/, ".folded"],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button }).click(),
    ]);
    expect(download.suggestedFilename()).toContain(ending);
  }
  await expectAccessible(page, "a profile");
  await screenshot(page, "profile-taken");
  expect(page.faults).toEqual([]);
});

describe("keyboard", () => {
  test("? tells the keys, Escape closes; / is a character in a field, and the search elsewhere", async () => {
    const page = await open();
    await page.keyboard.press("?");
    await page.getByTestId("help").waitFor();
    await expectAccessible(page, "the list of keys");
    await screenshot(page, "help");
    await page.keyboard.press("Escape");
    await page.getByTestId("help").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await page.keyboard.type("a/?b");
    expect(await page.getByTestId("filter-text").inputValue()).toBe("a/?b");
    await show(page, "alerts");
    await page.evaluate("document.activeElement?.blur()");
    await page.keyboard.press("/");
    await expect.poll(() => page.evaluate("document.activeElement.dataset.testid")).toBe("filter-text");
    expect(page.url()).toContain("#/topology");
  });

  test("arrows walk from card to card, and Enter keeps the node; Enter in the search goes to the first that fits", async () => {
    const page = await open();
    await page.locator("[data-testid^=card-]").first().waitFor();
    const at = () => page.evaluate("document.activeElement.closest('[data-testid]')?.dataset.testid ?? ''");
    await page.keyboard.press("ArrowDown");
    const first = (await at()) as string;
    expect(first).toMatch(/^card-/);
    await page.keyboard.press("ArrowDown");
    const second = (await at()) as string;
    expect(second).toMatch(/^card-/);
    expect(second).not.toBe(first);
    await page.keyboard.press("ArrowUp");
    expect(await at()).toBe(first);
    await page.keyboard.press("Enter");
    expect(decodeURIComponent(page.url())).toContain(`#/topology/${first.slice("card-".length)}`);
    await page.keyboard.press("/");
    await page.keyboard.type("mesh2.registry");
    await page.keyboard.press("Enter");
    expect(decodeURIComponent(page.url())).toContain("#/topology/mesh2.registry.");
    expect(await page.locator(".card.faded").count()).toBe(LIVE - 1);
  });
});

describe.each(["dark", "light"] as const)("%s", (colorScheme) => {
  test("every view keeps axe's rules", async () => {
    const page = await open({ colorScheme });
    const node = (await nodesOf()).find(({ type }) => type === "gateway")!.name!;
    for (const [tab, item] of [...TABS.map((tab) => [tab] as const), ["topology", node], ["boot", node]] as const) {
      await show(page, tab, item);
      await untilAnswered(page);
      await expectAccessible(page, `${tab} ${item ?? ""}`);
    }
  });

  test("every view on a phone: to be read without moving it sideways", async () => {
    const page = await open({ colorScheme, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    for (const tab of TABS) {
      await show(page, tab);
      await untilAnswered(page);
      await expectNoOverflow(page, tab);
      await screenshot(page, `${tab}-390-${colorScheme}`);
    }
    expect(page.faults).toEqual([]);
  });
});
