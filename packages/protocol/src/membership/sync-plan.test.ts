import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../gossip/testing/prng.js";
import { SYNC_PERIOD_MS, SyncPlan } from "./sync-plan.js";
import { testId } from "./testing/records.js";

const [SMALL, SELF, LARGE, OTHER] = [0, 1, 2, 3].map(testId).sort() as [string, string, string, string];

interface Begun {
  readonly atMs: number;
  readonly peer: string;
}

/** A plan with its neighbours and clock; `session` says how each session ends, none where it says nothing. */
function make(session: (begun: Begun) => boolean | undefined = () => undefined, random: () => number = () => 0.5) {
  const plan = new SyncPlan(SELF, random);
  const neighbors: string[] = [];
  const begun: Begun[] = [];
  const clock = { nowMs: 0 };
  const runTo = (untilMs: number) => {
    while (plan.nextAtMs <= untilMs) {
      clock.nowMs = Math.max(clock.nowMs, plan.nextAtMs);
      for (const peer of plan.due(neighbors, clock.nowMs)) {
        begun.push({ atMs: clock.nowMs, peer });
        const ok = session({ atMs: clock.nowMs, peer });
        if (ok !== undefined) plan.ended(peer, ok, neighbors.includes(peer), clock.nowMs);
      }
    }
    clock.nowMs = untilMs;
  };
  const up = (peer: string, isFirst = false) => {
    neighbors.push(peer);
    plan.neighborUp(peer, isFirst, clock.nowMs);
  };
  const down = (peer: string) => {
    neighbors.splice(neighbors.indexOf(peer), 1);
    plan.neighborDown(peer);
  };
  return { plan, neighbors, begun, clock, runTo, up, down };
}

test("news of several members is passed on to each other neighbour once, within two seconds", () => {
  const random = seededRandom(7);
  const { plan, neighbors, begun, runTo } = make(() => true, random);
  neighbors.push(SMALL, LARGE, OTHER);
  plan.spread(neighbors, LARGE, 0);
  plan.spread(neighbors, LARGE, 0);
  runTo(2_000);
  expect(begun.map(({ peer }) => peer).sort()).toEqual([SMALL, OTHER].sort());
});

test("with a new neighbour the smaller id begins at once, the larger a second later and only where none has come", () => {
  const smaller = make();
  smaller.up(LARGE);
  smaller.runTo(5_000);
  expect(smaller.begun).toEqual([{ atMs: 0, peer: LARGE }]);
  const larger = make();
  larger.up(SMALL);
  larger.runTo(5_000);
  expect(larger.begun).toEqual([{ atMs: 1_000, peer: SMALL }]);
  const reached = make();
  reached.up(SMALL);
  reached.runTo(400);
  reached.plan.ended(SMALL, true, true, 400);
  reached.runTo(5_000);
  expect(reached.begun).toEqual([]);
  // A session that broke is none: the larger id begins at its own time, and again.
  const broken = make();
  broken.up(SMALL);
  broken.plan.ended(SMALL, false, true, 0);
  broken.runTo(5_000);
  expect(broken.begun.map(({ atMs }) => atMs)).toEqual([500, 1_000]);
});

test("once a minute, give or take a tenth, a random neighbour; nobody where there is none", () => {
  const { plan, begun, runTo, up, neighbors } = make(() => true, seededRandom(7));
  plan.start(0);
  runTo(3 * SYNC_PERIOD_MS);
  expect(begun).toEqual([]);
  for (const peer of [SMALL, LARGE, OTHER]) up(peer);
  runTo(4 * SYNC_PERIOD_MS);
  begun.length = 0;
  runTo(64 * SYNC_PERIOD_MS);
  expect(begun.length).toBeGreaterThanOrEqual(54);
  expect(begun.length).toBeLessThanOrEqual(67);
  expect(new Set(begun.map(({ peer }) => peer))).toEqual(new Set(neighbors));
  const gaps = begun.slice(1).map(({ atMs }, index) => atMs - begun[index]!.atMs);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.9 * SYNC_PERIOD_MS);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1.1 * SYNC_PERIOD_MS);
});

test("the first neighbour brings two more sessions with random ones, after 3 and 10 s; later neighbours do not", () => {
  const { begun, runTo, up } = make(() => true);
  up(LARGE, true);
  runTo(1_000);
  up(OTHER);
  runTo(30_000);
  expect(begun.map(({ atMs }) => atMs)).toEqual([0, 1_000, 3_000, 10_000]);
});

