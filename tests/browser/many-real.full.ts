/** 200 real nodes on the page: minutes of two cores, and so of `npm run test:full`. */
import type { NodeList } from "@meshwork/console/api-types";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { eventually, startCluster } from "../support/cluster.js";
import { Hosts } from "../support/node-hosts.mjs";
import { closePages, launchBrowser, openLive } from "./browser.js";
import { expectLegible, MESHES, NODES, TYPES, WALL } from "./legible.js";

const TEST_MS = 480_000;
const LISTED_MS = 240_000;

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});
afterEach(() => closePages(browser));

test(
  "200 real nodes in four processes beside a cluster of four meshes",
  async () => {
    const meshes = MESHES.flatMap((mesh) => ["--mesh", mesh]);
    const cluster = await startCluster(["--no-traffic", "--types", "registry=2", ...meshes]);
    const hosts = new Hosts();
    try {
      const perMesh = NODES / 4 - 2;
      const { nodes: first } = await cluster.api<NodeList>("/api/nodes");
      // One process for each mesh, its nodes one after the other: an event loop boots two at once no faster.
      await Promise.all(
        MESHES.map(async (mesh) => {
          const contact = first.find((node) => node.mesh === mesh && node.type === "registry")!;
          const host = await hosts.spawn();
          const seeds = contact.addresses!.map((address) => `${contact.id}@${address}`);
          for (let at = 0; at < perMesh; at += 1)
            await host.start({ mesh, type: TYPES[at % 3], sharedProcess: true, seeds: seeds.slice(0, 1) });
        }),
      );
      const page = await openLive(browser, cluster, undefined, WALL);
      const live = await eventually("the console lists all", LISTED_MS, async () => {
        const { nodes } = await cluster.api<NodeList>("/api/nodes");
        const listed = nodes.filter((node) => node.live);
        return listed.length === NODES + 1 && listed;
      });
      await expectLegible(
        page,
        live.map(({ name }: { name: string }) => name),
        "real-200",
      );
    } finally {
      await hosts.stop();
      await cluster.stop();
    }
  },
  TEST_MS,
);
