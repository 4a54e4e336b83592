/** Four faults on a cluster of 18 nodes in the lab, and that the judge fails when the nodes' senses are shut. */
import { Cluster, faultNamed, judge, Lab, pickTargets, probeAbilities, type Verdict } from "meshwork/chaos";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const abilities = probeAbilities();
const FOR_MS = 3_000;
let lab: Lab | undefined;
let cluster: Cluster | undefined;

beforeAll(async () => {
  if (!abilities.namespaces.ok || !abilities.cuts.ok) return;
  lab = await Lab.up({ abilities });
  cluster = await Cluster.up({ lab });
}, 120_000);
beforeEach(({ skip }) => {
  for (const { ok, detail } of [abilities.namespaces, abilities.cuts]) if (!ok) skip(detail);
});
afterAll(async () => {
  await cluster?.down();
  expect((await lab?.down()) ?? []).toEqual([]);
});

function run(name: string, blind = false): Promise<Verdict> {
  const of = cluster as Cluster;
  const stage = { cluster: of, random: Math.random, pick: (count: number) => pickTargets(of, Math.random, count) };
  const { signal } = new AbortController();
  return judge(faultNamed(name), { abilities, stage, forMs: FOR_MS, blind, signal, log: () => {} });
}

for (const name of ["kill-node", "restart-node", "partition-pair", "slow-link"]) {
  test(name, async ({ skip }) => {
    const verdict = await run(name);
    if (verdict.outcome === "skipped") skip(verdict.reasons.join("; "));
    expect(verdict.reasons).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "passed", reverted: true });
  });
}

test("nodes whose senses are shut pass nothing", async () => {
  const { outcome, reasons } = await run("kill-node", true);
  expect(outcome).toBe("failed");
  expect(reasons[0]).toContain("not known within");
});
