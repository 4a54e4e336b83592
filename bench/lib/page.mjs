/** The console's page in real Chromium, with what a measurement needs to see of it: when cards change, and when frames are painted. */
import { chromium } from "playwright-core";

const VIEWPORT = { width: 1280, height: 800 };

export function launchChromium(executablePath) {
  const root = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    headless: true,
    args: [...(root ? ["--no-sandbox"] : []), "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"],
  });
}

/** Opens the page; what it throws is kept in `faults`. */
export async function openConsole(browser, { url, token }) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.addInitScript(watchPage);
  await page.goto(`${url}/#token=${token}`);
  return { page, faults, close: () => context.close() };
}

/** In the page. `rings`: when each card's ring was first painted in each state, by the wall clock, which is the console's. */
function watchPage() {
  const state = { rings: {}, firstViewMs: null, frames: null };
  globalThis.meshworkBench = state;
  const look = () => {
    for (const card of document.querySelectorAll("[data-testid^=card-]")) {
      const key = `${card.dataset.testid.slice(5)} ${card.dataset.ring}`;
      // What was changed now is on the screen with the next frame.
      if (!(key in state.rings)) {
        state.rings[key] = null;
        requestAnimationFrame(() => {
          state.rings[key] = Date.now();
        });
      }
    }
    const live = Number((document.querySelector("[data-testid=nodes-live]")?.textContent ?? "").replace(/\D/g, ""));
    if (state.firstViewMs === null && live > 0 && document.querySelector("[data-testid=field],[data-testid=map]")) {
      state.firstViewMs = Number.NaN;
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          state.firstViewMs = performance.now();
        }),
      );
    }
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
}

/** When this card was first seen in this state. */
export async function ringSeenAt(page, name, ring, timeoutMs) {
  const key = `${name} ${ring}`;
  await page.waitForFunction((key) => globalThis.meshworkBench.rings[key] > 0, key, {
    timeout: timeoutMs,
    polling: 50,
  });
  return page.evaluate((key) => globalThis.meshworkBench.rings[key], key);
}

/** Of the page's start: until the map with members on it had been painted. */
export async function firstView(page, timeoutMs) {
  await page.waitForFunction(() => globalThis.meshworkBench.firstViewMs > 0, null, { timeout: timeoutMs });
  return page.evaluate(() => globalThis.meshworkBench.firstViewMs);
}

/** Drags the map about for so long; milliseconds between painted frames. */
export async function pan(page, durationMs) {
  const box = await page.getByTestId("field").boundingBox();
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(middle.x, middle.y);
  await page.mouse.wheel(0, -400);
  await page.mouse.down();
  await page.evaluate(() => {
    const intervals = [];
    let lastMs;
    globalThis.meshworkBench.frames = intervals;
    const frame = (nowMs) => {
      if (lastMs !== undefined) intervals.push(nowMs - lastMs);
      lastMs = nowMs;
      if (globalThis.meshworkBench.frames === intervals) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const startMs = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs > durationMs) break;
    const angle = elapsedMs / 500;
    await page.mouse.move(middle.x + 220 * Math.cos(angle), middle.y + 160 * Math.sin(angle));
  }
  const intervals = await page.evaluate(() => {
    const { frames } = globalThis.meshworkBench;
    globalThis.meshworkBench.frames = null;
    return frames;
  });
  await page.mouse.up();
  return intervals;
}
