import fc from "fast-check";
import { expect, test } from "vitest";
import { BEHIND_WAIT_MS, Detector, MAX_ISSUE_WAIT_MS, TURN_MS } from "./detector.js";
import type { DetectorEvent, DetectorOutput } from "./detector-events.js";
import { Directory } from "./directory.js";
import { DEAD_AFTER_MS } from "./suspicion.js";
import { Driven } from "./testing/clock.js";
import { testHash, testId, testSigned } from "./testing/records.js";
import { testWitness } from "./testing/signatures.js";

const IDS = Array.from({ length: 8 }, (_, number) => testId(number)).sort();
/** Smaller than all others: it probes. */
const SELF = IDS[0]!;
const PEER = IDS[1]!;
const OTHERS = IDS.slice(2);
const sign = (peer: string, helper: string, sequence = 1) => {
  const accusation = { mesh: "mesh1", accused: peer, generation: 1, sequence };
  const { signature } = testWitness(accusation, helper);
  return { outcome: "unreached", generation: 1, sequence, signature } as const;
};

/** Members that do not name us as a neighbour, where nothing else is said: our turn is drawn. */
function directoryOf(
  self: string,
  ids: readonly string[] = IDS,
  neighbors: readonly string[] = [OTHERS[0]!],
): Directory {
  const directory = new Directory({ mesh: "mesh1", self, hash: testHash });
  directory.setOwn(testSigned({ id: self }), 0);
  for (const id of ids) if (id !== self) directory.apply(testSigned({ id, neighbors: [...neighbors] }), {}, 0);
  return directory;
}

interface Setup {
  readonly self?: string;
  readonly ids?: readonly string[];
  /** Of every member, as it declares them. */
  readonly neighbors?: readonly string[];
  readonly role?: "member" | "observer";
  readonly onOutput?: (output: DetectorOutput, driven: Driven<DetectorEvent, DetectorOutput>) => void;
}

/** A detector whose suspicions are marked in its directory, as the shell does. */
function make({ self = SELF, ids = IDS, neighbors, role = "member", onOutput = () => {} }: Setup = {}) {
  const directory = directoryOf(self, ids, neighbors);
  const detector = new Detector({ members: directory, role, random: () => 0.5 });
  const driven = new Driven<DetectorEvent, DetectorOutput>(detector, { kind: "tick" }, (output, run) => {
    if (output.kind === "suspected") directory.suspect(output.peer, run.nowMs);
    if (output.kind === "refuted") directory.clearSuspicion(output.peer, run.nowMs);
    onOutput(output, run);
  });
  return { directory, detector, driven };
}

/** Every helper answers at once that it cannot reach the target. */
const nobodyReaches: Setup["onOutput"] = (output, run) => {
  if (output.kind !== "ask-indirect") return;
  const { helper, accusation } = output;
  run.hand({ kind: "indirect-result", target: accusation.accused, helper, reply: sign(accusation.accused, helper) });
};

test("the smaller id probes once a second from NeighborUp to Disconnect, the larger one does not", () => {
  const smaller = make();
  smaller.driven.hand({ kind: "neighbor-up", peer: PEER });
  smaller.driven.runTo(10_000, () => smaller.driven.hand({ kind: "heard", peer: PEER }));
  expect(smaller.driven.of("send-probe").map(({ atMs }) => atMs)).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => 1_000 * s),
  );
  smaller.driven.hand({ kind: "neighbor-down", peer: PEER });
  expect(smaller.driven.nextAtMs).toBe(Number.POSITIVE_INFINITY);
  expect(smaller.detector.size).toBe(0);
  const larger = make({ self: PEER });
  larger.driven.hand({ kind: "neighbor-up", peer: SELF });
  larger.driven.runTo(10_000, () => larger.driven.hand({ kind: "probed", peer: SELF }));
  expect(larger.driven.outputs).toEqual([]);
});

