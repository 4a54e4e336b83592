/** A mesh across two hosts whose cable is pulled: each half buries the other, and both are one again by themselves. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/cluster.js";
import { cable, namespaceProblem } from "../support/namespaces.js";
import { type HostedNode, Hosts } from "../support/node-hosts.mjs";

const HALF = 3;
/** Some rounds of healing find nobody. */
const CUT_FOR_MS = 8_000;
/** The bar; the simulator holds it over many seeds (`npm run sim -- membership`). */
const HEALED_WITHIN_MS = 30_000;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const ids = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id).sort();

async function listed(nodes: readonly HostedNode[], expected: readonly HostedNode[], timeoutMs: number): Promise<void> {
  await eventually(`${expected.length} are listed`, timeoutMs, async () => {
    for (const node of nodes) {
      const have = ids(await node.directory());
      if (have.join() !== ids(expected).join()) throw new Error(`${node.name} lists ${have.length}`);
    }
    return true;
  });
}

test("a split mesh buries its other half, and is whole again within 30 s of the cable's return", async ({ skip }) => {
  const problem = namespaceProblem();
  if (problem !== undefined) skip(problem);
  const line = cable("mws", "10.98.0");
  stops.push(() => line.remove());
  const hosts = new Hosts();
  stops.push(() => hosts.stop());
  const start = async (end: 0 | 1, seeds: string[]) =>
    (await hosts.spawn({}, line.names[end])).start({ mesh: "mesh1", seeds, bind: `${line.addresses[end]}:0` });
  const first = await start(0, []);
  const others = [0, 1].flatMap((end) => Array.from({ length: end === 0 ? HALF - 1 : HALF }, () => end as 0 | 1));
  const nodes = [first, ...(await Promise.all(others.map((end) => start(end, [first.seed]))))];
  const halves = [nodes.slice(0, HALF), nodes.slice(HALF)];
  await listed(nodes, nodes, 20_000);

  line.pull();
  for (const half of halves) await listed(half, half, 75_000);
  await sleep(CUT_FOR_MS);
  line.plug();
  await listed(nodes, nodes, HEALED_WITHIN_MS);

  // Whoever comes back was dead, and nobody of the own half ever was.
  for (const [index, half] of halves.entries()) {
    for (const node of half) {
      const dead = node.changes.filter(({ kind }) => kind === "dead" || kind === "expired").map(({ id }) => id);
      expect(new Set(dead)).toEqual(new Set(ids(halves[1 - index] as HostedNode[])));
    }
  }
  expect(await nodes[0]!.request(nodes.at(-1)!.name, "hello")).toBe("hello");
}, 150_000);
