/** Chromium for the tests: pages that remember what went wrong in them, and screenshots under out/browser/. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const SHOTS = join(import.meta.dirname, "..", "..", "out", "browser");

export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.MESH_CHROMIUM;
  if (executablePath === undefined) throw new Error("run this by `npm run test:browser`, which looks for Chromium");
  const root = process.getuid?.() === 0;
  return await chromium.launch({
    executablePath,
    headless: true,
    args: [
      ...(root ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Few containers have room in /dev/shm.
      "--disable-dev-shm-usage",
    ],
  });
}

export interface WatchedPage extends Page {
  /** Errors of the page's console and uncaught ones, so far. */
  readonly faults: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "dark", ...options });
  const faults: string[] = [];
  const page = Object.assign(await context.newPage(), { faults });
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(url);
  return page;
}

/** The page of a console, once it is live; at one of its tabs where that is named. */
export async function openLive(
  browser: Browser,
  { url, token }: { readonly url: string; readonly token: string },
  tab?: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const page = await openPage(browser, `${url}/#token=${token}`, options);
  await untilState(page, "live");
  if (tab !== undefined) await show(page, tab);
  return page;
}

/** So that no test finds the pages of another. */
export async function closePages(browser: Browser): Promise<void> {
  for (const context of browser.contexts()) await context.close();
}

/** The browser's own complaint about a server that is not there; no page can keep it from being logged. */
export const OWN_COMPLAINT = /^Failed to load resource: net::/;

export async function untilState(page: Page, state: string, timeoutMs = 15_000): Promise<void> {
  await page.locator(`[data-testid=connection][data-state=${state}]`).waitFor({ timeout: timeoutMs });
}

export async function show(page: Page, tab: string, item?: string): Promise<void> {
  await page.evaluate(
    `location.hash = ${JSON.stringify(`#/${tab}${item === undefined ? "" : `/${encodeURIComponent(item)}`}`)}`,
  );
  await page.locator(`[data-testid=tab-${tab}][aria-current=page]`).waitFor();
}

export const TABS = "topology nodes directory boot messages traces timeline alerts runtime profile chaos tests".split(
  " ",
);

/** Tables and waterfalls ask the API first. */
export async function untilAnswered(page: Page): Promise<void> {
  await expect.poll(() => page.getByText(/^(Asking|asking)/).count(), { timeout: 15_000 }).toBe(0);
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** Nothing sticks out to the right, where nobody would look for it. */
export async function expectNoOverflow(page: Page, what: string): Promise<void> {
  const [wide, window] = (await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")) as [
    number,
    number,
  ];
  expect(wide, `${what} at ${window} px`).toBeLessThanOrEqual(window);
}

export async function textOf(page: Page, testId: string): Promise<string> {
  return (await page.getByTestId(testId).first().textContent()) ?? "";
}

/** `data-…` of all elements with a test id, or of those that `selector` finds. */
export async function valuesOf(
  page: Page,
  testId: string,
  attribute: string,
  selector = `[data-testid="${testId}"]`,
): Promise<string[]> {
  const script = `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.getAttribute("${attribute}"))`;
  return (await page.evaluate(script)) as string[];
}
