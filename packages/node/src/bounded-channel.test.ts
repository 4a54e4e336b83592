import { expect, test } from "vitest";
import { BoundedChannel } from "./bounded-channel.js";

test("a slow reader loses the oldest and is told how many", async () => {
  const channel = new BoundedChannel<number | string>({ max: 3, lagged: (missed) => `lagged ${missed}` });
  for (let i = 0; i < 5; i++) channel.push(i);
  expect(channel.size).toBe(3);
  channel.end();
  const seen = [];
  for await (const value of channel) seen.push(value);
  expect(seen).toEqual(["lagged 2", 2, 3, 4]);
});

test("leaving the loop ends the channel once", async () => {
  let ended = 0;
  const channel = new BoundedChannel<number>({ max: 3, onEnd: () => ended++ });
  channel.push(1);
  for await (const value of channel) {
    expect(value).toBe(1);
    break;
  }
  channel.push(2);
  expect(channel.size).toBe(0);
  expect(ended).toBe(1);
});

test("a waiting reader is woken by a push and by the end", async () => {
  const channel = new BoundedChannel<number>({ max: 1 });
  const first = channel.next();
  channel.push(7);
  expect(await first).toEqual({ value: 7, done: false });
  const second = channel.next();
  channel.end();
  expect((await second).done).toBe(true);
});
