import { expect, test } from "vitest";
import type { Clock } from "./clock.js";
import { Pings } from "./pings.js";

function make() {
  const time = { nowMs: 0 };
  const pings = new Pings({ now: () => time.nowMs } as Clock);
  const begin = (peerId: string) => {
    const nonce = new DataView(new ArrayBuffer(8));
    pings.begin(peerId, nonce);
    return nonce;
  };
  return { time, pings, begin };
}

test("a pong gives the round trip once, and only to the pinged peer", () => {
  const { time, pings, begin } = make();
  const nonce = begin("a");
  time.nowMs = 12;
  expect(pings.answer("b", nonce)).toBeUndefined();
  expect(pings.answer("a", nonce)).toBe(12);
  expect(pings.answer("a", nonce)).toBeUndefined();
  expect(pings.unanswered).toBe(0);
});

test("the next ping takes the place of one that was not answered, and counts it", () => {
  const { pings, begin } = make();
  const first = begin("a");
  const second = begin("a");
  expect(pings.unanswered).toBe(1);
  expect(pings.answer("a", first)).toBeUndefined();
  expect(pings.answer("a", second)).toBe(0);
});

test("what is counted is what has no answer: it leaves with its pong or with the peer", () => {
  const { pings, begin } = make();
  begin("a");
  const ofB = begin("b");
  expect(pings.size).toBe(2);
  pings.answer("b", ofB);
  expect(pings.size).toBe(1);
  pings.gone("a");
  expect(pings.size).toBe(0);
});

test("a pong of zeroes answers nothing", () => {
  const { pings, begin } = make();
  pings.answer("a", begin("a"));
  expect(pings.answer("a", new DataView(new ArrayBuffer(8)))).toBeUndefined();
});
