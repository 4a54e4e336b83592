import fc from "fast-check";
import { expect, test } from "vitest";
import { MeshError } from "../errors.js";
import { verifyEnvelope } from "../wire/envelope.js";
import { OwnRecord } from "./own-record.js";
import type { PublisherEvent } from "./publishing.js";
import { testId, testRecord } from "./testing/records.js";
import { testSigner, testVerify } from "./testing/signatures.js";
import { compareVersions } from "./version-order.js";

const SELF = testId(1);
const { type, addresses, version, cpuBudgetCores, ramBudgetBytes, framesSent, framesReceived } = testRecord();

interface Life {
  readonly startedAtMs?: number;
  readonly bootNonce?: string;
  readonly generation?: number;
  readonly relayUrl?: () => string;
}

/** A process with this key; `generations` counts what it took from its identity file. */
function life({ startedAtMs = 1_000, bootNonce = "00".repeat(8), generation = 1, relayUrl = () => "" }: Life = {}) {
  const kept = { generation };
  const unpublished: unknown[] = [];
  const own = new OwnRecord({
    id: SELF,
    mesh: "mesh1",
    bootNonce,
    generation,
    nextGeneration: (atLeast) => {
      kept.generation = Math.max(kept.generation + 1, atLeast);
      return kept.generation;
    },
    describe: () => ({
      type,
      addresses,
      version,
      startedAtMs,
      neighbors: [],
      cpuBudgetCores,
      ramBudgetBytes,
      framesSent,
      framesReceived,
      relayUrl: relayUrl(),
    }),
    sign: testSigner(SELF),
    unpublishable: (error) => unpublished.push(error),
    random: () => 0.5,
  });
  return { own, kept, unpublished };
}

const stranger = (overrides: Parameters<typeof testRecord>[0] = {}) =>
  testRecord({ id: SELF, bootNonce: "ff".repeat(8), ...overrides });

test("silent before boot, signed and complete from then on, silent after the leave", () => {
  const { own } = life();
  expect(own.now()).toBeUndefined();
  expect(own.handle({ kind: "changed" }, 0)).toEqual({ nextAtMs: Number.POSITIVE_INFINITY });
  expect([own.isPublishing, own.generation, own.sequence]).toEqual([false, 1, 0]);
  const { signed, nextAtMs } = own.handle({ kind: "boot" }, 0);
  expect(nextAtMs).toBe(30_000);
  expect(verifyEnvelope(signed!, testVerify)).toBe(true);
  expect(signed?.record).toMatchObject({ id: SELF, mesh: "mesh1", type, generation: 1, sequence: 1, status: "alive" });
  expect(own.handle({ kind: "load-class", loadClass: "high" }, 100_000).signed?.record).toMatchObject({
    loadClass: "high",
    sequence: 2,
  });
  const leave = own.handle({ kind: "leaving" }, 200_000).signed;
  expect(leave?.record).toMatchObject({ status: "leaving", sequence: 3, loadClass: "high" });
  expect(own.isPublishing).toBe(false);
  expect(own.now()).toBeUndefined();
  for (const kind of ["changed", "boot", "leaving", "tick"] as const) {
    expect(own.handle({ kind }, 1e9)).toEqual({ nextAtMs: Number.POSITIVE_INFINITY });
  }
});

test("whatever happens, a version is never used twice, and each is above the one before", () => {
  const publisher = fc.constantFrom<PublisherEvent>(
    { kind: "boot" },
    { kind: "changed" },
    { kind: "tick" },
    { kind: "load-class", loadClass: "high" },
    { kind: "load-class", loadClass: "idle" },
    { kind: "live", members: 100 },
  );
  const step = fc.oneof(
    { weight: 4, arbitrary: publisher },
    { weight: 2, arbitrary: fc.constant("now" as const) },
    fc.nat(50).map((surpass) => ({ surpass })),
    fc.nat(12).map((conflict) => ({ conflict })),
  );
  const steps = fc.array(fc.tuple(fc.nat(40_000), step), { minLength: 10, maxLength: 80 });
  let published = 0;
  fc.assert(
    fc.property(steps, fc.boolean(), (script, leaves) => {
      let tooLong = false;
      const { own, kept } = life({ relayUrl: () => "r".repeat(tooLong ? 200 : 0) });
      let last = { generation: 0, sequence: 0 };
      let nowMs = 0;
      const boot = [0, { kind: "boot" }] as const;
      const end = leaves ? [[0, { kind: "leaving" }] as const] : [];
      for (const [afterMs, what] of [...script.slice(0, 2), boot, ...script.slice(2), ...end]) {
        nowMs += afterMs;
        tooLong = afterMs % 7 === 0;
        let signed: ReturnType<typeof own.now>;
        if (what === "now") signed = own.now();
        else if ("surpass" in what) own.surpass(what.surpass);
        else if ("conflict" in what) own.conflict(what.conflict, stranger(), nowMs);
        else signed = own.handle(what, nowMs).signed;
        if (signed === undefined) continue;
        published++;
        expect(compareVersions(signed.record, last)).toBeGreaterThan(0);
        expect(signed.record).toMatchObject({ generation: own.generation, sequence: own.sequence });
        last = signed.record;
      }
      // The identity file knows every generation that was used.
      expect(kept.generation).toBe(own.generation);
    }),
  );
  expect(published).toBeGreaterThan(500);
});