test("a probe without a byte since goes out once more half a second later, and no more than once", () => {
  const { driven } = make({});
  driven.hand({ kind: "neighbor-up", peer: PEER });
  const sentAtMs = () => driven.of("send-probe").map(({ atMs }) => atMs);
  driven.runTo(1_200);
  driven.hand({ kind: "heard", peer: PEER });
  driven.runTo(2_450);
  // The one of 1,000 ms was answered, that of 2,000 ms was not.
  expect(sentAtMs()).toEqual([0, 1_000, 2_000]);
  driven.runTo(2_600);
  driven.hand({ kind: "heard", peer: PEER });
  driven.runTo(3_100);
  expect(sentAtMs()).toEqual([0, 1_000, 2_000, 2_500, 3_000]);
  expect(driven.of("suspected")).toEqual([]);
});

test("silence: suspected at the first look after 1.5 s, rounds of one and three probes every 400 ms, dead at 3.7 s plus the wait", () => {
  const { driven, directory, detector } = make({ onOutput: nobodyReaches });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(20_000);
  expect(driven.of("suspected")).toMatchObject([{ atMs: 1_500, output: { peer: PEER, silentMs: 1_500 } }]);
  const asks = driven.of("ask-indirect");
  expect(asks.slice(0, 6).map(({ atMs }) => atMs)).toEqual([1_500, 1_500, 1_500, 1_900, 1_900, 1_900]);
  // The accused's own neighbours are asked, and nobody twice before everybody once.
  expect(asks.slice(0, 3).map(({ output }) => output.helper)).toContain(OTHERS[0]);
  expect(new Set(asks.slice(0, 6).map(({ output }) => output.helper)).size).toBe(6);
  const [issued, ...more] = driven.of("issue-obituary");
  expect(more).toEqual([]);
  expect(issued?.atMs).toBe(DEAD_AFTER_MS + 300);
  expect(issued?.output.accusation).toEqual({ mesh: "mesh1", accused: PEER, generation: 1, sequence: 1 });
  expect(OTHERS).toContain(issued?.output.witness?.id);
  expect(detector.size).toBe(0);
  expect(directory.get(PEER)).toMatchObject({ suspectedSinceMs: 1_500 });
});

test("a byte refutes, whether told at once or read from the transport before a tick", () => {
  for (const atMs of [undefined, 2_900]) {
    const { driven, directory } = make({ onOutput: nobodyReaches });
    driven.hand({ kind: "neighbor-up", peer: PEER });
    driven.runTo(3_000);
    driven.hand(atMs === undefined ? { kind: "heard", peer: PEER } : { kind: "heard", peer: PEER, atMs });
    expect(driven.of("refuted")).toMatchObject([{ atMs: 3_000, output: { peer: PEER, why: "heard" } }]);
    expect(directory.get(PEER)).not.toHaveProperty("suspectedSinceMs");
    // The next look after 1.5 s more of silence.
    driven.runTo(4_499);
    expect(driven.of("suspected")).toHaveLength(1);
    driven.runTo(4_500);
    expect(driven.of("suspected")).toHaveLength(2);
  }
});

test("who is named as a neighbour has its turn by the order of the ids, the dead left out; so all have another", () => {
  const neighbors = [...IDS.slice(2, 6), testId(99)];
  const waits = neighbors.slice(0, 4).map((self) => {
    const { driven } = make({ self, neighbors, onOutput: nobodyReaches });
    driven.hand({ kind: "neighbor-up", peer: PEER });
    driven.runTo(10_000);
    return (driven.of("issue-obituary")[0]?.atMs ?? Number.NaN) - DEAD_AFTER_MS;
  });
  const [first] = waits as [number];
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(TURN_MS / 3);
  expect([...waits].sort((a, b) => a - b)).toEqual([0, 1, 2, 3].map((turn) => first + turn * TURN_MS));
});

