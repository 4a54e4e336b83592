import fc from "fast-check";
import { expect, test } from "vitest";
import { buriedBitmap } from "../wire/merged.js";
import { HEALING_INTERVAL_MS, Healing, type HealingEvent, type HealingOutput, healingIntervalMs } from "./healing.js";
import { HealingTargets, MAX_LOST_TARGETS, TARGET_TTL_MS } from "./healing-targets.js";
import { Driven } from "./testing/clock.js";
import { testId } from "./testing/records.js";

const SELF = testId(0);
const target = (number: number) => ({ id: testId(number), addresses: ["127.0.0.1:1"] });
const tick: HealingEvent = { kind: "tick" };
/** Neighbours that are in no test's targets. */
const view = (neighbors: number, live: number): HealingEvent => ({
  kind: "view",
  neighbors: new Set(Array.from({ length: neighbors }, (_, index) => testId(200 + index))),
  live,
});
const merged = (issuer: number, contact: number, buried: readonly string[] = []): HealingEvent => ({
  kind: "merged",
  merged: {
    mesh: "mesh1",
    issuer: testId(issuer),
    contact: testId(contact),
    nonce: 1,
    buried: buriedBitmap(buried),
  },
});

function make(onOutput: (output: HealingOutput, driven: Driven<HealingEvent, HealingOutput>) => void = () => {}) {
  const healing = new Healing({ self: SELF, random: () => 0.5 });
  return { healing, driven: new Driven<HealingEvent, HealingOutput>(healing, tick, onOutput) };
}

const failing = (output: HealingOutput, driven: Driven<HealingEvent, HealingOutput>) => {
  if (output.kind === "dial") driven.hand({ kind: "dial-failed", peer: output.target.id });
};

test.each([
  [0, 1_000, 5_000],
  [1, 1, 5_000],
  [5, 3, 5_000],
  [5, 18, 30_000],
  [5, 99, 165_000],
])("with %i neighbours and %i live members a dial is %i ms from the next", (neighbors, live, expectedMs) => {
  expect(healingIntervalMs(neighbors, live)).toBe(expectedMs);
});

test("no targets, no dials, no ticks; who comes back to life or leaves is none", () => {
  const { driven } = make(failing);
  driven.hand(view(0, 1));
  expect(driven.nextAtMs).toBe(Number.POSITIVE_INFINITY);
  driven.hand({ kind: "lost", target: target(1) });
  driven.hand({ kind: "lost", target: target(2) });
  driven.hand({ kind: "lost", target: { id: SELF, addresses: [] } });
  driven.hand({ kind: "alive", id: testId(1) });
  expect(driven.nextAtMs).toBeLessThanOrEqual(HEALING_INTERVAL_MS);
  driven.hand({ kind: "left", id: testId(2) });
  driven.runTo(60_000);
  expect(driven.nextAtMs).toBe(Number.POSITIVE_INFINITY);
  driven.runTo(1e7);
  expect(driven.outputs).toEqual([]);
});

test("an isolated node dials every 5 s, one of a mesh of 99 every 165 s, and a death makes no herd", () => {
  const isolated = make(failing);
  isolated.driven.hand({ kind: "seeds", targets: [target(1), target(2)] });
  isolated.driven.hand(view(0, 50));
  isolated.driven.runTo(60_000);
  expect(isolated.driven.of("dial").length).toBeGreaterThanOrEqual(11);
  expect(isolated.driven.of("dial").length).toBeLessThanOrEqual(13);
  const member = make(failing);
  member.driven.hand(view(5, 99));
  member.driven.hand({ kind: "lost", target: target(3) });
  expect(member.driven.nextAtMs).toBe(82_500);
  member.driven.runTo(82_500 + 10 * 165_000);
  expect(member.driven.of("dial")).toHaveLength(11);
  // Cut off, it does not sit out the long interval.
  member.driven.hand(view(0, 99));
  expect(member.driven.nextAtMs - member.driven.nowMs).toBeLessThanOrEqual(1.25 * HEALING_INTERVAL_MS);
});

test("a target is one for 24 hours", () => {
  const { driven } = make(failing);
  driven.hand(view(5, 3));
  driven.hand({ kind: "lost", target: target(1) });
  driven.hand({ kind: "seeds", targets: [target(2)] });
  driven.runTo(TARGET_TTL_MS + 20_000);
  const dials = driven.of("dial").length;
  expect(dials).toBeGreaterThan(10_000);
  driven.runTo(TARGET_TTL_MS + 200_000);
  expect(driven.of("dial")).toHaveLength(dials);
});

