/** The page against a really running cluster: what it shows is what the nodes and the console's API say. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ClusterSummary, LinkList, NodeList, SendResult, TraceList } from "@meshwork/console/api-types";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, consoleEnv, MESH_BIN, mesh, startCluster, temporaryDirectory } from "../support/cluster.js";
import {
  closePages,
  expectNoOverflow,
  launchBrowser,
  OWN_COMPLAINT,
  openLive,
  screenshot,
  show,
  TABS,
  textOf,
  untilAnswered,
  untilState,
  valuesOf,
  type WatchedPage,
} from "./browser.js";

let browser: Browser;
let cluster: Cluster;
let joined: ChildProcess | undefined;

beforeAll(async () => {
  [browser, cluster] = await Promise.all([launchBrowser(), startCluster()]);
});
afterAll(async () => {
  await browser?.close();
  await cluster?.stop();
});
afterEach(async () => {
  joined?.kill("SIGKILL");
  joined = undefined;
  await closePages(browser);
});

async function open(options: Parameters<typeof openLive>[3] = {}): Promise<WatchedPage> {
  return await openLive(browser, cluster, undefined, options);
}

const nodesOf = async () => (await cluster.api<NodeList>("/api/nodes")).nodes;
const consolePid = async () => (await cluster.api<ClusterSummary>("/api/cluster")).console.pid;

describe("topology", () => {
  test("shows both meshes with all 19 nodes, and the token is gone from the address", async () => {
    const page = await open();
    expect(page.url()).not.toContain(cluster.token);
    await expect.poll(() => textOf(page, "nodes-live")).toBe("19");
    expect(await textOf(page, "mesh-count")).toBe("2");
    for (const name of ["mesh1", "mesh2"]) await page.getByTestId(`lane-${name}`).waitFor();
    for (const node of await nodesOf()) await page.getByTestId(`card-${node.name}`).waitFor();
    expect(await page.locator("[data-testid^=card-]").count()).toBe(19);
    expect(page.faults).toEqual([]);
  });

  test("draws exactly the links of GET /api/links, solid where both ends report them", async () => {
    const page = await open();
    const state = (links: readonly [string, string][]) => links.map(([key, report]) => `${key} ${report}`).sort();
    // Views change; both are asked until they speak of the same moment.
    await expect
      .poll(
        async () => {
          const { links } = await cluster.api<LinkList>("/api/links");
          const [keys, reports] = [
            await valuesOf(page, "link", "data-key"),
            await valuesOf(page, "link", "data-report"),
          ];
          const drawn = state(keys.map((key, at) => [key, reports[at]!]));
          const said = state(
            links.map(({ key, aReports, bReports }) => [
              key,
              aReports && bReports ? "both" : aReports === null || bReports === null ? "unheard" : "one",
            ]),
          );
          return said.length > 18 && JSON.stringify(drawn) === JSON.stringify(said);
        },
        { timeout: 15_000, interval: 200 },
      )
      .toBe(true);
  });

  test("pointing at a node shows who is linked with it; a click keeps it; its links are those of the API", async () => {
    const page = await open();
    const node = (await nodesOf()).find(({ type, mesh: at }) => type === "gateway" && at === "mesh1")!;
    await page.getByTestId(`card-${node.name}`).hover();
    await page.getByTestId("node-panel").getByText(node.name!).first().waitFor();
    await page.getByTestId(`card-${node.name}`).click();
    await page.mouse.move(2, 400);
    expect(decodeURIComponent(page.url())).toContain(`#/topology/${node.name}`);
    await expect
      .poll(async () => {
        const { links } = await cluster.api<LinkList>("/api/links");
        const own = links.filter(({ a, b }) => a === node.id || b === node.id);
        const names = own.map(({ a, aName, bName }) => (a === node.id ? bName : aName)).sort();
        const listed = (await page.locator("[data-testid=panel-links] li a").allTextContents()).sort();
        return own.length > 0 && JSON.stringify(names) === JSON.stringify(listed);
      })
      .toBe(true);
    await screenshot(page, "topology-chosen");
  });
});

test("nodes: figures are those of the API, with budgets, frames by kind and ages", async () => {
  const page = await open();
  await show(page, "nodes");
  for (const node of await nodesOf()) {
    const row = page.getByTestId(`node-row-${node.name}`);
    await expect.poll(() => row.textContent()).toMatch(/0\.\d+ \/ [124]/);
    expect(await row.textContent()).toMatch(/MiB \/ /);
    expect(await textOf(page, `tx-total-${node.name}`)).toMatch(/^[\d,]+$/);
    expect(await textOf(page, `frames-gossip-rx-${node.name}`)).toMatch(/^[\d,]+$/);
  }
  // A total on the page lies between what the API said before and says after.
  const [one] = await nodesOf();
  const shown = async () => Number((await textOf(page, `tx-total-${one!.name}`)).replaceAll(",", ""));
  const before = one!.framesSent!;
  await expect.poll(shown, { timeout: 10_000 }).toBeGreaterThanOrEqual(before);
  const total = await shown();
  await expect
    .poll(async () => (await nodesOf()).find(({ key }) => key === one!.key)!.framesSent)
    .toBeGreaterThanOrEqual(total);
});

test("1,000 sent messages are exactly 1,000 more on the page, at both ends", async () => {
  const page = await open();
  await show(page, "nodes");
  const nodes = await nodesOf();
  const target = nodes.find(({ type, mesh: at }) => type === "broker" && at === "mesh1")!.name!;
  const sender = nodes.find(({ type }) => type === "console")!.name!;
  const counts = async () =>
    (
      await Promise.all([`frames-message-tx-${sender}`, `frames-message-rx-${target}`].map((id) => textOf(page, id)))
    ).map((text) => Number(text.replaceAll(",", "")));
  await page.getByTestId(`frames-message-tx-${sender}`).waitFor();
  const before = await counts();
  const send = () => {
    const body = JSON.stringify({ to: target, operation: "produce", data: "x", oneWay: true });
    return cluster.api<SendResult>("/api/send", { method: "POST", body });
  };
  for (let sent = 0; sent < 1_000; sent += 10) await Promise.all(Array.from({ length: 10 }, send));
  const expected = before.map((count) => count + 1_000);
  await expect.poll(counts, { timeout: 10_000 }).toEqual(expected);
  // And stays there: nothing is counted twice a moment later.
  const seen = await textOf(page, `tx-total-${target}`);
  await expect.poll(() => textOf(page, `tx-total-${target}`), { timeout: 10_000 }).not.toBe(seen);
  expect(await counts()).toEqual(expected);
  await screenshot(page, "nodes-1000-messages");
});

test("a node that joins by `mesh node` is on the page within 2 s, nobody moves for it, and it goes when it leaves", async () => {
  const page = await open();
  await expect.poll(() => textOf(page, "nodes-live")).toBe("19");
  const places = async () => {
    const script = `Object.fromEntries([...document.querySelectorAll("[data-testid^=card-]")].map((each) => [each.dataset.testid, each.style.transform]))`;
    return (await page.evaluate(script)) as Record<string, string>;
  };
  const before = await places();
  const seed = (await mesh(["seed", "--mesh", "mesh2"], consoleEnv(cluster))).stdout.trim();
  const args = [
    "node",
    "--mesh",
    "mesh2",
    "--type",
    "broker",
    "--seed",
    seed,
    "--data-dir",
    temporaryDirectory(),
    "--json",
  ];
  joined = spawn(process.execPath, [MESH_BIN, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...consoleEnv(cluster) },
  });
  const name = await new Promise<string>((resolve, reject) => {
    createInterface({ input: joined!.stdout! }).on("line", (line) =>
      resolve((JSON.parse(line) as { name: string }).name),
    );
    joined!.once("exit", (code) => reject(new Error(`mesh node ended with ${code}`)));
  });
  await page.getByTestId(`card-${name}`).waitFor({ timeout: 2_000 });
  expect(await textOf(page, "nodes-live")).toBe("20");
  expect(await places()).toMatchObject(before);
  joined.kill("SIGTERM");
  await page.locator(`[data-testid="card-${name}"].state-left`).waitFor({ timeout: 5_000 });
  expect(await textOf(page, "nodes-live")).toBe("19");
  expect(page.faults).toEqual([]);
});

test("directory: as seen by a broker of mesh2 it has its own mesh alone, as seen by the console both", async () => {
  const page = await open();
  await show(page, "directory");
  await expect.poll(() => page.locator("[data-testid^=directory-row-]").count()).toBe(19);
  const broker = (await nodesOf()).find(({ type, live, mesh: at }) => live && type === "broker" && at === "mesh2")!
    .name!;
  await page.getByTestId("directory-as").selectOption(broker);
  await expect.poll(() => page.locator("[data-testid^=directory-row-]").count()).toBe(9);
  // Whom other tests have stopped is told as departed in between.
  expect(await textOf(page, "directory-summary")).toMatch(/9 live \(mesh2: 9\).*asked over the mesh/);
  expect(page.faults).toEqual([]);
});

test("boot: every node has its trace with its steps at their offsets", async () => {
  const page = await open();
  await show(page, "boot");
  // Those that left are listed for a day more: asked for are the live ones.
  const live = (await nodesOf()).filter(({ live }) => live);
  expect(live).toHaveLength(19);
  for (const { name } of live) {
    const row = page.getByTestId(`boot-row-${name}`);
    await expect.poll(() => row.getAttribute("data-state"), { timeout: 10_000 }).toBe("ready");
    await expect.poll(() => row.locator(".track .span-bar").count()).toBeGreaterThanOrEqual(5);
    expect(await textOf(page, `boot-total-${name}`)).toMatch(/^[\d.]+ m?s$/);
  }
  const first = page.getByTestId(`boot-row-${live[0]!.name}`);
  await first.locator("a").first().click();
  await first.getByText("process start to ready").waitFor();
  await screenshot(page, "boot-open");
  expect(page.faults).toEqual([]);
});

test("traces: one that crosses meshes has its client in one and its server in the other; the service graph has the demo's edges", async () => {
  const page = await open();
  await show(page, "traces");
  await page.getByTestId("trace-row").first().waitFor({ timeout: 20_000 });
  const { traces } = await cluster.api<TraceList>("/api/traces?crossMesh=true&operation=produce");
  const whole = traces.find(({ spanCount }) => spanCount >= 4)!;
  await show(page, "traces", whole.traceId);
  await page.getByTestId("trace-waterfall").waitFor();
  const [kinds, names] = [await valuesOf(page, "span-row", "data-kind"), await valuesOf(page, "span-row", "data-node")];
  const client = names[kinds.indexOf("client")]!;
  const server = names[kinds.indexOf("server")]!;
  expect(client).toMatch(/^mesh[12]\.gateway\./);
  expect(server).toMatch(/^mesh[12]\.broker\./);
  expect(client.split(".")[0]).not.toBe(server.split(".")[0]);
  await page.getByTestId("span-row").first().getByRole("button").click();
  await page.getByText("mesh.operation").first().waitFor();
  for (const [from, to, operation] of [
    ["gateway", "broker", "produce"],
    ["broker", "registry", "schema"],
    ["compute", "broker", "fetch"],
    ["gateway", "compute", "run"],
  ] as const) {
    const edge = page.getByTestId("service-edge").filter({ hasText: new RegExp(`\\.${from}.*\\.${to}${operation}`) });
    await edge.first().waitFor({ timeout: 20_000 });
  }
  await screenshot(page, "trace-open");
  expect(page.faults).toEqual([]);
});

test("messages come by themselves, and stop coming while they are held", async () => {
  const page = await open();
  await show(page, "messages");
  const first = () => page.getByTestId("message-row").first().textContent();
  await page.getByTestId("message-row").first().waitFor({ timeout: 20_000 });
  const links = () => page.locator("[data-testid=message-row] a[href^='#/traces/']").first().getAttribute("href");
  const before = await links();
  await expect.poll(links, { timeout: 10_000 }).not.toBe(before);
  await page.getByRole("button", { name: "Hold" }).click();
  expect(await first()).toMatch(/mesh[12]\./);
  const held = await links();
  const { nodes } = await cluster.api<NodeList>("/api/nodes");
  const to = nodes.find(({ type, live }) => live && type === "broker")!.name!;
  await cluster.api("/api/send", { method: "POST", body: JSON.stringify({ to, operation: "produce", data: "held" }) });
  expect(await links()).toBe(held);
  await page.getByRole("button", { name: "Go on" }).click();
  await expect.poll(links, { timeout: 10_000 }).not.toBe(held);
});

describe.each(["dark", "light"] as const)("%s", (colorScheme) => {
  test.each([1_280, 1_920])("every view at %i px: nothing sticks out, no fault", async (width) => {
    const page = await open({ colorScheme, viewport: { width, height: width > 1_500 ? 1_080 : 800 } });
    const ground = (await page.evaluate("getComputedStyle(document.body).backgroundColor")) as string;
    const light = ground
      .match(/\d+/g)!
      .slice(0, 3)
      .map(Number)
      .every((part) => part > 200);
    expect(light).toBe(colorScheme === "light");
    for (const tab of TABS) {
      await show(page, tab);
      await untilAnswered(page);
      await expectNoOverflow(page, tab);
      await screenshot(page, `${tab}-${width}-${colorScheme}`);
    }
    expect(page.faults).toEqual([]);
  });
});

test("the colours can be turned against the system's, and stay so", async () => {
  const page = await open({ colorScheme: "dark" });
  const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const dark = await ground();
  await page.getByTestId("theme").click();
  expect(await ground()).not.toBe(dark);
  await page.reload();
  await untilState(page, "live");
  expect(await ground()).not.toBe(dark);
});

test("the keyboard reaches views and nodes, and shows where it is", async () => {
  const page = await open();
  const focused = () => page.evaluate("document.activeElement.closest('[data-testid]')?.dataset.testid ?? ''");
  const press = async (until: RegExp) => {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      if (until.test((await focused()) as string)) return;
    }
    throw new Error(`Tab never reached ${until}`);
  };
  await press(/^card-mesh/);
  await page.getByTestId("node-panel").waitFor();
  await page.keyboard.press("Enter");
  expect(page.url()).toContain("#/topology/mesh");
  await page.reload();
  await untilState(page, "live");
  await press(/^tab-nodes$/);
  expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).not.toBe("none");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid^=node-row-]").first().waitFor();
});

test("a killed console: the page says so and is live again by itself, with all nodes", async () => {
  const page = await open();
  const pid = await consolePid();
  process.kill(pid, "SIGKILL");
  await page
    .locator("[data-testid=connection]:is([data-state=reconnecting], [data-state=stale])")
    .waitFor({ timeout: 5_000 });
  await page.getByTestId("stale-note").waitFor();
  await untilState(page, "live", 20_000);
  await expect.poll(() => textOf(page, "nodes-live"), { timeout: 15_000 }).toBe("19");
  expect(await consolePid()).not.toBe(pid);
  expect(page.faults.filter((fault) => !OWN_COMPLAINT.test(fault))).toEqual([]);
});

test("a console that hangs: stale, greyed, with the growing age of what is shown; live again when it goes on", async () => {
  const page = await open();
  const pid = await consolePid();
  process.kill(pid, "SIGSTOP");
  try {
    await untilState(page, "stale", 8_000);
    await page.locator("[data-testid=view][data-stale]").waitFor();
    expect(await textOf(page, "stale-note")).toMatch(/What you see is \d+ s old/);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await untilState(page, "live", 20_000);
  expect(await page.locator("[data-testid=view][data-stale]").count()).toBe(0);
});

test("nodes that share a process: its figures once, and a dash for each of them", async () => {
  const inline = await startCluster(["--inline", "--mesh", "mesh1", "--types", "gateway=1,broker=2", "--no-traffic"]);
  try {
    const page = await openLive(browser, inline);
    await show(page, "nodes");
    const note = page.locator("[data-testid^=process-]");
    await expect
      .poll(() => note.allTextContents(), { timeout: 10_000 })
      .toEqual([expect.stringMatching(/holds [34] nodes: .* cores and .* MiB in all/)]);
    const { nodes } = await inline.api<NodeList>("/api/nodes");
    for (const node of nodes.filter(({ type }) => type !== "console"))
      expect(await page.getByTestId(`node-row-${node.name}`).textContent()).toMatch(/– \/ \d/);
    await show(page, "traces");
    await page.getByText("Nobody has called anybody yet").waitFor();
    await screenshot(page, "inline-quiet");
  } finally {
    await inline.stop();
  }
});