test("life within the wait before the obituary saves", () => {
  const { driven } = make({ onOutput: nobodyReaches });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(DEAD_AFTER_MS + 299);
  driven.hand({ kind: "heard", peer: PEER });
  driven.runTo(DEAD_AFTER_MS + 1_000);
  expect(driven.of("issue-obituary")).toEqual([]);
  expect(driven.of("refuted")).toHaveLength(1);
});

test("another's obituary within the wait silences ours", () => {
  const { driven, detector } = make({ onOutput: nobodyReaches });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(DEAD_AFTER_MS + 100);
  driven.hand({ kind: "gone", peer: PEER });
  driven.runTo(20_000);
  expect(driven.of("issue-obituary")).toEqual([]);
  expect(detector.size).toBe(0);
});

test("whom others reach does not die; the silent link is given up", () => {
  const { driven } = make({
    onOutput: (output, run) => {
      if (output.kind !== "ask-indirect") return;
      const { helper } = output;
      run.hand({ kind: "indirect-result", target: PEER, helper, reply: { outcome: "reached", heardAgoMs: 10 } });
    },
  });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(20_000);
  expect(driven.of("issue-obituary")).toEqual([]);
  expect(driven.of("refuted")).toMatchObject([{ output: { why: "reached" } }]);
  const [dropped] = driven.of("drop-link");
  expect(dropped?.output).toMatchObject({ peer: PEER, reason: "silent" });
  expect(dropped?.atMs).toBeGreaterThanOrEqual(DEAD_AFTER_MS);
  expect(dropped?.atMs).toBeLessThan(DEAD_AFTER_MS + 500);
});

test("one that a helper heard a little later than we did, and nobody since, is condemned: nobody else may be watching it", () => {
  const heardAtMs = 700;
  const { driven } = make({
    onOutput: (output, run) => {
      if (output.kind !== "ask-indirect") return;
      const { helper, accusation } = output;
      const heardAgoMs = run.nowMs - heardAtMs;
      const reply =
        heardAgoMs <= 1_500 ? ({ outcome: "reached", heardAgoMs } as const) : sign(accusation.accused, helper);
      run.hand({ kind: "indirect-result", target: accusation.accused, helper, reply });
    },
  });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(20_000);
  expect(driven.of("drop-link")).toEqual([]);
  expect(driven.of("refuted")).toEqual([]);
  // Later than those do who heard it last.
  const waitMs = BEHIND_WAIT_MS + MAX_ISSUE_WAIT_MS / 2;
  expect(driven.of("issue-obituary").map(({ atMs }) => atMs)).toEqual([heardAtMs + DEAD_AFTER_MS + waitMs]);
});

test("without a witness nobody is condemned, however long; rounds get rarer", () => {
  const { driven } = make();
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(120_000);
  expect(driven.of("issue-obituary")).toEqual([]);
  const rounds = new Set(driven.of("ask-indirect").map(({ atMs }) => atMs));
  expect(rounds.size).toBeLessThan(50);
  driven.hand({ kind: "indirect-result", target: PEER, helper: OTHERS[0]!, reply: sign(PEER, OTHERS[0]!) });
  driven.runTo(121_000);
  expect(driven.of("issue-obituary")).toHaveLength(1);
});

test("the last two need no witness, and neither does the one that is left of many", () => {
  const pair = make({ ids: [SELF, PEER] });
  pair.driven.hand({ kind: "neighbor-up", peer: PEER });
  pair.driven.runTo(5_000);
  expect(pair.driven.of("issue-obituary")).toMatchObject([{ output: { witness: undefined } }]);
  const last = make();
  for (const peer of IDS.slice(1)) last.driven.hand({ kind: "neighbor-up", peer });
  last.driven.runTo(8_000);
  expect(last.driven.of("issue-obituary")).toHaveLength(7);
});

