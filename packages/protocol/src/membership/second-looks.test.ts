import { expect, test } from "vitest";
import { LOOK_AFTER_MS, LOOKS, SecondLooks } from "./second-looks.js";
import { testId } from "./testing/records.js";

const target = (number: number) => ({ id: testId(number), addresses: ["127.0.0.1:1"] });

test("who was found is dialled twice more, and is done with", () => {
  const looks = new SecondLooks();
  looks.found(target(1), 0);
  for (let look = 1; look <= LOOKS; look++) {
    const nowMs = look * LOOK_AFTER_MS;
    expect(looks.due(true, nowMs - 1)).toBeUndefined();
    expect(looks.nextAtMs).toBe(nowMs);
    expect(looks.due(true, nowMs)).toEqual(target(1));
    looks.found(target(1), nowMs);
  }
  expect(looks.size).toBe(0);
  expect(looks.nextAtMs).toBe(Number.POSITIVE_INFINITY);
});

test("a dial that fails is repeated, and not for ever", () => {
  const looks = new SecondLooks();
  looks.found(target(1), 0);
  let dials = 0;
  for (let nowMs = 0; nowMs < 3_600_000; nowMs += LOOK_AFTER_MS) if (looks.due(true, nowMs) !== undefined) dials++;
  expect(dials).toBe(600_000 / LOOK_AFTER_MS);
  expect(looks.size).toBe(0);
});

test("while another dial is under way it waits, without asking at every instant", () => {
  const looks = new SecondLooks();
  looks.found(target(1), 0);
  expect(looks.due(false, LOOK_AFTER_MS)).toBeUndefined();
  expect(looks.nextAtMs).toBe(LOOK_AFTER_MS + 1_000);
  expect(looks.due(true, looks.nextAtMs)).toEqual(target(1));
});

test("it holds sixteen, the latest", () => {
  const looks = new SecondLooks();
  for (let number = 1; number <= 20; number++) looks.found(target(number), number);
  expect(looks.size).toBe(16);
  expect([looks.has(testId(4)), looks.has(testId(5))]).toEqual([false, true]);
  looks.delete(testId(5));
  expect(looks.size).toBe(15);
});
