/** Four faults on a cluster of 18 nodes in the lab, and that the judge fails when the nodes' senses are shut. */
import { faults, lab, type RunningLab } from "meshwork/chaos";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const DURATION = "3s";
let running: RunningLab;

beforeAll(async () => {
  running = await lab.up();
}, 120_000);
beforeEach(({ skip }) => {
  const { namespaces, cuts } = running.abilities;
  for (const { ok, detail } of [namespaces, cuts]) if (!ok) skip(detail);
});
afterAll(async () => {
  expect((await running?.down()) ?? []).toEqual([]);
});

for (const { name } of [faults.killNode, faults.restartNode, faults.partitionPair, faults.slowLink]) {
  test(name, async ({ skip }) => {
    const [verdict] = await running.run({ action: name, duration: DURATION });
    if (verdict?.outcome === "skipped") skip(verdict.reasons.join("; "));
    expect(verdict?.reasons).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "passed", reverted: true });
  });
}

test("specs are run at their times: by selector, and again", async () => {
  const schedule = { every: "1s", rounds: 2 };
  const verdicts = await running.run({ selector: { mesh: "mesh2", type: "broker" }, action: "kill-node", schedule });
  expect(verdicts.map(({ outcome, reasons }) => [outcome, reasons])).toEqual([
    ["passed", []],
    ["passed", []],
  ]);
  for (const { targets } of verdicts) expect(targets[0]).toMatch(/^mesh2\.broker\./);
});

test("nodes whose senses are shut pass nothing", async () => {
  const [verdict] = await running.run({ action: "kill-node", duration: DURATION }, { blind: true });
  expect(verdict?.outcome).toBe("failed");
  expect(verdict?.reasons[0]).toContain("not known within");
});
