/** Whole nodes with Rust peers in their mesh: of the swarm, not of the directory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blake3 } from "hash-wasm";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  hears,
  hex,
  linked,
  type PeerProcess,
  startNodeProcess,
  startPeer,
  stopAll,
  unlinked,
} from "./peer-process.js";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meshwork-interop-"));
});

afterEach(async () => {
  await stopAll();
  rmSync(directory, { recursive: true, force: true });
});

function startNode(mesh: string, type: string, seeds: readonly PeerProcess[]): Promise<PeerProcess> {
  return startNodeProcess({ mesh, type, dataDir: join(directory, type), seeds: seeds.map((seed) => seed.seed) });
}

test("nodes whose only seeds are Rust peers find each other through them; the directory lists nodes alone", async () => {
  const mesh = `interop-${process.pid}`;
  const topic = await blake3(mesh);
  const rust = [await startPeer("rust", { topic })];
  rust.push(await startPeer("rust", { topic, bootstrap: rust }));
  await linked(rust[1]!, rust[0]!);
  const nodes = [await startNode(mesh, "broker", [rust[0]!]), await startNode(mesh, "gateway", [rust[1]!])];
  const startedAt = performance.now();
  const names = nodes.map((node) => node.events[0]!.name as string).sort();
  for (const node of nodes) {
    await expect.poll(async () => (await node.report()).names.toSorted(), { timeout: 6_000 }).toEqual(names);
    const { neighbors } = await node.report();
    expect(neighbors.some((id: string) => rust.some((peer) => peer.id === id))).toBe(true);
  }
  console.log(`directories complete ${Math.round(performance.now() - startedAt)} ms after the second node was ready`);
  // The nodes' records travel through the Rust peers, which carry them without reading them.
  expect(rust[0]!.received.length).toBeGreaterThan(0);

  // A Rust peer neither answers probes nor says anything by itself. That must not cost it its place.
  const sides = rust.map((peer) => ({ peer, since: peer.events.length }));
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  for (const { peer, since } of sides) {
    const lost = peer.events.slice(since).filter((event) => event.event === "neighbor-down");
    expect(lost, "neighbours lost while nothing happened").toEqual([]);
  }
  rust[1]!.command(`broadcast ${hex("not a record")}`);
  await hears(rust[0]!, hex("not a record"));
  for (const node of nodes) expect((await node.report()).names.toSorted()).toEqual(names);

  const [first, second] = nodes as [PeerProcess, PeerProcess];
  await second.quit();
  await Promise.all(rust.map((peer) => unlinked(peer, second, 5_000)));
  await expect.poll(async () => (await first.report()).names).toEqual([first.events[0]!.name]);
});
