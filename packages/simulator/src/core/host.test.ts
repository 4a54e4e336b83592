import { expect, test } from "vitest";
import { World } from "./world.js";

function host() {
  const world = new World(1);
  const host = world.addHost();
  host.start();
  return { world, host };
}

test("a frozen host's timers stop, and fire late when it thaws, in order", () => {
  const { world, host: frozen } = host();
  const fired: [string, number][] = [];
  frozen.timer(100, () => fired.push(["first", frozen.now()]));
  frozen.timer(200, () => fired.push(["second", frozen.now()]));
  frozen.timer(900, () => fired.push(["third", frozen.now()]));
  world.runFor(50);
  frozen.freeze();
  world.runFor(450);
  expect(fired).toEqual([]);
  frozen.thaw();
  world.runFor(1_000);
  expect(fired).toEqual([
    ["first", 500],
    ["second", 500],
    ["third", 900],
  ]);
});

test("a fast clock counts more in the same time, and its timers come early", () => {
  const { world, host: fast } = host();
  fast.clockRate = 1.25;
  fast.clockOffsetMs = 1_000;
  let firedAtMs = 0;
  fast.timer(500, () => {
    firedAtMs = world.nowMs;
  });
  world.runFor(1_000);
  expect(firedAtMs).toBe(400);
  expect(fast.now()).toBe(1_000 + 1_250);
});

test("a slow host does one thing after the other", () => {
  const { world, host: slow } = host();
  slow.workMs = 50;
  const at: number[] = [];
  for (let count = 0; count < 3; count++) slow.timer(10, () => at.push(world.nowMs));
  world.runFor(1_000);
  expect(at).toEqual([10, 60, 110]);
});

test("nothing of a killed life happens in the next, and an interval ends with its life", () => {
  const { world, host: killed } = host();
  let ticks = 0;
  killed.interval(10, () => ticks++);
  world.runFor(35);
  killed.kill();
  killed.start();
  world.runFor(100);
  expect(ticks).toBe(3);
});

test("a cancelled timer does not fire, a late interval does not catch up", () => {
  const { world, host: one } = host();
  let ticks = 0;
  one.timer(10, () => ticks++).cancel();
  const every = one.interval(100, () => ticks++);
  one.freeze();
  world.runFor(1_000);
  one.thaw();
  world.runFor(1);
  expect(ticks).toBe(1);
  every.cancel();
  world.runFor(1_000);
  expect(ticks).toBe(1);
});
