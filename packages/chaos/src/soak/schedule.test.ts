import { expect, test } from "vitest";
import { makePlaces, makeSchedule, type SoakPlan } from "./schedule.js";

const types = new Map([
  ["gateway", 2],
  ["broker", 3],
  ["compute", 2],
  ["registry", 2],
]);
const places = makePlaces(["mesh1", "mesh2"], types);
const plan: SoakPlan = {
  seed: 42,
  durationMs: 3_600_000,
  intervalMs: 20_000,
  churnMs: 10_000,
  faults: [
    { name: "kill", endsProcess: true },
    { name: "freeze", endsProcess: false },
  ],
};

test("half of the places are mortal, of each type and in each mesh some are and some are not", () => {
  expect(places).toHaveLength(18);
  expect(places.filter(({ mortal }) => mortal)).toHaveLength(9);
  for (const type of types.keys())
    expect(new Set(places.filter((place) => place.type === type).map(({ mortal }) => mortal)).size).toBe(2);
  for (const mesh of ["mesh1", "mesh2"])
    expect(places.filter((place) => place.mesh === mesh && place.mortal).length).toBeGreaterThanOrEqual(4);
});

test("the same seed makes the same schedule, another seed another", () => {
  expect(makeSchedule(plan, places)).toEqual(makeSchedule(plan, places));
  expect(makeSchedule({ ...plan, seed: 43 }, places)).not.toEqual(makeSchedule(plan, places));
});

test("churn does not change the faults", () => {
  const faults = (churnMs: number | null) =>
    makeSchedule({ ...plan, churnMs }, places).filter(({ kind }) => kind === "fault");
  expect(faults(null)).toEqual(faults(10_000));
});

test("an hour has its faults and respawns, in order, and nothing ends a process that carries a slope", () => {
  const events = makeSchedule(plan, places);
  expect(events.filter(({ kind }) => kind === "fault")).toHaveLength(179);
  expect(events.filter(({ kind }) => kind === "churn")).toHaveLength(360);
  expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).sort((a, b) => a - b));
  for (const event of events)
    if (event.kind === "churn" || event.fault === "kill") expect(places[event.place]?.mortal).toBe(true);
  expect(new Set(events.filter((event) => event.kind === "churn").map(({ place }) => place)).size).toBe(9);
});
