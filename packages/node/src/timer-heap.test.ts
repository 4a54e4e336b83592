import { expect, test } from "vitest";
import { TimerHeap } from "./timer-heap.js";

test("timers fire in order of time, then of scheduling", async () => {
  const fired: string[] = [];
  await new Promise<void>((resolve) => {
    const heap = new TimerHeap<string>(
      () => performance.now(),
      (name) => {
        fired.push(name);
        if (fired.length === 4) resolve();
      },
    );
    heap.schedule(30, "late");
    heap.schedule(5, "first");
    heap.schedule(5, "second");
    heap.schedule(15, "middle");
    expect(heap.size).toBe(4);
  });
  expect(fired).toEqual(["first", "second", "middle", "late"]);
});

test("a timer scheduled while firing is kept, and clear forgets everything", async () => {
  let count = 0;
  await new Promise<void>((resolve) => {
    const heap = new TimerHeap<number>(
      () => performance.now(),
      (n) => {
        count++;
        if (n < 3) heap.schedule(1, n + 1);
        else {
          heap.schedule(1, 99);
          heap.clear();
          expect(heap.size).toBe(0);
          resolve();
        }
      },
    );
    heap.schedule(1, 0);
  });
  expect(count).toBe(4);
});