test("a contact that shares our topic joins and is protected, one of another mesh is refused for good", () => {
  const { driven } = make();
  driven.hand(view(0, 1));
  driven.hand({ kind: "seeds", targets: [target(1)] });
  driven.runTo(10_000);
  expect(driven.of("dial")).toHaveLength(1);
  driven.hand({ kind: "contacted", peer: testId(1), shared: true });
  expect(driven.of("join")).toMatchObject([{ output: { peer: testId(1), protectMs: 60_000 } }]);
  driven.hand({ kind: "contacted", peer: testId(9), shared: true });
  expect(driven.of("join")).toHaveLength(1);
  driven.hand({ kind: "contacted", peer: testId(1), shared: false });
  expect(driven.of("refused")).toHaveLength(1);
  driven.runTo(100_000);
  expect(driven.of("dial").length).toBeLessThanOrEqual(2);
});

test("a contact that only observes the mesh leads into it once, and is not dialled again", () => {
  const { driven } = make();
  driven.hand(view(0, 1));
  driven.hand({ kind: "seeds", targets: [target(1)] });
  driven.runTo(10_000);
  driven.hand({ kind: "contacted", peer: testId(1), shared: true, observer: true });
  expect(driven.of("join")).toHaveLength(1);
  driven.runTo(600_000);
  expect(driven.of("dial")).toHaveLength(1);
});

test("one dial at a time, and one that is never answered is forgotten", () => {
  const { driven } = make();
  driven.hand(view(0, 1));
  driven.hand({ kind: "seeds", targets: [target(1), target(2), target(3)] });
  driven.runTo(12_000);
  expect(driven.of("dial")).toHaveLength(1);
  driven.runTo(20_000);
  expect(driven.of("dial")).toHaveLength(2);
});

test("a sync that found more than the contact apart is announced; one that found nothing is not", () => {
  const { driven } = make();
  driven.hand({ kind: "synced", peer: testId(1), apart: 1 });
  expect(driven.of("announce")).toEqual([]);
  driven.hand({ kind: "synced", peer: testId(2), apart: 40 });
  driven.hand({ kind: "synced", peer: testId(3), apart: 40 });
  expect(driven.of("announce")).toMatchObject([{ output: { contact: testId(2), nonce: 1 } }]);
});

test("who hears of a merge syncs within 3 s, publishes once more where it was buried, and is not driven by repetition", () => {
  const { driven } = make();
  driven.hand(view(5, 18));
  driven.hand(merged(1, 2));
  expect(driven.of("sync-neighbor")[0]?.output.afterMs).toBeLessThanOrEqual(3_000);
  expect(driven.of("republish")).toEqual([]);
  // The other end of the same contact tells of it, too, and names whom its side held for dead.
  driven.hand(merged(2, 1, [SELF]));
  expect(driven.of("republish")[0]?.output.afterMs).toBeLessThanOrEqual(2_000);
  expect(driven.of("sync-neighbor")).toHaveLength(1);
  driven.hand(merged(1, 2, [SELF]));
  driven.hand(merged(3, 4, [SELF]));
  for (let number = 10; number < 200; number++) {
    driven.runTo(driven.nowMs + 100);
    driven.hand(merged(number, number + 1, [SELF]));
  }
  expect(driven.of("republish")).toHaveLength(1);
  expect(driven.of("sync-neighbor").length).toBeLessThanOrEqual(5);
});

test("three distinct contacts end it: no dials for a minute, but by the isolated", () => {
  const { driven } = make(failing);
  driven.hand(view(5, 3));
  driven.hand({ kind: "lost", target: target(9) });
  driven.hand(merged(1, 2));
  driven.hand(merged(2, 1));
  driven.runTo(20_000);
  expect(driven.of("dial").length).toBeGreaterThan(2);
  driven.hand(merged(3, 4));
  driven.hand({ kind: "synced", peer: testId(5), apart: 0 });
  const before = driven.of("dial").length;
  driven.runTo(79_000);
  expect(driven.of("dial")).toHaveLength(before);
  driven.hand(view(0, 3));
  driven.runTo(90_000);
  expect(driven.of("dial").length).toBeGreaterThan(before);
});

