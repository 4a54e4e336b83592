/** The twins on one mesh, and their judge, judged: what it looks at is broken on purpose, and it has to say so. */
import { expect, test } from "vitest";
import { runChaosTwins } from "./chaos.js";
import { judgeTwin } from "./chaos-judge.js";
import { VirtualSoak } from "./chaos-soak.js";
import { ChaosStage } from "./chaos-stage.js";
import type { ChaosTwin, TwinRun } from "./chaos-twin.js";
import { CHAOS_TWINS, WITHOUT_TWIN } from "./chaos-twins.js";

const NODES = 9;

test("seeds 1 to 3: every twin is known in time, undone and healed; the same seed is the same run", () => {
  for (const seed of [1, 2, 3]) {
    const { verdicts } = runChaosTwins({ seed, nodes: NODES });
    expect(verdicts.map(({ fault }) => fault)).toEqual(CHAOS_TWINS.map(({ name }) => name));
    expect(
      verdicts.flatMap(({ fault, reasons }) => reasons.map((reason) => `seed ${seed}, ${fault}: ${reason}`)),
    ).toEqual([]);
  }
  const run = () => runChaosTwins({ seed: 1, nodes: NODES, faults: ["kill-node", "lossy-link"] }).trace;
  expect(run()).toBe(run());
});

// The records had crossed before healing's contact was made; then full views turned away who asked without need.
test.each([17, 76, 130, 131])("seed %i: after a third was cut off the overlay is one again", (seed) => {
  const { verdicts } = runChaosTwins({ seed, nodes: NODES, faults: ["partition-subset"] });
  expect(verdicts.flatMap(({ reasons }) => reasons)).toEqual([]);
});

test.each([
  [239, "who had lost all its neighbours with the dead flooded its obituary to nobody, and again only 1.7 s later"],
  [250, "an audit forgot its suspect, which had published anew, and left it suspected"],
  [306, "who came back after the fault before stood for those of the other part"],
])("seed %i: %s", (seed) => {
  const { verdicts } = runChaosTwins({ seed, nodes: NODES });
  expect(verdicts.flatMap(({ fault, reasons }) => reasons.map((reason) => `${fault}: ${reason}`))).toEqual([]);
});

test("with the detection of the witnesses off every twin fails", () => {
  const { verdicts } = runChaosTwins({ seed: 1, nodes: NODES, blind: true });
  expect(verdicts.filter(({ reasons }) => reasons.length === 0).map(({ fault }) => fault)).toEqual([]);
  expect(verdicts).toHaveLength(CHAOS_TWINS.length);
});

test("every fault of `mesh chaos list` has a twin, or a reason for none", () => {
  expect(CHAOS_TWINS.length + Object.keys(WITHOUT_TWIN).length).toBe(19);
});

const kill = CHAOS_TWINS.find(({ name }) => name === "kill-node") as ChaosTwin;
/** Kill-node with a part of it replaced. */
const spoilt = (
  change: (run: TwinRun, stage: ChaosStage) => Partial<TwinRun>,
  withinMs = kill.withinMs,
): ChaosTwin => ({
  ...kill,
  withinMs,
  prepare: (stage) => {
    const run = kill.prepare(stage);
    return { ...run, ...change(run, stage) };
  },
});
const reasonsOf = (twin: ChaosTwin) => judgeTwin(new ChaosStage({ seed: 1, nodes: NODES }), twin).reasons.join("\n");

test.each<[string, ChaosTwin, string]>([
  ["known too late", spoilt(() => ({}), 1_000), "not known within 1 s"],
  [
    "one who never knows",
    spoilt(({ knows, witnesses }) => ({ knows: (one) => one !== witnesses[0] && knows(one) })),
    "not known",
  ],
  ["a death that nothing excuses", spoilt(() => ({ excuses: () => false })), "took"],
  [
    "a cut that is not undone",
    spoilt(({ revert }, stage) => ({
      revert: () => {
        revert();
        stage.cutOff(stage.running()[0] as number, true);
      },
    })),
    "not healed within 30 s",
  ],
  [
    "a target that does not answer",
    spoilt(({ witnesses, revert }, stage) => ({
      targets: [witnesses[0] as number],
      revert: () => {
        revert();
        stage.echoes.deaf = true;
      },
    })),
    "does not answer",
  ],
])("%s is found", (_, twin, reason) => {
  expect(reasonsOf(kill)).toBe("");
  expect(reasonsOf(twin)).toContain(reason);
});

test("an hour's soak of 18 nodes: faults passed, newcomers came, those who stay were read before and after", () => {
  const soak = new VirtualSoak({ seed: 1, nodes: 18, durationMs: 1_800_000, everyMs: 60_000, quietMs: 600_000 });
  let steps = 1;
  while (soak.step()) steps++;
  const { verdicts, before, after, falseDeaths, divergentAtEnd, identities } = soak.result();
  expect(steps).toBeGreaterThan(verdicts.length);
  expect(verdicts.flatMap(({ reasons }) => reasons)).toEqual([]);
  expect([falseDeaths, divergentAtEnd, before.length, after.length]).toEqual([[], undefined, 9, 9]);
  expect(identities).toBeGreaterThan(18);
}, 60_000);
