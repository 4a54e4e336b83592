/** States that a healthy cluster does not show, against a stand-in for the console. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  expectNoOverflow,
  launchBrowser,
  openPage,
  screenshot,
  show,
  textOf,
  untilState,
  valuesOf,
} from "./browser.js";
import {
  DIST,
  demoLinks,
  demoNodes,
  type FixtureConsole,
  idOf,
  linkOf,
  nodeOf,
  startFixture,
  TOKEN,
} from "./fixture-console.js";

let browser: Browser;
let fixture: FixtureConsole | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await fixture?.close();
  fixture = undefined;
});

async function open(...[nodes, links]: Parameters<typeof startFixture>) {
  fixture = await startFixture(nodes, links);
  const page = await openPage(browser, `${fixture.url}/#token=${TOKEN}`);
  await untilState(page, "live");
  return { page, fixture };
}

describe("token", () => {
  test("without one the page says what to do, and takes one that is pasted", async () => {
    fixture = await startFixture(demoNodes(), []);
    const page = await openPage(browser, fixture.url);
    await page.getByTestId("token-gate").waitFor();
    expect(await page.textContent("main")).toContain("needs the console's token");
    await screenshot(page, "token-missing");
    await page.getByLabel("Token or address").fill("not a token");
    await page.getByRole("button", { name: "Open" }).click();
    expect(await page.textContent("main")).toContain("neither a token nor an address");
    await page.getByLabel("Token or address").fill(`${fixture.url}/#token=${TOKEN}`);
    await page.getByRole("button", { name: "Open" }).click();
    await untilState(page, "live");
    expect(page.faults).toEqual([]);
  });

  test("goes from the address bar to the session, and serves the next load", async () => {
    const { page } = await open(demoNodes(), []);
    expect(page.url()).not.toContain(TOKEN);
    expect(await page.evaluate("history.length")).toBeLessThanOrEqual(2);
    await page.reload();
    await untilState(page, "live");
  });

  test("a refused one is told with the console's words, and forgotten", async () => {
    fixture = await startFixture(demoNodes(), []);
    const page = await openPage(browser, `${fixture.url}/#token=wrong`);
    await page.getByTestId("token-gate").waitFor();
    expect(await page.textContent("main")).toContain("the bearer token is missing or wrong");
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    await screenshot(page, "token-refused");
    await page.goto(`${fixture.url}/#token=${TOKEN}`);
    await untilState(page, "live");
  });
});

describe("connection", () => {
  test("a stream that falls silent: stale within 7 s, greyed, with its age; then live again", async () => {
    const { page, fixture } = await open(demoNodes(), []);
    fixture.setSilent(true);
    await untilState(page, "stale", 7_500);
    await page.locator("[data-testid=view][data-stale]").waitFor();
    expect(await textOf(page, "stale-note")).toMatch(/What you see is \d+ s old/);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.figures')).opacity")).toBe("0.5");
    const age = Number.parseInt(await textOf(page, "data-age"), 10);
    expect(age).toBeGreaterThanOrEqual(5);
    await screenshot(page, "stale");
    await expect
      .poll(async () => Number.parseInt(await textOf(page, "data-age"), 10), { timeout: 4_000 })
      .toBeGreaterThan(age);
    fixture.setSilent(false);
    await untilState(page, "live");
    expect(await page.locator("[data-testid=view][data-stale]").count()).toBe(0);
  });

  test("a stream that breaks is resumed from its last event", async () => {
    const { page, fixture } = await open(demoNodes(), []);
    fixture.breakStreams();
    await expect.poll(() => fixture.resumed.length, { timeout: 5_000 }).toBe(2);
    expect(fixture.resumed).toEqual([null, "fixture-100"]);
    await untilState(page, "live");
  });

  test("a delta changes what it names and nothing else", async () => {
    const nodes = demoNodes();
    const { page, fixture } = await open(nodes, []);
    await show(page, "nodes");
    const [one, other, gone] = nodes;
    fixture.send({ nodes: [{ ...one!, framesSent: 4_711 }], removedNodes: [gone!.key] });
    await expect.poll(() => textOf(page, `tx-total-${one!.name}`)).toBe("4,711");
    expect(await textOf(page, `tx-total-${other!.name}`)).toBe("1,200");
    expect(await page.getByTestId(`node-row-${gone!.name}`).count()).toBe(0);
    expect(await textOf(page, "nodes-live")).toBe("18");
  });
});

describe("topology", () => {
  test("a link of one end is dashed, an observer's has a kind of its own, and an unknown id is drawn as unknown", async () => {
    const nodes = demoNodes();
    const of = (mesh: string, type: string) => nodes.find((node) => node.mesh === mesh && node.type === type)!.id!;
    const links = [
      linkOf("mesh1", of("mesh1", "gateway"), of("mesh1", "broker")),
      linkOf("mesh1", of("mesh1", "gateway"), of("mesh1", "compute"), { aReports: false }),
      linkOf("mesh1", of("mesh1", "broker"), of("mesh1", "registry"), { bReports: null }),
      linkOf("mesh2", of("mesh1", "gateway"), of("mesh2", "broker")),
      linkOf("mesh2", of("mesh2", "broker"), idOf("a stranger")),
    ];
    const { page } = await open(nodes, links);
    expect((await valuesOf(page, "link", "data-key")).sort()).toEqual(links.map(({ key }) => key).sort());
    const looks = async (at: number) => {
      const script = `(() => { const { strokeDasharray, stroke } = getComputedStyle(document.querySelector('[data-key="${links[at]!.key}"]')); return [strokeDasharray, stroke]; })()`;
      return (await page.evaluate(script)) as [string, string];
    };
    const solid = await looks(0);
    expect(solid[0]).toBe("none");
    expect((await looks(1))[0]).not.toBe("none");
    expect((await looks(2))[0]).not.toBe("none");
    const observers = await looks(3);
    expect(observers[0]).toBe("none");
    expect(observers[1]).not.toBe(solid[1]);
    expect(await page.getByTestId(`disc-not in the directory (${idOf("a stranger").slice(0, 6)})`).count()).toBe(1);
    await screenshot(page, "topology-odd-links");
  });

  test.each([
    [1_280, 20],
    [1_280, 60],
    [1_920, 60],
  ])("at %i px with %i nodes no label covers another, and nothing sticks out", async (width, count) => {
    const types = ["gateway", "broker", "compute", "registry"];
    const nodes = Array.from({ length: count }, (_, at) =>
      nodeOf(at % 2 === 0 ? "mesh1" : "mesh2", types[at % 4]!, at),
    );
    const { page } = await open(nodes, demoLinks(nodes));
    await page.setViewportSize({ width, height: 900 });
    await expect.poll(() => page.locator(".disc-name").count()).toBe(count);
    // The layout follows the new width with the next measurement.
    await page.waitForFunction(
      "document.querySelector('[data-testid=map]').getBoundingClientRect().right <= window.innerWidth",
    );
    const script = `[...document.querySelectorAll(".disc-name")].map((element) => { const { x, y, width, height } = element.getBoundingClientRect(); return { x, y, width, height }; })`;
    const boxes = (await page.evaluate(script)) as { x: number; y: number; width: number; height: number }[];
    for (const [at, a] of boxes.entries())
      for (const b of boxes.slice(at + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y + 2 || b.y + b.height <= a.y + 2;
        expect(apart, JSON.stringify([a, b])).toBe(true);
      }
    await expectNoOverflow(page, "topology");
    await screenshot(page, `topology-${count}-nodes-${width}`);
  });

  test("discs stay where they are when a node goes and another comes", async () => {
    const nodes = demoNodes();
    const { page, fixture } = await open(nodes, []);
    const places = async () => {
      const script = `Object.fromEntries([...document.querySelectorAll("[data-testid^=disc-]")].map((each) => [each.dataset.testid, each.parentElement.getAttribute("transform")]))`;
      return (await page.evaluate(script)) as Record<string, string>;
    };
    const before = await places();
    const gone = nodes.find(({ mesh, type }) => mesh === "mesh1" && type === "broker")!;
    const comes = nodeOf("mesh1", "broker", 900);
    fixture.send({ nodes: [comes], removedNodes: [gone.key] });
    await page.getByTestId(`disc-${comes.name}`).waitFor();
    const after = await places();
    const freed = before[`disc-${gone.name}`];
    expect(after).toEqual({ ...without(before, `disc-${gone.name}`), [`disc-${comes.name}`]: freed });
  });
});

test("a node whose figures are old shows their age on the map instead of them", async () => {
  const [old, fresh] = [nodeOf("mesh1", "broker", 1, { statsAgeMs: 20_000 }), nodeOf("mesh1", "broker", 2)];
  const { page } = await open([old, fresh], []);
  expect(await textOf(page, `disc-${old.name}`)).toMatch(/figures 2\d s old$/);
  expect(await textOf(page, `disc-${fresh.name}`)).toMatch(/↑[\d.]+ ↓[\d.]+$/);
});

test("unknown figures are dashes, and a shared process is told once", async () => {
  const blank = { cpuUsedCores: null, ramUsedBytes: null };
  const process = {
    pid: 777,
    shared: true,
    cpuUsedCores: 0.25,
    rssBytes: 100 * 2 ** 20,
    supervised: true,
    state: "running",
  };
  const nodes = [0, 1, 2].map((seed) => nodeOf("mesh1", "broker", seed, { ...blank, process }));
  const silent = nodeOf("mesh1", "registry", 9, {
    ...blank,
    ...{ frames: null, framesSentPerMinute: null, framesReceivedPerMinute: null, statsAgeMs: null },
  });
  const { page } = await open([...nodes, silent], []);
  await show(page, "nodes");
  expect(await textOf(page, "process-777")).toMatch(/holds 3 nodes: 0\.25 cores and 100 MiB in all/);
  for (const node of nodes) expect(await page.getByTestId(`node-row-${node.name}`).textContent()).toContain("– / 4");
  for (const figure of ["tx-rate", "rx-rate", "links", "frames-message-tx"])
    expect(await textOf(page, `${figure}-${silent.name}`)).toBe("–");
  expect(await textOf(page, `frames-message-tx-${nodes[0]!.name}`)).toBe("0");
  await screenshot(page, "shared-process");
});

test("a stalled boot is red and names its step; a node without a trace says so", async () => {
  const nodes = demoNodes();
  const boot = {
    state: "stalled" as const,
    durationMs: 296,
    traceId: "b".repeat(32),
    step: "mesh.boot.gossip_started",
    message: "still open after 5 s",
  };
  nodes[3] = { ...nodes[3]!, boot };
  nodes[4] = { ...nodes[4]!, boot: null };
  const { page } = await open(nodes, []);
  await show(page, "boot");
  const row = page.getByTestId(`boot-row-${nodes[3]!.name}`);
  await row.locator(".span-bar.step-broken").waitFor();
  expect(await row.locator(".span-bar").count()).toBe(4);
  expect(await textOf(page, `boot-failure-${nodes[3]!.name}`)).toContain(
    "stalled at gossip started: still open after 5 s",
  );
  expect(await page.getByTestId(`boot-row-${nodes[4]!.name}`).textContent()).toContain("its boot trace has not come");
  await screenshot(page, "boot-stalled");
  expect(page.faults).toEqual([]);
});

test("an answer that fails is told in words, with its code", async () => {
  const { page } = await open(demoNodes(), []);
  await show(page, "traces", "f".repeat(32));
  await page.getByText("The trace could not be read:").waitFor();
  expect(await page.getByRole("alert").textContent()).toContain("MESH_E_");
  await show(page, "traces", "nonsense");
  await page.getByText("This is no trace id").waitFor();
});

test("the whole page is at most 250 kB to load", () => {
  const files = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(js|css|html)$/.test(name),
  );
  expect(files.length).toBeGreaterThanOrEqual(3);
  const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(DIST, name))).length, 0);
  expect(bytes).toBeLessThan(250_000);
});

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
}
