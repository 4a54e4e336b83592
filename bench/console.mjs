/**
 * What the console costs and how quick it and its page are: 18 quiet nodes with nobody looking and with the page open; nodes that join
 * and are killed by the page's button, until the page shows it; then 1,000 made-up members (`mesh up --synthetic`) on the page.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { findChromium } from "../scripts/lib/chromium.mjs";
import { startCluster } from "./lib/cluster.mjs";
import { firstView, launchChromium, openConsole, pan, ringSeenAt } from "./lib/page.mjs";
import { cpuSeconds, memory } from "./lib/proc.mjs";
import { percentile, round, sleep } from "./lib/stats.mjs";

const SETTLE_MS = 20_000;
/** The last reading made the console subscribe for 10 s. */
const FORGET_MS = 12_000;
const WINDOW_MS = 30_000;
const PAN_MS = 20_000;
const FIRST_VIEWS = 5;
const ASSETS = "packages/dashboard/dist/assets";

export const title = "Console: its cost, and how soon its page shows what happens";
/** `rounds`: of two nodes each that join and are killed. `synthetic`: made-up members. */
export const options = { rounds: 15, synthetic: 1_000 };

export async function run({ log, options: { rounds, synthetic } }) {
  const bundleKB = bundleSize() / 1_024;
  const checks = [{ id: "dashboard bundle ≤ 250 kB gzip", ok: bundleKB <= 250 }];
  const figures = { bundleGzipKB: round(bundleKB, 1) };
  const executable = findChromium();
  if (executable === undefined) {
    const reason = "no Chromium (apt-get install chromium, or set MESH_CHROMIUM)";
    return { figures, checks, skipped: [{ id: "all that needs the page", reason }] };
  }
  const browser = await launchChromium(executable);
  try {
    for (const part of [
      () => costOf18(browser, log),
      () => eventsOnPage(browser, rounds, log),
      () => manyMembers(browser, synthetic, log),
    ]) {
      const result = await part();
      Object.assign(figures, result.figures);
      checks.push(...result.checks);
    }
  } finally {
    await browser.close();
  }
  return { figures, checks };
}

/** What a browser loads before it shows anything. */
function bundleSize() {
  const files = readdirSync(ASSETS).filter((name) => /\.(js|css)$/.test(name));
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(join(ASSETS, name))).length, 0);
}

async function coresOf(pid) {
  const [before, startMs] = [cpuSeconds(pid), performance.now()];
  await sleep(WINDOW_MS);
  return (cpuSeconds(pid) - before) / ((performance.now() - startMs) / 1_000);
}

async function costOf18(browser, log) {
  const cluster = await startCluster(["--no-traffic"]);
  try {
    const pid = cluster.started.consolePid;
    await sleep(SETTLE_MS + FORGET_MS);
    log(`18 nodes, nobody looks: ${WINDOW_MS / 1_000} s`);
    const unseen = await coresOf(pid);
    const view = await openConsole(browser, cluster.started);
    await firstView(view.page, 15_000);
    await sleep(5_000);
    log(`18 nodes, the page is open: ${WINDOW_MS / 1_000} s`);
    const seen = await coresOf(pid);
    const { rssMB, pssMB } = memory(pid);
    await view.close();
    return {
      figures: {
        consoleCoresUnseen: round(unseen, 5),
        consoleCoresWithPage: round(seen, 5),
        consoleRssMB: round(rssMB, 1),
        consolePssMB: round(pssMB, 1),
      },
      checks: [
        { id: "18 nodes, no page: console ≤ 0.006 core", ok: unseen <= 0.006 },
        { id: "18 nodes, page open: console ≤ 0.03 core", ok: seen <= 0.03 },
        { id: "18 nodes, page open: console ≤ 130 MB RSS", ok: rssMB <= 130 },
        { id: "the page threw nothing", ok: view.faults.length === 0 },
      ],
    };
  } finally {
    await cluster.stop();
  }
}