test("targets are bounded: the longest lost go first, seeds stay", () => {
  const targets = new HealingTargets();
  for (let number = 1; number <= 100; number++) targets.seed(target(number), 0);
  for (let number = 101; number <= 2_000; number++) targets.lost(target(number), number);
  expect(targets.size).toBe(64 + MAX_LOST_TARGETS);
  expect(targets.has(testId(1))).toBe(true);
  expect(targets.has(testId(101))).toBe(false);
  expect(targets.has(testId(2_000))).toBe(true);
  targets.alive(testId(1), 3_000);
  expect(targets.has(testId(1))).toBe(false);
  targets.left(testId(1), TARGET_TTL_MS);
  expect(targets.due(TARGET_TTL_MS + 1_000).map(({ id }) => id)).toContain(testId(1));
  expect(targets.any).toBe(true);
  expect(new HealingTargets().any).toBe(false);
});

test("whatever happens: dials go to targets and to those who came back, and reactions keep theirs", () => {
  const number = fc.integer({ min: 1, max: 6 });
  const event: fc.Arbitrary<HealingEvent> = fc.oneof(
    number.map<HealingEvent>((n) => ({ kind: "lost", target: target(n) })),
    number.map<HealingEvent>((n) => ({ kind: "alive", id: testId(n) })),
    number.map<HealingEvent>((n) => ({ kind: "left", id: testId(n) })),
    fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 60 })).map<HealingEvent>(([n, live]) => view(n, live)),
    fc.tuple(number, fc.boolean()).map<HealingEvent>(([n, shared]) => ({
      kind: "contacted",
      peer: testId(n),
      shared,
    })),
    fc.tuple(number, number).map<HealingEvent>(([a, b]) => merged(a, b, [SELF])),
    fc.tuple(number, fc.nat(3)).map<HealingEvent>(([n, apart]) => ({ kind: "synced", peer: testId(n), apart })),
  );
  const randoms = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20_000), event), { maxLength: 80 }), randoms, (script, random) => {
      const healing = new Healing({ self: SELF, random: () => random.next().value ?? 0 });
      const targets = new Set<string>();
      const lastMs = new Map<string, number>();
      const gapMs = { dial: 0.75 * HEALING_INTERVAL_MS, announce: 5_000, "sync-neighbor": 5_000, republish: 60_000 };
      const driven = new Driven<HealingEvent, HealingOutput>(healing, tick, (output, run) => {
        if (output.kind === "dial") expect(targets).toContain(output.target.id);
        if (output.kind in gapMs && output.kind !== "dial") {
          const sinceMs = run.nowMs - (lastMs.get(output.kind) ?? Number.NEGATIVE_INFINITY);
          expect(sinceMs).toBeGreaterThanOrEqual(gapMs[output.kind as keyof typeof gapMs]);
          lastMs.set(output.kind, run.nowMs);
        }
        failing(output, run);
      });
      for (const [waitMs, what] of script) {
        driven.runTo(driven.nowMs + waitMs);
        if (what.kind === "lost") targets.add(what.target.id);
        // Who came back may be dialled for a link to it (crossing.ts).
        if (what.kind === "left") targets.delete(what.id);
        driven.hand(what);
        expect(driven.nextAtMs).toBeGreaterThan(driven.nowMs);
        expect(healing.size).toBeLessThanOrEqual(6 + 16);
      }
    }),
  );
});

test("a lost member that was found is dialled again though it is live to the directory; a seed of the boot is not", () => {
  const { driven } = make((output) => {
    if (output.kind !== "dial") return;
    driven.hand({ kind: "contacted", peer: output.target.id, shared: true });
    driven.hand({ kind: "alive", id: output.target.id });
  });
  driven.hand({ kind: "seeds", targets: [target(2)] });
  driven.hand(view(5, 12));
  driven.runTo(300_000);
  expect(driven.of("dial").map(({ output }) => output.target)).toEqual([target(2)]);
  driven.hand({ kind: "lost", target: target(1) });
  driven.runTo(600_000);
  expect(driven.of("join").map(({ output }) => output.peer)).toEqual([2, 1, 1, 1].map((number) => testId(number)));
  expect(driven.nextAtMs).toBe(Number.POSITIVE_INFINITY);
});

test("who leaves, or is lost anew, is no second look", () => {
  for (const event of [
    { kind: "left", id: testId(1) },
    { kind: "lost", target: target(1) },
  ] satisfies HealingEvent[]) {
    const { healing, driven } = make();
    driven.hand({ kind: "lost", target: target(1) });
    driven.runTo(driven.nextAtMs);
    driven.hand({ kind: "contacted", peer: testId(1), shared: true });
    driven.hand({ kind: "alive", id: testId(1) });
    expect(healing.size).toBe(1);
    driven.hand(event);
    expect(healing.size).toBe(event.kind === "left" ? 0 : 1);
  }
});
