import { describe, expect, test } from "vitest";
import { gossipConfig } from "./config.js";
import { Contacts } from "./contacts.js";
import type { GossipOutput } from "./events.js";
import { JoinRetry } from "./join-retry.js";
import { peer } from "./testing/ids.js";

describe("join retry (JR1)", () => {
  const machine = (random: () => number) => {
    const retry = new JoinRetry(gossipConfig(), random);
    /** The delay and token of the timer that an evaluation arms, if it does. */
    const evaluate = (neighbors: number) => {
      const out: GossipOutput[] = [];
      retry.evaluate(neighbors, out);
      const first = out[0];
      if (first?.kind !== "schedule" || first.timer.kind !== "join-retry") return undefined;
      return { afterMs: first.afterMs, token: first.timer.token };
    };
    return { retry, evaluate };
  };

  test("1, 3 and 7 s after the first Join, then every 30 s", () => {
    const { retry, evaluate } = machine(() => 0.5);
    retry.contacts.addSeed(peer(1));
    const delaysMs: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const timer = evaluate(0)!;
      expect(evaluate(0)).toBeUndefined(); // armed once
      delaysMs.push(timer.afterMs);
      expect(retry.fire(timer.token)).toEqual([peer(1)]);
    }
    expect(delaysMs).toEqual([1_000, 2_000, 4_000, 30_000, 30_000, 30_000]);
  });

  test("jitter is ± 20 %", () => {
    for (const [random, delayMs] of [
      [0, 800],
      [0.999_999, 1_200],
    ] as const) {
      const { retry, evaluate } = machine(() => random);
      retry.contacts.addSeed(peer(1));
      expect(evaluate(0)?.afterMs).toBeCloseTo(delayMs, 0);
    }
  });

  test("nothing without contacts or with a neighbour; a neighbour resets the back-off and disarms the timer", () => {
    const { retry, evaluate } = machine(() => 0.5);
    expect(evaluate(0)).toBeUndefined();
    retry.contacts.addKnown(peer(1));
    expect(evaluate(1)).toBeUndefined();
    for (let attempt = 0; attempt < 4; attempt++) retry.fire(evaluate(0)!.token);
    const late = evaluate(0)!;
    expect(late.afterMs).toBe(30_000);
    evaluate(1);
    expect(retry.fire(late.token)).toEqual([]);
    const next = evaluate(0)!;
    expect(next.afterMs).toBe(1_000);
    expect(retry.fire(late.token)).toEqual([]); // of an earlier isolation
    expect(retry.fire(next.token)).toEqual([peer(1)]);
  });
});

describe("contacts", () => {
  test("in turn, a seed first, others behind it, everybody's turn comes", () => {
    const contacts = new Contacts(64);
    contacts.addSeed(peer(1));
    for (const known of [11, 12, 13, 14, 15]) contacts.addKnown(peer(known));
    const asked = [contacts.next(3), contacts.next(3), contacts.next(3)];
    expect(asked.map((each) => each[0])).toEqual([peer(1), peer(1), peer(1)]);
    expect(new Set(asked.flat()).size).toBe(6);
  });

  test("only seeds, or only others", () => {
    const seeds = new Contacts(64);
    for (const seed of [1, 2, 3, 4]) seeds.addSeed(peer(seed));
    expect(new Set([...seeds.next(3), ...seeds.next(3)]).size).toBe(4);
    const known = new Contacts(64);
    known.addKnown(peer(9));
    expect(known.next(3)).toEqual([peer(9)]);
    expect(new Contacts(64).next(3)).toEqual([]);
  });

  test("bounded: others go before seeds, the oldest first", () => {
    const contacts = new Contacts(3);
    contacts.addSeed(peer(1));
    for (const known of [11, 12, 13]) contacts.addKnown(peer(known));
    expect([contacts.size, contacts.next(3)]).toEqual([3, [peer(1), peer(12), peer(13)]]);
    for (const seed of [2, 3, 4]) contacts.addSeed(peer(seed));
    contacts.addKnown(peer(14));
    expect([contacts.size, contacts.next(3).sort()]).toEqual([3, [peer(2), peer(3), peer(4)]]);
    contacts.forgetKnown(peer(2)); // a seed stays one
    expect(contacts.size).toBe(3);
  });
});
