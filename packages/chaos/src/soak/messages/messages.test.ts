import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MessageLedger } from "./ledger.js";
import { countOf, missingFrom, RangeSet } from "./range-set.js";

test("a range set holds what was added, once, in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (numbers) => {
      const set = new RangeSet();
      const plain = new Set<number>();
      for (const number of numbers) {
        expect(set.add(number)).toBe(!plain.has(number));
        plain.add(number);
      }
      expect(set.size).toBe(plain.size);
      expect(countOf(set.ranges())).toBe(plain.size);
      const all = [[1, 40]] as const;
      expect(missingFrom(all, set.ranges())).toEqual(
        Array.from({ length: 40 }, (_, index) => index + 1).filter((number) => !plain.has(number)),
      );
      for (const [index, [first]] of set.ranges().entries()) if (index > 0) expect(first).toBeGreaterThan(1);
    }),
  );
});

const sent = (acknowledged: Record<string, [number, number][]>, count = 0) => ({
  acknowledged,
  sent: count,
  failed: {},
});
const received = (from: Record<string, [number, number][]>, doubled = 0) => ({ received: from, doubled });

test("what was acknowledged and is not in the receiver's book is lost, and named", () => {
  const ledger = new MessageLedger();
  ledger.sent("a", sent({ b: [[1, 5]] }, 6));
  ledger.received(
    "b",
    received({
      a: [
        [1, 3],
        [5, 5],
      ],
    }),
  );
  expect(ledger.totals()).toMatchObject({
    sent: 6,
    acknowledged: 5,
    verified: 4,
    lost: 1,
    unverifiable: 0,
    doubled: 0,
  });
  expect(ledger.lostOnes()).toEqual(["a → b #4"]);
});

test("what came twice is counted", () => {
  const ledger = new MessageLedger();
  ledger.received("b", received({ a: [[1, 3]] }, 2));
  expect(ledger.totals().doubled).toBe(2);
});

test("the book of one who was ended says nothing about what came later", () => {
  const ledger = new MessageLedger();
  ledger.sent("a", sent({ b: [[1, 5]] }));
  ledger.received("b", received({ a: [[1, 3]] }));
  ledger.ended("b");
  expect(ledger.totals()).toMatchObject({ verified: 3, unverifiable: 2, lost: 0 });
});

test("the book of one who did not answer in this round is not held against it, until it answers", () => {
  const ledger = new MessageLedger();
  ledger.received("b", received({ a: [[1, 3]] }));
  ledger.beginRound();
  ledger.sent("a", sent({ b: [[1, 5]] }));
  expect(ledger.totals()).toMatchObject({ verified: 3, unverifiable: 2, lost: 0 });
  ledger.received("b", received({ a: [[1, 4]] }));
  expect(ledger.totals()).toMatchObject({ verified: 4, unverifiable: 0, lost: 1 });
});

test("settling keeps the totals and drops the lives that have ended", () => {
  const ledger = new MessageLedger();
  ledger.sent("a", sent({ b: [[1, 5]], c: [[6, 9]] }, 10));
  ledger.received("b", received({ a: [[1, 5]] }));
  ledger.received("c", received({ a: [[6, 8]] }, 1));
  ledger.received("a", received({}));
  ledger.ended("b");
  const before = ledger.totals();
  expect(ledger.settle()).toEqual(["b"]);
  expect(ledger.totals()).toEqual(before);
  expect(before).toMatchObject({ acknowledged: 9, verified: 8, lost: 1, doubled: 1, sent: 10 });
  // The sender did not hear that it can forget b.
  ledger.sent(
    "a",
    sent(
      {
        b: [[1, 5]],
        c: [[6, 9]],
      },
      12,
    ),
  );
  expect(ledger.totals()).toMatchObject({ acknowledged: 9, sent: 12 });
  ledger.ended("a");
  expect(ledger.settle()).toEqual(["a"]);
  expect(ledger.totals()).toMatchObject({ acknowledged: 9, sent: 12 });
  expect(ledger.lives()).toEqual(["c"]);
});
