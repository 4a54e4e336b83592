import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "./event-queue.js";

test("items come out by time, those of one time in order of insertion", () => {
  const operations = fc.array(fc.oneof(fc.nat(20), fc.constant("pop" as const)), { maxLength: 3_000 });
  fc.assert(
    fc.property(operations, (steps) => {
      const queue = new EventQueue<{ at: number; order: number }>();
      const model: { at: number; order: number }[] = [];
      let order = 0;
      for (const step of steps) {
        if (step === "pop") {
          model.sort((a, b) => a.at - b.at || a.order - b.order);
          expect(queue.nextMs).toBe(model[0]?.at ?? Number.POSITIVE_INFINITY);
          expect(queue.pop()).toBe(model.shift());
        } else {
          const item = { at: step, order: order++ };
          model.push(item);
          queue.push(step, item);
        }
        expect(queue.size).toBe(model.length);
      }
    }),
    { numRuns: 50 },
  );
});