test("a witness for a newer version is followed, one for an older or an unbelievable version is not", () => {
  for (const [sequence, expected] of [
    [0, undefined],
    [1, 1],
    [3, 3],
    [5_000, undefined],
  ] as const) {
    const { driven } = make({
      onOutput: (output, run) => {
        if (output.kind !== "ask-indirect") return;
        const { helper } = output;
        run.hand({ kind: "indirect-result", target: PEER, helper, reply: sign(PEER, helper, sequence) });
      },
    });
    driven.hand({ kind: "neighbor-up", peer: PEER });
    driven.runTo(6_000);
    expect(driven.of("issue-obituary")[0]?.output.accusation.sequence).toBe(expected);
  }
});

test("a tick more than 250 ms late, or a resume, restarts the clocks and drops suspicions", () => {
  const late = make({ onOutput: nobodyReaches });
  late.driven.hand({ kind: "neighbor-up", peer: PEER });
  late.driven.runTo(3_000);
  late.driven.sleepTo(5_000);
  late.driven.hand({ kind: "tick" });
  expect(late.driven.of("refuted")).toMatchObject([{ atMs: 5_000, output: { why: "own-lateness" } }]);
  late.driven.runTo(5_000 + DEAD_AFTER_MS - 1);
  expect(late.driven.of("issue-obituary")).toEqual([]);
  // One point of ill health: half as long again, and only from then on.
  late.driven.runTo(5_000 + 1.5 * DEAD_AFTER_MS + 500);
  expect(late.driven.of("issue-obituary")).toHaveLength(1);
  const resumed = make({ onOutput: nobodyReaches });
  resumed.driven.hand({ kind: "neighbor-up", peer: PEER });
  resumed.driven.runTo(DEAD_AFTER_MS + 100);
  resumed.driven.hand({ kind: "resumed" });
  resumed.driven.runTo(5_000);
  expect(resumed.driven.of("issue-obituary")).toEqual([]);
});

test("where another machine of the node has noticed a standstill, nobody is condemned either", () => {
  const { driven, detector } = make({ onOutput: nobodyReaches });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(3_600);
  detector.health.late(3_600, 10_000);
  driven.runTo(3_600 + 15_000 - 1);
  expect(driven.of("issue-obituary")).toEqual([]);
  driven.runTo(25_000);
  expect(driven.of("issue-obituary")).toHaveLength(1);
});

test("a sign of life on another path, however old, makes the witnesses before it worthless", () => {
  const { driven } = make();
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(3_600);
  driven.hand({ kind: "indirect-result", target: PEER, helper: OTHERS[0]!, reply: sign(PEER, OTHERS[0]!) });
  const reply = { outcome: "reached", heardAgoMs: 3_500 } as const;
  driven.hand({ kind: "indirect-result", target: PEER, helper: OTHERS[1]!, reply });
  driven.runTo(5_500);
  expect(driven.of("issue-obituary")).toEqual([]);
});

test("being accused lengthens the time-outs, and refutes nobody", () => {
  const { driven } = make({ onOutput: nobodyReaches });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(1_600);
  driven.hand({ kind: "accused" });
  driven.runTo(20_000);
  expect(driven.of("refuted")).toEqual([]);
  expect(driven.of("issue-obituary")[0]?.atMs).toBeGreaterThan(1.5 * DEAD_AFTER_MS);
});

test("a lost connection and an eviction do not end a suspicion, and probes dial", () => {
  const { driven, detector } = make({ onOutput: nobodyReaches });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(500);
  driven.hand({ kind: "peer-lost", peer: PEER });
  driven.hand({ kind: "neighbor-down", peer: PEER });
  driven.runTo(6_000);
  expect(driven.of("send-probe").filter(({ output }) => output.dial).length).toBeGreaterThan(3);
  expect(driven.of("issue-obituary")).toHaveLength(1);
  // Where it turns out to live, there is nothing left to watch.
  const alive = make();
  alive.driven.hand({ kind: "neighbor-up", peer: PEER });
  alive.driven.runTo(2_000);
  alive.driven.hand({ kind: "neighbor-down", peer: PEER });
  expect(alive.detector.size).toBe(1);
  alive.driven.hand({ kind: "heard", peer: PEER });
  alive.driven.runTo(6_000);
  expect(alive.detector.size).toBe(0);
  expect(detector.size).toBe(0);
});

