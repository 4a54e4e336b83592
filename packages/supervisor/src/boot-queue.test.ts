import { expect, test } from "vitest";
import { BootQueue } from "./boot-queue.js";

test("never more at a time than the limit, and a failed boot frees its place", async () => {
  const queue = new BootQueue(2, () => true);
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    throw new Error("failed");
  };
  const runs = Array.from({ length: 7 }, () => queue.run({ mesh: "m", observes: [] }, work));
  const results = await Promise.allSettled(runs);
  expect(results.every((result) => result.status === "rejected")).toBe(true);
  expect(most).toBe(2);
  expect([queue.queued, queue.running]).toEqual([0, 0]);
});

test("gateways that wait for each other still boot, the first in line first", async () => {
  const ready = new Set<string>();
  const queue = new BootQueue(4, (mesh) => ready.has(mesh));
  const order: string[] = [];
  const boot = (name: string, mesh: string, observes: string[]): Promise<void> =>
    queue.run({ mesh, observes }, async () => {
      order.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      ready.add(mesh);
    });
  await Promise.all([boot("a", "m1", ["m2"]), boot("b", "m2", ["m1"]), boot("c", "m3", ["nobody-comes-here"])]);
  expect(order).toEqual(["c", "a", "b"]);
});

test("who observes a mesh waits for its first node, however many places are free", async () => {
  const ready = new Set<string>();
  const queue = new BootQueue(8, (mesh) => ready.has(mesh));
  const boot = (mesh: string, observes: string[]): Promise<readonly string[]> =>
    queue.run({ mesh, observes }, async () => {
      const seen = [...ready].sort();
      await new Promise((resolve) => setImmediate(resolve));
      ready.add(mesh);
      return seen;
    });
  const jobs = [boot("m1", ["m2"]), boot("m2", ["m1"]), boot("m1", []), boot("m1", []), boot("m2", [])];
  const both = ["m1", "m2"];
  const [gateway1, gateway2, founder1, second1, founder2] = await Promise.all(jobs);
  expect([gateway1, gateway2, founder1, founder2]).toEqual([both, both, [], []]);
  expect(second1).toContain("m1");
});
