import { expect, test } from "vitest";
import { NEWCOMER_BURST, NewcomerLimit } from "./newcomer-limit.js";

test("a burst of 2,000, then 50 a second, per neighbour", () => {
  const limit = new NewcomerLimit();
  for (let i = 0; i < NEWCOMER_BURST; i++) expect(limit.take("a", 0)).toBe(true);
  expect(limit.take("a", 0)).toBe(false);
  expect(limit.take("b", 0)).toBe(true);
  let taken = 0;
  for (let atMs = 1; atMs <= 2_000; atMs++) if (limit.take("a", atMs)) taken++;
  expect(taken).toBe(100);
  // A clock that stands or steps back gives nothing.
  expect(limit.take("a", 1_000)).toBe(false);
});

test("buckets leave once they are full, and are bounded", () => {
  const limit = new NewcomerLimit();
  for (let i = 0; i < 1_000; i++) limit.take(`n${i}`, i < 900 ? 0 : 1);
  expect(limit.size).toBe(256);
  limit.sweep(19);
  expect(limit.size).toBe(256);
  limit.sweep(20);
  expect(limit.size).toBe(100);
  limit.sweep(21);
  expect(limit.size).toBe(0);
});

test("who comes and goes has one burst all the same", () => {
  const limit = new NewcomerLimit();
  let taken = 0;
  for (let visit = 0; visit < 100; visit++) {
    while (limit.take("a", visit)) taken++;
    limit.sweep(visit);
  }
  expect(taken).toBe(NEWCOMER_BURST + Math.floor(99 * 0.05));
});