test("a link that one end alone holds is repaired after 5 s and dropped after 10", () => {
  // We hold it, and the smaller id at the other end does not probe, though it is heard.
  const theirs = make({ self: PEER });
  theirs.driven.hand({ kind: "neighbor-up", peer: SELF });
  theirs.driven.runTo(20_000, () => theirs.driven.hand({ kind: "heard", peer: SELF }));
  expect(theirs.driven.of("repair-link")).toMatchObject([{ atMs: 5_000, output: { missing: "theirs" } }]);
  expect(theirs.driven.of("drop-link")).toMatchObject([{ atMs: 10_000, output: { reason: "one-sided" } }]);
  // It holds us and probes, we do not hold it.
  const ours = make({ self: PEER });
  for (let second = 0; second <= 12; second++) {
    ours.driven.runTo(1_000 * second);
    ours.driven.hand({ kind: "probed", peer: SELF });
  }
  expect(ours.driven.of("repair-link")).toMatchObject([{ atMs: 5_000, output: { missing: "ours" } }]);
  expect(ours.driven.of("drop-link")).toMatchObject([{ atMs: 10_000, output: { reason: "one-sided" } }]);
  expect(ours.driven.of("suspected")).toEqual([]);
  // A helper's single probe makes no link.
  const helper = make({ self: PEER });
  helper.driven.hand({ kind: "probed", peer: SELF });
  helper.driven.runTo(60_000);
  expect(helper.driven.outputs).toEqual([]);
  expect(helper.detector.size).toBe(0);
});

test("an observer drops silent links and accuses nobody", () => {
  const { driven, directory } = make({ role: "observer", onOutput: nobodyReaches });
  driven.hand({ kind: "neighbor-up", peer: PEER });
  driven.runTo(20_000);
  expect(driven.of("issue-obituary")).toEqual([]);
  expect(driven.of("ask-indirect")).toEqual([]);
  expect(driven.of("drop-link")).toMatchObject([{ output: { reason: "silent" } }]);
  expect(directory.get(PEER)).not.toHaveProperty("suspectedSinceMs");
});

test("a silent peer that is no member is dropped, and strangers that probe take no neighbour's place", () => {
  const { driven, detector } = make({ onOutput: nobodyReaches });
  const foreign = testId(99);
  driven.hand({ kind: "neighbor-up", peer: foreign });
  driven.runTo(5_000);
  expect(driven.of("drop-link")).toMatchObject([{ output: { peer: foreign, reason: "silent" } }]);
  for (let number = 100; number < 300; number++) driven.hand({ kind: "probed", peer: testId(number) });
  expect(detector.size).toBe(64);
  driven.hand({ kind: "neighbor-up", peer: PEER });
  expect(detector.isWatched(PEER)).toBe(true);
  expect(detector.size).toBe(64);
});

