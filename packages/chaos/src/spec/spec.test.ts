import { expect, test } from "vitest";
import { killNode, wedgeNode } from "../faults/processes.js";
import { type ChaosSpec, planOf } from "./spec.js";
import { atTheirTime, timetable } from "./timetable.js";

test("a spec becomes a plan, with what was left out filled in", () => {
  const once = { target: undefined, forMs: 5_000, everyMs: 0, rounds: 1 };
  expect(planOf({ action: "kill-node" })).toEqual({ fault: killNode, ...once });
  const whole = { action: "kill-node", duration: "1.5m", schedule: { every: "30s", rounds: 4 } };
  expect(planOf(whole)).toEqual({ ...{ fault: killNode, ...once }, forMs: 90_000, everyMs: 30_000, rounds: 4 });
  const targets = [
    "broker",
    "mesh1.broker.aaaaaa",
    { mesh: "mesh1" },
    { type: "broker" },
    { mesh: "mesh1", type: "broker" },
  ];
  expect(targets.map((selector) => planOf({ action: "kill-node", selector }).target)).toEqual([
    ...["broker", "mesh1.broker.aaaaaa", "mesh1.", "broker", "mesh1.broker."],
  ]);
});

test.each([
  [{ action: "nonsense" }, "MESH_E_NO_SUCH_FAULT", "nonsense"],
  [{}, "MESH_E_BAD_OPTION", "action"],
  ["kill-node", "MESH_E_BAD_OPTION", "a spec"],
  [{ action: "kill-node", target: "broker" }, "MESH_E_BAD_OPTION", "no target"],
  [{ action: "kill-node", selector: {} }, "MESH_E_BAD_OPTION", "selector"],
  [{ action: "kill-node", selector: { mesh: "mesh1", colour: "red" } }, "MESH_E_BAD_OPTION", "selector"],
  [{ action: "kill-node", selector: "../x" }, "MESH_E_BAD_OPTION", "selector"],
  [{ action: "kill-node", duration: "soon" }, "MESH_E_BAD_OPTION", "duration"],
  [{ action: "kill-node", duration: "2h" }, "MESH_E_BAD_OPTION", "duration"],
  [{ action: "kill-node", duration: -1 }, "MESH_E_BAD_OPTION", "duration"],
  [{ action: "kill-node", schedule: { every: 10, rounds: 2 } }, "MESH_E_BAD_OPTION", "schedule.every"],
  [{ action: "kill-node", schedule: { every: "1m", rounds: 1.5 } }, "MESH_E_BAD_OPTION", "schedule.rounds"],
  [{ action: "kill-node", schedule: { every: "1m", rounds: 101 } }, "MESH_E_BAD_OPTION", "schedule.rounds"],
])("%j is refused", (spec, code, names) => {
  expect(() => planOf(spec as ChaosSpec)).toThrow(expect.objectContaining({ code }));
  expect(() => planOf(spec as ChaosSpec)).toThrow(names as string);
});

const kill = planOf({ action: "kill-node", schedule: { every: "2s", rounds: 3 } });
const wedge = planOf({ action: "wedge-node", schedule: { every: "3s", rounds: 2 } });

test("faults are due one after the other, those of the same time in the order given", () => {
  const due = timetable([wedge, kill]).map(({ plan, round, atMs }) => [plan.fault, round, atMs]);
  expect(due).toEqual([
    [wedgeNode, 1, 0],
    [killNode, 1, 0],
    [killNode, 2, 2_000],
    [wedgeNode, 2, 3_000],
    [killNode, 3, 4_000],
  ]);
});

test("what is due is waited for, and an abort ends the wait", async () => {
  const stop = new AbortController();
  const rounds: number[] = [];
  const waited: number[] = [];
  const due = [0, 40, 3_600_000].map((atMs, at) => ({ plan: kill, round: at + 1, atMs }));
  const startedAtMs = performance.now();
  for await (const { round } of atTheirTime(due, stop.signal, (next) => {
    waited.push(next.round);
    if (next.round === 3) stop.abort();
  }))
    rounds.push(round);
  expect([rounds, waited]).toEqual([
    [1, 2],
    [2, 3],
  ]);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(39);
});
