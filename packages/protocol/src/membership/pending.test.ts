import fc from "fast-check";
import { expect, test } from "vitest";
import { Pending } from "./pending.js";

test("what is taken is taken once, and a number that was never given is nobody's", () => {
  const pending = new Pending<string>(4);
  const first = pending.add("a");
  const second = pending.add("b");
  expect(first).not.toBe(second);
  expect(pending.take(first)).toBe("a");
  expect(pending.take(first)).toBeUndefined();
  expect(pending.take(-1)).toBeUndefined();
  expect(pending.take(Number.NaN)).toBeUndefined();
  expect(pending.size).toBe(1);
  expect(pending.take(second)).toBe("b");
  expect(pending.size).toBe(0);
});

test("above its capacity the oldest is forgotten, and no number is given twice", () => {
  const step = fc.oneof({ weight: 3, arbitrary: fc.constant("add" as const) }, fc.nat(40));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 80 }), (capacity, steps) => {
      const pending = new Pending<number>(capacity);
      const open: number[] = [];
      const given = new Set<number>();
      for (const what of steps) {
        if (what === "add") {
          const number = pending.add(given.size);
          expect(given.has(number)).toBe(false);
          given.add(number);
          open.push(number);
          if (open.length > capacity) open.shift();
        } else {
          const known = open.indexOf(what);
          expect(pending.take(what) !== undefined).toBe(known >= 0);
          if (known >= 0) open.splice(known, 1);
        }
        expect(pending.size).toBe(open.length);
      }
    }),
  );
});