type Step = { readonly waitMs: number; readonly event: DetectorEvent | "sleep" };
const peers = fc.constantFrom(...IDS.slice(1, 4));
/** Never asked about themselves. */
const helpers = fc.constantFrom(...IDS.slice(4));
const event: fc.Arbitrary<Step["event"]> = fc.oneof(
  { weight: 6, arbitrary: peers.map((peer) => ({ kind: "heard" as const, peer })) },
  { weight: 2, arbitrary: peers.map((peer) => ({ kind: "probed" as const, peer })) },
  { weight: 2, arbitrary: peers.map((peer) => ({ kind: "neighbor-up" as const, peer })) },
  peers.map((peer) => ({ kind: "neighbor-down" as const, peer })),
  peers.map((peer) => ({ kind: "peer-lost" as const, peer })),
  peers.map((peer) => ({ kind: "gone" as const, peer })),
  fc.constant({ kind: "accused" as const }),
  fc.constant({ kind: "resumed" as const }),
  fc.constant("sleep" as const),
  {
    weight: 8,
    arbitrary: fc.tuple(peers, helpers).map(([target, helper]) => {
      return { kind: "indirect-result" as const, target, helper, reply: sign(target, helper) };
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(peers, helpers, fc.nat(2_000)).map(([target, helper, heardAgoMs]) => {
      const reply = { outcome: "reached" as const, heardAgoMs };
      return { kind: "indirect-result" as const, target, helper, reply };
    }),
  },
);
const waitMs = fc.oneof(fc.nat(400), fc.nat(8_000));
const script = fc.array(fc.record({ waitMs, event }), { minLength: 10, maxLength: 80 });

test("whatever happens: nobody heard on any path within 3.7 s is accused, nor anybody within a window of own lateness", () => {
  let accused = 0;
  fc.assert(
    fc.property(script, fc.constantFrom("silent", "fail"), (steps, answers) => {
      const lifeAtMs = new Map<string, number>();
      let lateAtMs = Number.NEGATIVE_INFINITY;
      const { driven, directory } = make({
        onOutput: (output, run) => {
          if (output.kind === "issue-obituary") {
            accused++;
            const { accused: peer } = output.accusation;
            expect(run.nowMs - (lifeAtMs.get(peer) ?? Number.NaN)).toBeGreaterThanOrEqual(DEAD_AFTER_MS);
            expect(run.nowMs - lateAtMs).toBeGreaterThanOrEqual(DEAD_AFTER_MS);
            expect(directory.get(peer)?.suspectedSinceMs).toBeDefined();
            expect(output.witness?.id).not.toBe(peer);
          }
          if (answers === "fail") nobodyReaches(output, run);
        },
      });
      for (const step of steps) {
        const untilMs = driven.nowMs + step.waitMs;
        if (step.event === "sleep") {
          if (untilMs - driven.nextAtMs > 250) lateAtMs = untilMs;
          driven.sleepTo(untilMs);
          driven.hand({ kind: "tick" });
          continue;
        }
        driven.runTo(untilMs);
        const { kind } = step.event;
        if (kind === "heard" || kind === "probed" || kind === "neighbor-up") lifeAtMs.set(step.event.peer, untilMs);
        if (kind === "indirect-result" && step.event.reply.outcome === "reached") {
          const { target, reply } = step.event;
          lifeAtMs.set(target, Math.max(lifeAtMs.get(target) ?? 0, untilMs - reply.heardAgoMs));
        }
        if (kind === "resumed") lateAtMs = untilMs;
        driven.hand(step.event);
        expect(driven.nextAtMs).toBeGreaterThan(untilMs);
      }
    }),
    { numRuns: 500 },
  );
  // The property means something only where deaths happen at all.
  expect(accused).toBeGreaterThan(20);
});

test("confirmations never shorten: with a witness at every moment the death is no earlier than with one at the end", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3_699), fc.constantFrom(...OTHERS)), { maxLength: 60 }), (confirmations) => {
      const { driven } = make({ onOutput: nobodyReaches });
      driven.hand({ kind: "neighbor-up", peer: PEER });
      for (const [atMs, helper] of confirmations.toSorted(([a], [b]) => a - b)) {
        driven.runTo(atMs);
        driven.hand({ kind: "indirect-result", target: PEER, helper, reply: sign(PEER, helper) });
      }
      driven.runTo(10_000);
      expect(driven.of("issue-obituary")[0]?.atMs).toBeGreaterThanOrEqual(DEAD_AFTER_MS);
      // Looks are a second apart, ticks 20 ms at the least; an event of the time between is a look as well.
      expect(driven.of("suspected")[0]?.atMs).toBeGreaterThanOrEqual(1_500);
      expect(driven.of("suspected")[0]?.atMs).toBeLessThanOrEqual(2_020);
    }),
  );
});
