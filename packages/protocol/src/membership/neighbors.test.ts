import { expect, test } from "vitest";
import { Neighbors } from "./neighbors.js";
import { testId } from "./testing/records.js";

const [A, B] = [testId(1), testId(2)];

test("reconnected: once, when a neighbour is heard again after none was", () => {
  const suspected = new Set<string>();
  const members = { isSuspected: (id: string) => suspected.has(id) };
  const neighbors = new Neighbors();
  expect(neighbors.reconnected(members)).toBe(false);
  for (const id of [A, B]) neighbors.add(id, false);
  expect([neighbors.reconnected(members), neighbors.reconnected(members)]).toEqual([true, false]);
  suspected.add(A);
  expect(neighbors.reconnected(members)).toBe(false);
  suspected.delete(A);
  expect(neighbors.reconnected(members)).toBe(false);
  for (const id of [A, B]) suspected.add(id);
  expect(neighbors.reconnected(members)).toBe(false);
  neighbors.delete(A);
  expect(neighbors.reconnected(members)).toBe(false);
  suspected.delete(B);
  expect([neighbors.reconnected(members), neighbors.reconnected(members)]).toEqual([true, false]);
  neighbors.delete(B);
  expect(neighbors.reconnected(members)).toBe(false);
});
