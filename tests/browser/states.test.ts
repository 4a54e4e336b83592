/** States that a healthy cluster does not show, against a stand-in for the console. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { NodeView } from "@meshwork/console/api-types";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  closePages,
  expectNoOverflow,
  launchBrowser,
  openLive,
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
  await closePages(browser);
  await fixture?.close();
  fixture = undefined;
});

async function open(...[nodes, links]: Parameters<typeof startFixture>) {
  fixture = await startFixture(nodes, links);
  return { page: await openLive(browser, fixture), fixture };
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
  test("a link of one end is solid at that end alone, an observer's has a kind of its own, and an unknown id is drawn as unknown", async () => {
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
      const script = `(() => { const { strokeDasharray, stroke } = getComputedStyle(document.querySelector('[data-key="${links[at]!.key}"] path')); return [strokeDasharray, stroke]; })()`;
      return (await page.evaluate(script)) as [string, string];
    };
    const solid = await looks(0);
    expect(solid[0]).toBe("none");
    expect((await looks(1))[0]).not.toBe("none");
    expect((await looks(2))[0]).not.toBe("none");
    const halves = (at: number) => page.locator(`[data-key="${links[at]!.key}"] path.reporting`).count();
    expect([await halves(0), await halves(1), await halves(2)]).toEqual([0, 1, 1]);
    const observers = await looks(3);
    expect(observers[0]).toBe("none");
    expect(observers[1]).not.toBe(solid[1]);
    expect(await page.getByTestId(`card-not in the directory (${idOf("a stranger").slice(0, 6)})`).count()).toBe(1);
    await screenshot(page, "topology-odd-links");
  });

  test.each([
    [1_280, 20],
    [1_280, 60],
    [1_920, 60],
  ])("at %i px with %i nodes no card covers another, and nothing sticks out", async (width, count) => {
    const types = ["gateway", "broker", "compute", "registry"];
    const nodes = Array.from({ length: count }, (_, at) =>
      nodeOf(at % 2 === 0 ? "mesh1" : "mesh2", types[at % 4]!, at),
    );
    const { page } = await open(nodes, demoLinks(nodes));
    await page.setViewportSize({ width, height: 900 });
    await expect.poll(() => page.locator(".card").count()).toBe(count);
    // The layout follows the new width with the next measurement.
    await page.waitForFunction(
      "document.querySelector('[data-testid=map]').getBoundingClientRect().right <= window.innerWidth",
    );
    const script = `[...document.querySelectorAll(".card")].map((element) => { const { x, y, width, height } = element.getBoundingClientRect(); return { x, y, width, height }; })`;
    const boxes = (await page.evaluate(script)) as { x: number; y: number; width: number; height: number }[];
    for (const [at, a] of boxes.entries())
      for (const b of boxes.slice(at + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, JSON.stringify([a, b])).toBe(true);
      }
    await expectNoOverflow(page, "topology");
    await screenshot(page, `topology-${count}-nodes-${width}`);
  });

  test("cards stay where they are when a node goes and another comes", async () => {
    const nodes = demoNodes();
    const { page, fixture } = await open(nodes, []);
    const places = async () => {
      const script = `Object.fromEntries([...document.querySelectorAll("[data-testid^=card-]")].map((each) => [each.dataset.testid, each.style.transform]))`;
      return (await page.evaluate(script)) as Record<string, string>;
    };
    const before = await places();
    const gone = nodes.find(({ mesh, type }) => mesh === "mesh1" && type === "broker")!;
    const comes = nodeOf("mesh1", "broker", 900);
    fixture.send({ nodes: [comes], removedNodes: [gone.key] });
    await page.getByTestId(`card-${comes.name}`).waitFor();
    const after = await places();
    const freed = before[`card-${gone.name}`];
    expect(after).toEqual({ ...without(before, `card-${gone.name}`), [`card-${comes.name}`]: freed });
  });
});

describe("members' states", () => {
  /** The demo with one member in each state; the console is the one that suspects. */
  function troubled() {
    const nodes = demoNodes();
    const of = (mesh: string, type: string, at: number) =>
      nodes.filter((node) => node.mesh === mesh && node.type === type)[at]!;
    const [self, gateway, registry] = [
      of("mesh1", "console", 0),
      of("mesh1", "gateway", 0),
      of("mesh1", "registry", 0),
    ];
    const gone = {
      live: false,
      activeViews: null,
      statsAgeMs: null,
      addresses: null,
      location: null,
      recordAgeMs: null,
    };
    const change = (node: NodeView, changes: Partial<NodeView>): NodeView => {
      const changed = { ...node, ...changes };
      nodes[nodes.indexOf(node)] = changed;
      return changed;
    };
    const view = (node: NodeView, state: string, stateAgeMs: number) => ({
      ...{ observer: node.name!, state, stateAgeMs, toldAgeMs: 800 },
    });
    return {
      ...{ nodes, self, gateway, registry, accuser: of("mesh2", "registry", 0) },
      suspected: change(of("mesh1", "broker", 0), {
        ...{ state: "suspected", stateAgeMs: 2_300, accusedBy: [self.name!], agreeing: 1 },
        observers: [view(gateway, "alive", 61_000)],
      }),
      doubted: change(of("mesh2", "compute", 0), { observers: [view(of("mesh2", "registry", 0), "suspected", 3_100)] }),
      dead: change(of("mesh1", "compute", 0), {
        ...{ ...gone, state: "dead", stateAgeMs: 125_000, accusedBy: [gateway.name!, registry.name!] },
      }),
      left: change(of("mesh2", "broker", 1), { ...gone, state: "left", stateAgeMs: 34_000 }),
      expired: change(of("mesh2", "registry", 1), { ...gone, state: "expired", stateAgeMs: 400_000 }),
      longDead: change(of("mesh2", "gateway", 1), { ...gone, state: "dead", stateAgeMs: 1_000_000 }),
    };
  }

  const ringOf = async (page: Page, { name }: NodeView) =>
    await page.getByTestId(`card-${name}`).getAttribute("data-ring");

  test("the map rings each node by its state and greys who is gone; only the last 15 minutes are in it", async () => {
    const { nodes, suspected, doubted, dead, left, expired, longDead, gateway } = troubled();
    const { page, fixture } = await open(nodes, demoLinks(nodes.filter((node) => node.live)));
    const rings = new Map(
      await Promise.all(
        [suspected, doubted, dead, left, expired, gateway].map(
          async (node) => [node.name, await ringOf(page, node)] as const,
        ),
      ),
    );
    expect(Object.fromEntries(rings)).toEqual({
      [suspected.name!]: "suspected",
      [doubted.name!]: "doubted",
      [dead.name!]: "dead",
      [left.name!]: "left",
      [expired.name!]: "expired",
      [gateway.name!]: "alive",
    });
    expect(await page.getByTestId(`card-${longDead.name}`).count()).toBe(0);
    const strokes = (await page.evaluate(
      "Object.fromEntries([...document.querySelectorAll('[data-ring]')].map((card) => [card.dataset.ring, [...card.querySelectorAll('.ring-arc')].map((arc) => getComputedStyle(arc).stroke)]))",
    )) as Record<string, string[]>;
    expect(new Set([strokes.alive, strokes.suspected, strokes.dead, strokes.left].map((arcs) => arcs?.[0])).size).toBe(
      4,
    );
    // Where observers disagree each has an arc: the console's own view first.
    expect(strokes.suspected).toEqual([strokes.suspected?.[0], strokes.alive?.[0]]);
    expect(strokes.doubted).toEqual([strokes.alive?.[0], strokes.suspected?.[0]]);
    expect(await textOf(page, `card-${suspected.name}`)).toMatch(/suspected \d+ s/);
    expect(await textOf(page, `card-${doubted.name}`)).toMatch(/doubted \d+ s/);
    expect(await textOf(page, `card-${dead.name}`)).toMatch(/^×.*dead 2 min \d+ s$/);
    expect(await textOf(page, "nodes-live")).toBe("15");
    expect(await textOf(page, "nodes-other")).toBe("incl. 1 suspected · 3 departed");
    expect(await textOf(page, "lane-mesh1")).toContain("9 live of 10");
    expect(await textOf(page, "legend-ring-suspected")).toContain("1");
    await screenshot(page, "states-topology");
    // The suspicion is refuted, and another one dies: without a reload.
    const { name } = suspected;
    fixture.send({
      nodes: [
        { ...suspected, state: "alive", stateAgeMs: 0, accusedBy: [], observers: [] },
        { ...doubted, state: "dead", live: false, stateAgeMs: 0, accusedBy: [gateway.name!], observers: [] },
      ],
    });
    await page.locator(`[data-testid="card-${name}"][data-ring=alive]`).waitFor();
    expect(await ringOf(page, doubted)).toBe("dead");
    expect(await textOf(page, "nodes-other")).toBe("4 departed");
    expect(page.faults).toEqual([]);
  });

  test("the panel says since when and by whom, and where observers disagree", async () => {
    const { nodes, suspected, doubted, dead, self, gateway, registry, accuser } = troubled();
    const { page } = await open(nodes, []);
    const panelOf = async ({ name }: NodeView) => {
      await show(page, "topology", name!);
      await page.getByTestId("node-panel").getByRole("heading", { name: name! }).waitFor();
      return await textOf(page, "node-panel");
    };
    expect(await panelOf(suspected)).toMatch(/suspected\d+ s/);
    const opinions = await textOf(page, "opinions");
    expect(opinions).toMatch(new RegExp(`^suspected by ${self.name} \\(this console\\) for \\d+ s`));
    expect(opinions).toMatch(new RegExp(`alive for ${gateway.name} for 1 min \\d+ s, told (<1|\\d+) s ago`));
    await screenshot(page, "states-panel-suspected");
    await panelOf(doubted);
    expect(await textOf(page, "opinions")).toMatch(
      new RegExp(`^suspected by ${accuser.name} for \\d+ s, told .+ agoalive for ${self.name} \\(this console\\)`),
    );
    await screenshot(page, "states-panel-doubted");
    expect(await panelOf(dead)).toMatch(new RegExp(`dead2 min \\d+ sby ${gateway.name}, ${registry.name}`));
    expect(await page.getByTestId("opinions").count()).toBe(0);
    await screenshot(page, "states-panel-dead");
  });

  test("the table of nodes shows badges with since and by; who departed longer ago is a click away", async () => {
    const { nodes, suspected, doubted, dead, left, longDead, self, gateway, registry, accuser } = troubled();
    const { page } = await open(nodes, []);
    await show(page, "nodes");
    const stateOf = ({ name }: NodeView) => textOf(page, `state-${name}`);
    expect(await stateOf(gateway)).toBe("alive");
    expect(await stateOf(suspected)).toMatch(
      new RegExp(`^suspected\\d+ ssuspected by ${self.name}alive for ${gateway.name}$`),
    );
    expect(await stateOf(doubted)).toMatch(new RegExp(`^alivesuspected by ${accuser.name}alive for ${self.name}$`));
    expect(await stateOf(dead)).toMatch(new RegExp(`^dead2 min \\d+ sby ${gateway.name}, ${registry.name}$`));
    expect(await stateOf(left)).toMatch(/^left\d+ s$/);
    expect(await page.getByTestId(`node-row-${longDead.name}`).count()).toBe(0);
    await screenshot(page, "states-nodes");
    const older = page.getByTestId("departed-longer-ago");
    expect(await older.textContent()).toBe("Show 1 that departed over 15 minutes ago");
    await older.click();
    expect(await stateOf(longDead)).toMatch(/^dead16 min$/);
    expect(await older.textContent()).toBe("Hide 1 that departed over 15 minutes ago");
  });

  test("a directory shows its own states, and those that departed from it", async () => {
    const { nodes, suspected, dead, longDead, gateway, registry } = troubled();
    const { page } = await open(nodes, []);
    await show(page, "directory");
    await page.getByTestId(`directory-row-${suspected.name}`).waitFor();
    const rowOf = ({ name, live }: NodeView) => textOf(page, `${live ? "directory" : "departed"}-row-${name}`);
    expect(await rowOf(suspected)).toMatch(/suspected\d+ s/);
    expect(await rowOf(gateway)).toContain("alive");
    expect(await rowOf(dead)).toMatch(new RegExp(`dead2 min \\d+ sby ${gateway.name}, ${registry.name}`));
    expect(await rowOf(longDead)).toContain("dead16 min");
    expect(await textOf(page, "directory-summary")).toMatch(
      /^15 live \(mesh1: 9, mesh2: 6\), 4 departed within 24 hours/,
    );
    const asked = await page.getByTestId("directory-as").locator("option").allTextContents();
    expect(asked.some((name) => name.startsWith(dead.name!))).toBe(false);
    await screenshot(page, "states-directory");
  });

  test.each([1_280, 1_920])("at %i px nothing sticks out, in both schemes", async (width) => {
    const { nodes } = troubled();
    const { page } = await open(nodes, demoLinks(nodes.filter((node) => node.live)));
    await page.setViewportSize({ width, height: 900 });
    for (const tab of ["topology", "directory"]) {
      await show(page, tab);
      await expectNoOverflow(page, tab);
    }
    await show(page, "topology");
    await page.emulateMedia({ colorScheme: "light" });
    await screenshot(page, `states-topology-light-${width}`);
  });
});

test("a node whose figures are old shows their age on the map instead of them", async () => {
  const [old, fresh] = [nodeOf("mesh1", "broker", 1, { statsAgeMs: 20_000 }), nodeOf("mesh1", "broker", 2)];
  const { page } = await open([old, fresh], []);
  expect(await textOf(page, `card-${old.name}`)).toMatch(/figures 2\d s old/);
  expect(await textOf(page, `card-${fresh.name}`)).toMatch(/↑[\d.]+ ↓[\d.]+/);
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