test("a session that broke is tried again after 0.5, 1, 2 and 4 s, and then left alone", () => {
  const { begun, runTo, up } = make(() => false);
  up(LARGE);
  runTo(60_000);
  expect(begun.map(({ atMs }) => atMs)).toEqual([0, 500, 1_500, 3_500, 7_500]);
});

test("a good session in between starts the count anew", () => {
  let ok = false;
  const { plan, begun, runTo, up } = make(() => ok);
  up(LARGE);
  runTo(1_000);
  ok = true;
  runTo(20_000);
  expect(begun.map(({ atMs }) => atMs)).toEqual([0, 500, 1_500]);
  ok = false;
  plan.later(0, 20_000, LARGE);
  runTo(60_000);
  expect(begun.slice(3).map(({ atMs }) => atMs - 20_000)).toEqual([0, 500, 1_500, 3_500, 7_500]);
});

test("who is no neighbour any more is not tried again, nor is one that never was", () => {
  const { plan, begun, runTo, up, down } = make(() => false);
  up(LARGE);
  runTo(600);
  down(LARGE);
  plan.later(0, 600, OTHER);
  runTo(60_000);
  expect(begun).toEqual([
    { atMs: 0, peer: LARGE },
    { atMs: 500, peer: LARGE },
    { atMs: 600, peer: OTHER },
  ]);
  expect(plan.size).toBe(0);
});

test("who was compared within half a second is not compared again for another reason", () => {
  const { plan, begun, runTo } = make(() => true);
  plan.later(0, 0, LARGE);
  runTo(500);
  plan.later(0, 500, LARGE);
  runTo(1_000);
  expect(begun).toHaveLength(1);
  plan.later(0, 1_001, LARGE);
  runTo(2_000);
  expect(begun).toHaveLength(2);
});

test("sessions with whomever are remembered for 256 peers, and 64 wait", () => {
  const { plan } = make();
  for (let number = 0; number < 1_000; number++) plan.ended(testId(number), true, false, 0);
  expect(plan.size).toBe(256);
  for (let number = 0; number < 1_000; number++) plan.later(1, 0, testId(number));
  expect(plan.size).toBe(256 + 64);
  // The latest are the ones remembered.
  expect(plan.due([], 1)).toHaveLength(64);
  for (const number of [743, 744, 999]) plan.later(0, 2, testId(number));
  expect(plan.due([], 2)).toEqual([testId(743)]);
});

test("whatever happens: time moves on, named peers and neighbours alone are synced with, and the rest is bounded", () => {
  const peer = fc.nat(400).map(testId);
  const step = fc.oneof(
    fc.tuple(fc.constant("up" as const), peer, fc.boolean()),
    fc.tuple(fc.constant("down" as const), peer, fc.boolean()),
    fc.tuple(fc.constant("later" as const), peer, fc.boolean()),
    { weight: 3, arbitrary: fc.tuple(fc.constant("ended" as const), peer, fc.boolean()) },
  );
  const script = fc.array(fc.tuple(fc.oneof(fc.constant(0), fc.nat(5_000)), step), { maxLength: 300 });
  fc.assert(
    fc.property(script, fc.nat(), (steps, seed) => {
      const plan = new SyncPlan(SELF, seededRandom(seed));
      const neighbors = new Set<string>();
      const named = new Set<string>();
      let nowMs = 0;
      let busy = 0;
      plan.start(0);
      for (const [afterMs, [what, id, yes]] of steps) {
        const untilMs = nowMs + afterMs;
        while (plan.nextAtMs <= untilMs) {
          expect(busy++).toBeLessThan(2_000);
          nowMs = Math.max(nowMs, plan.nextAtMs);
          for (const due of plan.due([...neighbors], nowMs)) expect(neighbors.has(due) || named.has(due)).toBe(true);
          expect(plan.nextAtMs).toBeGreaterThan(nowMs);
        }
        nowMs = untilMs;
        if (what === "up") {
          plan.neighborUp(id, neighbors.size === 0, nowMs);
          neighbors.add(id);
        } else if (what === "down") {
          plan.neighborDown(id);
          neighbors.delete(id);
          named.delete(id);
        } else if (what === "later") {
          plan.later(nowMs % 700, nowMs, yes ? id : undefined);
          if (yes) named.add(id);
        } else plan.ended(id, yes, neighbors.has(id), nowMs);
        expect(plan.size).toBeLessThanOrEqual(64 + 256 + neighbors.size);
      }
    }),
  );
});