test("after a refutation the next sequence is above the one named, and never below what was used", () => {
  const { own } = life();
  own.handle({ kind: "boot" }, 0);
  own.surpass(41);
  expect(own.now()?.record.sequence).toBe(42);
  own.surpass(7);
  expect(own.now()?.record.sequence).toBe(43);
});

test("meeting another life of the key takes a generation above both, and begins its sequences anew", () => {
  const { own, kept } = life({ generation: 3 });
  own.handle({ kind: "boot" }, 0);
  expect(own.conflict(8, stranger({ generation: 7 }), 0)).toBe(false);
  expect([own.generation, own.sequence, kept.generation]).toEqual([8, 0, 8]);
  expect(own.now()?.record).toMatchObject({ generation: 8, sequence: 1 });
  // One that is below what was taken meanwhile changes nothing.
  own.conflict(5, stranger({ generation: 4 }), 0);
  expect(own.now()?.record).toMatchObject({ generation: 8, sequence: 2 });
});

test("three conflicts within a minute: exactly one of the two stops, the later start, whichever they are", () => {
  const start = fc.record({
    startedAtMs: fc.nat(3),
    bootNonce: fc.uint8Array({ minLength: 1, maxLength: 1 }).map(([byte]) => `0${byte! % 8}`.repeat(8)),
  });
  fc.assert(
    fc.property(start, start, fc.array(fc.nat(30_000), { minLength: 2, maxLength: 2 }), (first, second, gapsMs) => {
      fc.pre(first.bootNonce !== second.bootNonce);
      const lives = [life(first), life(second)];
      const stops = [0, 0];
      let nowMs = 0;
      for (const [round, afterMs] of [0, ...gapsMs].entries()) {
        nowMs += afterMs;
        const generation = 2 + round;
        for (const [index, { own }] of lives.entries()) {
          const other = stranger({ ...(index === 0 ? second : first), generation: generation - 1 });
          if (own.conflict(generation, other, nowMs)) stops[index]!++;
        }
      }
      const firstIsLater =
        first.startedAtMs === second.startedAtMs
          ? first.bootNonce > second.bootNonce
          : first.startedAtMs > second.startedAtMs;
      expect(stops).toEqual(firstIsLater ? [1, 0] : [0, 1]);
    }),
  );
});

test("conflicts that are more than a minute apart, or with an echo of one's own life, stop nobody", () => {
  const { own } = life({ startedAtMs: 9_999 });
  own.handle({ kind: "boot" }, 0);
  for (const [round, atMs] of [0, 30_001, 60_001, 90_003].entries()) {
    expect(own.conflict(2 + round, stranger({ startedAtMs: 1 }), atMs)).toBe(false);
  }
  const { own: echoed } = life({ startedAtMs: 9_999 });
  for (let round = 0; round < 9; round++) {
    expect(echoed.conflict(2 + round, stranger({ startedAtMs: 1, bootNonce: "00".repeat(8) }), 0)).toBe(false);
  }
  expect(echoed.generation).toBe(10);
});

test("a record that cannot travel is reported, and the next one that can has a version of its own", () => {
  let length = 0;
  const { own, unpublished } = life({ relayUrl: () => "r".repeat(length) });
  own.handle({ kind: "boot" }, 0);
  length = 9_999;
  expect(own.handle({ kind: "changed" }, 10_000).signed).toBeUndefined();
  expect(unpublished).toEqual([expect.any(MeshError)]);
  length = 0;
  expect(own.handle({ kind: "changed" }, 20_000).signed?.record.sequence).toBe(3);
});
