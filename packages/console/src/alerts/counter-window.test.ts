import { expect, test } from "vitest";
import { CounterWindow } from "./counter-window.js";

test("grows by what came within the window, and holds few samples", () => {
  const window = new CounterWindow(60_000);
  expect(window.grown()).toBeUndefined();
  for (let ms = 0; ms <= 600_000; ms += 1_000) window.add(ms, ms / 100);
  expect(window.grown()).toEqual({ by: 600, overMs: 60_000, atMs: 600_000 });
});

test("one sample a minute is enough; one alone is not", () => {
  const window = new CounterWindow(60_000);
  window.add(0, 5);
  window.add(10, 5);
  expect(window.grown()).toBeUndefined();
  window.add(61_000, 11);
  expect(window.grown()).toEqual({ by: 6, overMs: 61_000, atMs: 61_000 });
});

test("a smaller count is another process: nothing is known of it yet", () => {
  const window = new CounterWindow(60_000);
  window.add(0, 100);
  window.add(20_000, 120);
  window.add(40_000, 3);
  expect(window.grown()).toBeUndefined();
  window.add(60_000, 9);
  expect(window.grown()).toMatchObject({ by: 6, overMs: 20_000 });
});
