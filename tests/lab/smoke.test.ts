/** Four faults on a cluster of 18 nodes in the lab, and that the judge fails when the nodes' senses are shut. */
import { faultNamed, runChaos, type SessionReport } from "meshwork/chaos";
import { beforeAll, expect, test } from "vitest";

const SMOKE = ["kill-node", "restart-node", "partition-pair", "slow-link"];
const RUN_LIMIT_MS = 150_000;
let report: SessionReport;

beforeAll(async () => {
  report = await runChaos({ faults: SMOKE.map(faultNamed), seed: 1, log: (line) => process.stderr.write(`${line}\n`) });
}, RUN_LIMIT_MS);

for (const name of SMOKE) {
  test(name, ({ skip }) => {
    const verdict = report.verdicts.find(({ fault }) => fault === name);
    if (verdict?.outcome === "skipped") skip(verdict.reasons.join("; "));
    expect(verdict).toMatchObject({ outcome: "passed", reasons: [], reverted: true });
  });
}

test("nothing of it is left", () => expect(report.left).toEqual([]));

test(
  "blind nodes pass nothing",
  async () => {
    const { verdicts } = await runChaos({ faults: [faultNamed("kill-node")], seed: 1, blind: true });
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(["failed"]);
    expect(verdicts[0]?.reasons[0]).toContain("not known within");
  },
  RUN_LIMIT_MS,
);
