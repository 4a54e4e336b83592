/** 200 nodes on the page, as a stand-in for the console tells of them. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { closePages, launchBrowser, openLive } from "./browser.js";
import { linkOf, nodeOf, startFixture } from "./fixture-console.js";
import { expectLegible, MESHES, NODES, TYPES, WALL } from "./legible.js";

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});
afterEach(() => closePages(browser));

test("200 made-up nodes", async () => {
  const nodes = MESHES.flatMap((mesh) =>
    Array.from({ length: NODES / 4 }, (_, at) => nodeOf(mesh, TYPES[at % 3]!, at)),
  );
  const links = nodes.flatMap((node, at) => {
    const next = nodes.slice(at + 1, at + 4).filter(({ mesh }) => mesh === node.mesh);
    return next.map(({ id }) => linkOf(node.mesh, node.id!, id!));
  });
  const all = [...nodes, nodeOf("mesh1", "console", 7)];
  const fixture = await startFixture(all, links);
  try {
    const page = await openLive(browser, fixture, undefined, WALL);
    await expectLegible(
      page,
      all.map(({ name }) => name!),
      "made-up-200",
    );
  } finally {
    await fixture.close();
  }
});