/** Joins and deaths: from when the console's own directory had it (its event) until the page had painted it. */
async function eventsOnPage(browser, rounds, log) {
  const cluster = await startCluster(["--no-traffic"]);
  const delaysMs = [];
  const killedMs = [];
  let bySurvivors = 0;
  try {
    const { page, close } = await openConsole(browser, cluster.started);
    await firstView(page, 15_000);
    log(`${rounds} rounds: two nodes join, one is killed by the page's button, one by the API`);
    for (let round = 0; round < rounds; round++) {
      const mesh = round % 2 === 0 ? "mesh1" : "mesh2";
      const order = { mesh, type: "compute", count: 2 };
      const { spawned } = await cluster.api("/api/nodes", { method: "POST", body: JSON.stringify(order) });
      const names = spawned.map(({ name }) => name);
      for (const name of names) {
        const seenAtMs = await ringSeenAt(page, name, "alive", 15_000);
        delaysMs.push(seenAtMs - (await eventOf(cluster, name, "node.joined")).atMs);
      }
      await sleep(500);
      const clickedAtMs = await killByButton(page, names[0]);
      await cluster.api(`/api/nodes/${names[1]}/kill`, { method: "POST" });
      for (const [at, name] of names.entries()) {
        const seenAtMs = await ringSeenAt(page, name, "dead", 20_000);
        const event = await eventOf(cluster, name, "node.dead");
        delaysMs.push(seenAtMs - event.atMs);
        if (at > 0) continue;
        killedMs.push(seenAtMs - clickedAtMs);
        if (event.by.length === 2) bySurvivors++;
      }
    }
    await close();
  } finally {
    await cluster.stop();
  }
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(delaysMs, share));
  const slowest = Math.max(...killedMs);
  return {
    figures: {
      events: delaysMs.length,
      eventToPageP50Ms: p50,
      eventToPageP99Ms: p99,
      killsByButton: killedMs.length,
      killToPageP50Ms: percentile(killedMs, 0.5),
      killToPageMaxMs: slowest,
    },
    checks: [
      { id: "event → page ≤ 300 ms p99", ok: p99 <= 300 },
      { id: "kill by the page's button → dead on the page ≤ 5 s", ok: slowest <= 5_000 },
      { id: "each of those deaths was signed by two nodes", ok: bySurvivors === killedMs.length },
    ],
  };
}

async function killByButton(page, name) {
  await page.getByTestId(`kill-${name}`).click();
  const confirm = page.getByTestId("action-confirm");
  await confirm.waitFor();
  const clickedAtMs = Date.now();
  await confirm.click();
  await page.locator("[data-testid=action-outcome]").waitFor();
  await page.keyboard.press("Escape");
  return clickedAtMs;
}

async function eventOf(cluster, name, kind) {
  const { events } = await cluster.api("/api/events?limit=200");
  const found = events.find((event) => event.node === name && event.kind === kind);
  if (found === undefined) throw new Error(`the page shows ${kind} of ${name}, and the console has no such event`);
  return found;
}

async function manyMembers(browser, synthetic, log) {
  const cluster = await startCluster(["--synthetic", String(synthetic)]);
  try {
    log(`${synthetic} made-up members after ${Math.round(cluster.synthetic.elapsedMs / 1_000)} s`);
    await sleep(SETTLE_MS);
    const viewsMs = [];
    let view;
    for (let opened = 0; opened < FIRST_VIEWS; opened++) {
      await view?.close();
      view = await openConsole(browser, cluster.started);
      viewsMs.push(await firstView(view.page, 30_000));
      await sleep(2_000);
    }
    const says = (await view.page.getByTestId("synthetic-note").textContent()) ?? "";
    log(`panning for ${PAN_MS / 1_000} s`);
    const pid = cluster.started.consolePid;
    const [before, startMs] = [cpuSeconds(pid), performance.now()];
    const intervalsMs = await pan(view.page, PAN_MS);
    const cores = (cpuSeconds(pid) - before) / ((performance.now() - startMs) / 1_000);
    const saysStill = (await view.page.getByTestId("synthetic-note").textContent()) ?? "";
    const slowest = percentile(intervalsMs, 0.95);
    const firstViewMs = percentile(viewsMs, 0.5);
    await view.close();
    return {
      figures: {
        syntheticMembers: synthetic,
        firstViewMedianMs: round(firstViewMs, 0),
        firstViewMaxMs: round(Math.max(...viewsMs), 0),
        framesPanned: intervalsMs.length,
        fpsP50: round(1_000 / percentile(intervalsMs, 0.5), 1),
        fpsP5: round(1_000 / slowest, 1),
        consoleAndMembersCores: round(cores, 3),
        consoleAndMembersRssMB: round(memory(pid).rssMB, 0),
      },
      checks: [
        { id: `${synthetic} members: first view ≤ 1.5 s`, ok: firstViewMs <= 1_500 },
        { id: `${synthetic} members: ≥ 30 fps as p5 over ${PAN_MS / 1_000} s of panning`, ok: 1_000 / slowest >= 30 },
        {
          id: "the page says SYNTHETIC, before and after",
          ok: [says, saysStill].every((text) => /SYNTHETIC/.test(text)),
        },
      ],
    };
  } finally {
    await cluster.stop();
  }
}
