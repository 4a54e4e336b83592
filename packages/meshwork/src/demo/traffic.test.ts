import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { type Operation, Traffic } from "./traffic.js";

const options = { intervalMs: 1, random: () => 0 };

/** Resolves when the operation was called `count` times. */
function counting(count: number, answer: (call: number) => Promise<boolean>) {
  let calls = 0;
  let reached: () => void;
  const done = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const operation: Operation = () => {
    calls += 1;
    if (calls === count) reached();
    return answer(calls);
  };
  return { operation, done, calls: () => calls };
}

test("operations take turns and a failing one does not end the traffic", async () => {
  const good = counting(3, async () => true);
  const bad = counting(3, async () => {
    throw new Error("no");
  });
  const traffic = new Traffic([good.operation, bad.operation], options);
  traffic.start();
  await Promise.all([good.done, bad.done]);
  traffic.stop();
  expect(traffic.counts.failed).toBeGreaterThanOrEqual(2);
  expect(Math.abs(good.calls() - bad.calls())).toBeLessThanOrEqual(1);
});

test("an operation without a candidate hands its turn on", async () => {
  const nobody = counting(1, async () => false);
  const good = counting(2, async () => true);
  const traffic = new Traffic([nobody.operation, good.operation], options);
  traffic.start();
  await Promise.all([nobody.done, good.done]);
  traffic.stop();
  expect(traffic.running).toBe(false);
});

test("stop cancels the operation under way and nothing follows", async () => {
  let seen: AbortSignal | undefined;
  let entered: () => void;
  const began = new Promise<void>((resolve) => {
    entered = resolve;
  });
  let calls = 0;
  const traffic = new Traffic(
    [
      (signal) => {
        calls += 1;
        seen = signal;
        entered();
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
      },
    ],
    options,
  );
  traffic.start();
  await began;
  traffic.stop();
  expect(seen?.aborted).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toBe(1);
  expect(traffic.counts.failed).toBe(0);
});

test("ticks do not inherit the context of whoever started them", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const ticks = counting(2, async () => {
    seen.push(storage.getStore());
    return true;
  });
  const traffic = new Traffic([ticks.operation], options);
  storage.run("a request", () => traffic.start());
  await ticks.done;
  traffic.stop();
  expect(seen).toEqual([undefined, undefined]);
});

test("a type without operations of its own can be switched all the same", () => {
  const traffic = new Traffic([], options);
  traffic.start();
  expect(traffic.running).toBe(true);
  traffic.stop();
  expect(traffic.running).toBe(false);
});
