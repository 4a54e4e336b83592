import { expect, test } from "vitest";
import { MovingTimer } from "./moving-timer.js";
import { World } from "./world.js";

test("a timer fires at the time that was set last, earlier or later, by its host's clock", () => {
  const world = new World(1);
  const host = world.addHost();
  host.clockRate = 2;
  host.clockOffsetMs = 500;
  host.start();
  const fired: number[] = [];
  const timer = new MovingTimer(host, () => fired.push(host.now()));
  timer.set(host.now() + 1_000);
  timer.set(host.now() + 3_000);
  world.runFor(1_400);
  expect(fired).toEqual([]);
  timer.set(host.now() + 100);
  world.runFor(1_000);
  expect(fired).toEqual([500 + 2_800 + 100]);
  timer.set(host.now() - 5);
  world.runFor(10);
  expect(fired).toHaveLength(2);
  timer.set(Number.POSITIVE_INFINITY);
  world.runFor(10_000);
  expect(fired).toHaveLength(2);
});
