/** The probe beside a real node, and the soak's traffic between two of them. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MeshNode, startNode } from "@meshwork/node";
import { afterEach, expect, test } from "vitest";
import { MessageLedger } from "../messages/ledger.js";
import { PostOffice } from "../messages/post-office.js";
import { serveNodeProbe } from "./node-probe.js";
import { ProbeClient } from "./probe-client.js";
import { probeDirectory, type SeenChange } from "./protocol.js";

const root = mkdtempSync(join(tmpdir(), "meshwork-probe-"));
const nodes: MeshNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()));
  rmSync(root, { recursive: true, force: true });
});

async function start(seeds: readonly string[]): Promise<MeshNode> {
  const dataDir = join(root, `${nodes.length}`);
  const node = await startNode({ mesh: "m", type: "t", dataDir, seeds, sharedProcess: true });
  nodes.push(node);
  return node;
}

test("the probe tells of the node's own directory, its traffic and what it holds", async () => {
  const probed = await start([]);
  const directory = probeDirectory(process.ppid);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await serveNodeProbe(probed);
  const seen: SeenChange[] = [];
  let told: () => void = () => {};
  const until = (kind: SeenChange["kind"], id: string) =>
    new Promise<SeenChange>((resolve) => {
      told = () => {
        const found = seen.find((change) => change.kind === kind && change.id === id);
        if (found !== undefined) resolve(found);
      };
      told();
    });
  const client = await ProbeClient.connect(process.ppid, process.pid, (change) => {
    seen.push(change);
    told();
  });
  const hello = await client.call("hello", {});
  expect(hello).toMatchObject({ id: probed.id, name: probed.name, mesh: "m", type: "t" });
  expect(hello.live.map(({ id }) => id)).toEqual([probed.id]);

  const other = await start([probed.seed]);
  const joined = await until("joined", other.id);
  const life = other.directory.resolve(other.id).record.bootNonce;
  expect(joined.life).toBe(life);
  const office = new PostOffice(other, life);
  await client.call("traffic", { intervalMs: 5, seed: 1 });
  await expect
    .poll(async () => (await client.call("sent", {})).acknowledged[life]?.at(-1)?.[1] ?? 0)
    .toBeGreaterThan(10);
  await client.call("traffic", { intervalMs: null, seed: 1 });

  expect(office.receivedBook().received[hello.life]).toHaveLength(1);
  const ledger = new MessageLedger();
  ledger.sent(hello.life, await client.call("sent", {}));
  ledger.received(life, office.receivedBook());
  const { acknowledged, verified, lost, doubled } = ledger.totals();
  expect(acknowledged).toBeGreaterThan(10);
  expect({ verified, lost, doubled }).toEqual({ verified: acknowledged, lost: 0, doubled: 0 });

  const figures = await client.call("figures", { collect: true });
  expect(figures.connections).toBe(1);
  expect(figures.links).toEqual([other.id]);
  expect(figures.sizes.directoryEntries).toBe(2);

  await other.close();
  await until("left", other.id);
  client.close();
  rmSync(directory, { recursive: true, force: true });
});
