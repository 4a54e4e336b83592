import { expect, test } from "vitest";
import { hashedUnit, Random } from "./random.js";

test("the same seed gives the same sequence, another seed, stream or fork another", () => {
  const draw = (random: Random) => Array.from({ length: 5 }, random.next);
  expect(draw(new Random(7))).toEqual(draw(new Random(7)));
  expect(draw(new Random(8))).not.toEqual(draw(new Random(7)));
  expect(draw(new Random(7, 1))).not.toEqual(draw(new Random(7)));
  expect(draw(new Random(7 + 2 ** 32))).not.toEqual(draw(new Random(7)));
  expect(draw(new Random(7).fork())).toEqual(draw(new Random(7).fork()));
});

test("draws and figures of pairs are spread evenly", () => {
  const random = new Random(3);
  const drawn = new Array(10).fill(0);
  const hashed = new Array(10).fill(0);
  for (let index = 0; index < 10_000; index++) {
    drawn[random.int(10)]++;
    hashed[Math.floor(hashedUnit(5, 0, index) * 10)]++;
  }
  for (const count of [...drawn, ...hashed]) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

test("what is certain costs no draw", () => {
  const random = new Random(1);
  expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
  expect(random.next()).toBe(new Random(1).next());
});
