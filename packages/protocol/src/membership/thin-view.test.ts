import { expect, test } from "vitest";
import { ThinView } from "./thin-view.js";

const make = () => new ThinView(() => 0.5);
const members = {
  sample: (_count: number, _random: () => number, accept: (id: string) => boolean) => ["a", "b"].filter(accept),
};

test("thin is below three neighbours, or below all the others where there are fewer", () => {
  const cases: [neighbors: number, live: number, thin: boolean][] = [
    [0, 1, false],
    [0, 2, true],
    [1, 2, false],
    [1, 3, true],
    [2, 3, false],
    [2, 4, true],
    [2, 1_000, true],
    [3, 1_000, false],
  ];
  for (const [neighbors, live, thin] of cases) {
    const view = make();
    view.view(neighbors, live, 0);
    expect(Number.isFinite(view.dueAtMs), `${neighbors} of ${live}`).toBe(thin);
  }
});

test("offers come after 1, 2, 4 s and at last once a minute, and begin anew after a full view", () => {
  const view = make();
  view.view(1, 10, 0);
  const gaps: number[] = [];
  let nowMs = 0;
  for (let offer = 0; offer < 9; offer++) {
    gaps.push(view.dueAtMs - nowMs);
    nowMs = view.dueAtMs;
    expect(view.offer(members, new Set(["a"]), nowMs)).toEqual(["b"]);
    // What changes without filling the view changes nothing.
    view.view(2, 10, nowMs);
  }
  expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  view.view(3, 10, nowMs);
  expect(view.dueAtMs).toBe(Number.POSITIVE_INFINITY);
  view.view(2, 10, nowMs);
  expect(view.dueAtMs).toBe(nowMs + 1_000);
});
