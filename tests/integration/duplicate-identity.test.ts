/** One identity started twice, from a copied data directory: the later start gives way, and the mesh keeps the other. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/cluster.js";
import { Hosts } from "../support/node-hosts.mjs";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test("of two processes with one identity the later stops with duplicate_identity, the earlier stays listed", async () => {
  const hosts = new Hosts();
  stops.push(() => hosts.stop());
  const copies = mkdtempSync(join(tmpdir(), "meshwork-copies-"));
  stops.push(() => rmSync(copies, { recursive: true, force: true }));
  const first = await hosts.node({ mesh: "mesh1" });
  const witness = await hosts.node({ mesh: "mesh1", seeds: [first.seed] });
  const original = await hosts.node({ mesh: "mesh1", seeds: [first.seed] });
  // Of the identity alone: the lock beside it belongs to the process that holds it.
  cpSync(join(original.dataDir, "identity.json"), join(copies, "identity.json"));
  const copy = await hosts.node({ mesh: "mesh1", seeds: [first.seed], dataDir: copies });
  expect(copy.id).toBe(original.id);

  await eventually("the copy has given way", 30_000, async () => (await copy.closed())?.failure !== undefined);
  expect((await copy.closed())?.failure).toMatchObject({ code: "MESH_E_DUPLICATE_IDENTITY" });
  expect(await original.closed()).toBeUndefined();
  const [, address] = original.seed.split("@");
  for (const node of [first, witness]) {
    await eventually(`${node.name} lists the original`, 20_000, async () =>
      (await node.directory()).some(({ id, addresses }) => id === original.id && addresses.includes(address!)),
    );
  }
}, 90_000);
