import fc from "fast-check";
import { expect, test } from "vitest";
import { Directory } from "./directory.js";
import { testHash, testId, testSigned } from "./testing/records.js";
import type { DirectoryChange, NodeRecord, SignedRecord } from "./types.js";

const SELF = testId(0);
const make = (overrides: Partial<ConstructorParameters<typeof Directory>[0]> = {}) =>
  new Directory({ mesh: "mesh1", self: SELF, hash: testHash, ...overrides });
const from = { deliveredBy: testId(99) };
const kinds = (directory: Directory) => directory.takeChanges().map((change: DirectoryChange) => change.kind);

test("a record joins, refreshes in silence, updates, and leaves", () => {
  const directory = make();
  const joined = directory.apply(testSigned(), from, 1_000);
  expect(joined.kind).toBe("accepted-new");
  expect(directory.get(testId(1))?.name).toBe("mesh1.broker.".concat(testId(1).slice(0, 6)));
  expect(kinds(directory)).toEqual(["joined"]);
  expect(directory.apply(testSigned({ sequence: 2 }), from, 2_000).kind).toBe("accepted-newer");
  expect(kinds(directory)).toEqual([]);
  expect(directory.get(testId(1))).toMatchObject({ receivedAtMs: 2_000, firstSeenAtMs: 1_000 });
  const updated = directory.apply(testSigned({ sequence: 3, addresses: ["1.2.3.4:5"] }), from, 3_000);
  expect(updated).toMatchObject({ kind: "accepted-newer", previous: { sequence: 2 } });
  expect(kinds(directory)).toEqual(["updated"]);
  expect(directory.apply(testSigned({ sequence: 4, status: "leaving" }), from, 4_000).kind).toBe("left");
  expect(kinds(directory)).toEqual(["left"]);
  expect(directory.size).toBe(0);
  expect(directory.get(testId(1))).toBeUndefined();
});

test.each<[string, Partial<NodeRecord>]>([
  ["generation", { generation: 2 }],
  ["load class", { loadClass: "high" }],
  ["version", { version: "0.2.0" }],
  ["relay", { relayUrl: "https://relay.example" }],
  ["addresses", { addresses: [] }],
])("a change of %s is told", (_, overrides) => {
  const directory = make();
  directory.apply(testSigned(), from, 0);
  directory.takeChanges();
  directory.apply(testSigned({ sequence: 2, ...overrides }), from, 1_000);
  expect(kinds(directory)).toEqual(["updated"]);
});

test("what is held, older, or of another mesh changes nothing", () => {
  const directory = make();
  directory.apply(testSigned({ generation: 2, sequence: 5 }), from, 0);
  directory.takeChanges();
  const cases: [Partial<NodeRecord>, string][] = [
    [{ generation: 2, sequence: 5 }, "duplicate"],
    [{ generation: 2, sequence: 4 }, "older"],
    [{ generation: 1, sequence: 99 }, "older"],
    [{ generation: 1, sequence: 99, status: "leaving" }, "older"],
    [{ generation: 3, mesh: "mesh2" }, "wrong-mesh"],
  ];
  for (const [overrides, outcome] of cases) {
    const signed = testSigned(overrides);
    expect(directory.wants(signed), outcome).toBe(false);
    expect(directory.apply(signed, from, 1_000).kind).toBe(outcome);
  }
  expect(kinds(directory)).toEqual([]);
  expect(directory.get(testId(1))?.receivedAtMs).toBe(0);
});

test("staleness counts from local receipt, and the same version never renews", () => {
  const directory = make();
  directory.apply(testSigned(), from, 0);
  for (let atMs = 10_000; atMs <= 90_000; atMs += 10_000) {
    directory.apply(testSigned(), from, atMs);
    directory.apply(testSigned(), { viaSync: true, ageMs: 0 }, atMs);
    expect(directory.expire(atMs)).toEqual([]);
  }
  expect(directory.expire(90_001).map(({ id }) => id)).toEqual([testId(1)]);
  expect(kinds(directory)).toEqual(["joined", "expired"]);
  // A late copy does not bring it back; a newer record does.
  expect(directory.wants(testSigned())).toBe(false);
  expect(directory.apply(testSigned(), from, 91_000).kind).toBe("stale");
  expect(directory.apply(testSigned({ sequence: 2 }), from, 92_000).kind).toBe("accepted-new");
});

test("what comes by sync brings its age, and is not taken when too old", () => {
  const directory = make();
  expect(directory.apply(testSigned(), { viaSync: true, ageMs: 90_001 }, 1_000_000).kind).toBe("stale");
  expect(directory.apply(testSigned(), { viaSync: true, ageMs: 60_000 }, 1_000_000).kind).toBe("accepted-new");
  expect(directory.get(testId(1))?.receivedAtMs).toBe(940_000);
  expect(directory.envelopeOf(testId(1), 1_010_000)?.ageMs).toBe(70_000);
  // A newer record was received later than the one it replaces, whatever the peer says.
  directory.apply(testSigned({ sequence: 2 }), { viaSync: true, ageMs: 80_000 }, 1_000_000);
  expect(directory.get(testId(1))?.receivedAtMs).toBe(940_000);
  expect(directory.expire(1_030_000)).toEqual([]);
  expect(directory.expire(1_030_001).length).toBe(1);
});

test("a newcomer in a large mesh takes its long intervals for what they are once it has heard its size", () => {
  const signed = testSigned({ refreshIntervalMs: 8_000_000 });
  const sync = { viaSync: true, ageMs: 5_000_000 };
  const directory = make();
  expect(directory.apply(signed, sync, 1e9).kind).toBe("stale");
  directory.expectMembers(2_000, 1e9);
  expect(directory.apply(signed, sync, 1e9).kind).toBe("accepted-new");
  expect(directory.expire(1e9 + 600_000)).toEqual([]);
  // What was expected and never came is forgotten.
  expect(directory.expire(1e9 + 610_001).length).toBe(1);
});

test("the staleness bound expires sooner, but never within one refresh", () => {
  const bounded = make({ stalenessMs: 12_000 });
  bounded.apply(testSigned({ refreshIntervalMs: 4_000 }), from, 0);
  bounded.apply(testSigned({ id: testId(2), refreshIntervalMs: 30_000 }), from, 0);
  expect(bounded.expire(12_000)).toEqual([]);
  expect(bounded.expire(12_001).map(({ id }) => id)).toEqual([testId(1)]);
  expect(bounded.expire(37_500)).toEqual([]);
  expect(bounded.expire(37_501).map(({ id }) => id)).toEqual([testId(2)]);
});

test("who left is buried: replays are answered with the leave, a restart is welcome", () => {
  const directory = make();
  directory.apply(testSigned({ generation: 2, sequence: 9 }), from, 0);
  const leave = testSigned({ generation: 2, sequence: 10, status: "leaving" });
  directory.apply(leave, from, 1_000);
  for (const version of [
    { generation: 2, sequence: 9 },
    { generation: 2, sequence: 99 },
    { generation: 1, sequence: 5 },
  ]) {
    const outcome = directory.apply(testSigned(version), from, 2_000);
    expect(outcome).toMatchObject({ kind: "buried", tombstone: { state: "left", leave: leave.bytes } });
  }
  expect(directory.apply(leave, from, 3_000).kind).toBe("duplicate");
  expect(directory.wants(leave)).toBe(false);
  expect(directory.apply(testSigned({ generation: 3, sequence: 1 }), from, 4_000).kind).toBe("accepted-new");
  expect(directory.apply(leave, from, 5_000).kind).toBe("older");
  expect(directory.tombstoneOf(testId(1))).toBeUndefined();
  expect(directory.size).toBe(1);
});

test("a leave of somebody unknown buries too", () => {
  const directory = make();
  expect(directory.apply(testSigned({ status: "leaving" }), from, 0)).toEqual({ kind: "left", entry: undefined });
  expect(directory.apply(testSigned({ sequence: 0 }), from, 1_000).kind).toBe("buried");
  expect(kinds(directory)).toEqual([]);
});

test("any order of the same records gives the same live set and the same digest", () => {
  const record = fc.record({
    number: fc.integer({ min: 1, max: 3 }),
    generation: fc.nat(2),
    sequence: fc.nat(3),
    leaving: fc.integer({ min: 0, max: 5 }).map((value) => value === 0),
  });
  const script = fc.array(record, { maxLength: 14 }).chain((records) =>
    // One record per version, as an honest origin signs it.
    fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
  );
  fc.assert(
    fc.property(script, ([records, shuffled]) => {
      const leaves = new Map(
        records.map(({ number, generation, sequence, leaving }) => [`${number} ${generation} ${sequence}`, leaving]),
      );
      const run = (order: typeof records) => {
        const directory = make();
        for (const { number, generation, sequence } of order) {
          const leaving = leaves.get(`${number} ${generation} ${sequence}`);
          directory.apply(
            testSigned({ id: testId(number), generation, sequence, status: leaving ? "leaving" : "alive" }),
            from,
            0,
          );
        }
        const live = directory
          .entries()
          .map(({ id, record: { generation, sequence } }) => `${id} ${generation} ${sequence}`);
        return { live: live.sort(), digest: directory.digest(8) };
      };
      expect(run(shuffled)).toEqual(run(records));
    }),
    { numRuns: 300 },
  );
});

test("a member refreshed at its declared pace never expires, however the bounds are set", () => {
  const bound = fc.option(fc.integer({ min: 1_000, max: 200_000 }), { nil: undefined });
  fc.assert(
    fc.property(
      bound,
      fc.integer({ min: 400, max: 200_000 }),
      fc.array(fc.integer({ min: -10, max: 10 }), { minLength: 5, maxLength: 20 }),
      (stalenessMs, refreshIntervalMs, jitters) => {
        const directory = make({ stalenessMs });
        let nowMs = 0;
        let sequence = 1;
        directory.apply(testSigned({ refreshIntervalMs, sequence }), from, nowMs);
        for (const jitter of jitters) {
          nowMs += refreshIntervalMs * (1 + jitter / 100);
          expect(directory.expire(nowMs)).toEqual([]);
          directory.apply(testSigned({ refreshIntervalMs, sequence: ++sequence }), from, nowMs);
        }
        expect(kinds(directory)).toEqual(["joined"]);
      },
    ),
  );
});

test("the own record is a member that never goes stale, and other claims to it are reported", () => {
  const directory = make();
  const own = testSigned({ id: SELF, generation: 5, sequence: 3 });
  directory.setOwn(own, 0);
  expect(directory.expire(1e9)).toEqual([]);
  expect(directory.size).toBe(1);
  const cases: [Partial<NodeRecord>, string, number?][] = [
    [{ generation: 5, sequence: 3 }, "duplicate"],
    [{ generation: 5, sequence: 2 }, "older"],
    [{ generation: 4, sequence: 99, bootNonce: "f".repeat(16) }, "older"],
    [{ generation: 5, sequence: 3, version: "other" }, "self-conflict", 6],
    [{ generation: 5, sequence: 3, bootNonce: "f".repeat(16) }, "self-conflict", 6],
    [{ generation: 5, sequence: 2, bootNonce: "f".repeat(16) }, "self-conflict", 6],
    [{ generation: 8, sequence: 1, bootNonce: "f".repeat(16) }, "self-conflict", 9],
    [{ generation: 5, sequence: 4, status: "leaving", bootNonce: "f".repeat(16) }, "self-conflict", 6],
  ];
  for (const [overrides, kind, generation] of cases) {
    const claim = testSigned({ id: SELF, ...overrides });
    expect(directory.wants(claim), JSON.stringify(overrides)).toBe(kind === "self-conflict");
    expect(directory.apply(claim, from, 1_000)).toMatchObject(
      generation === undefined ? { kind } : { kind, generation },
    );
  }
  expect(directory.get(SELF)?.record.generation).toBe(5);
  directory.setOwn(testSigned({ id: SELF, generation: 5, sequence: 4, status: "leaving" }), 2_000);
  expect(directory.size).toBe(0);
  expect(directory.tombstoneOf(SELF)?.state).toBe("left");
  expect(directory.apply(testSigned({ id: SELF, generation: 9 }), from, 3_000).kind).toBe("older");
});

test("a neighbour brings 2,000 new identities and 50 a second more; sync is not limited by it", () => {
  const directory = make();
  const bring = (first: number, count: number, source: Parameters<Directory["apply"]>[1], nowMs: number) => {
    let accepted = 0;
    for (let number = first; number < first + count; number++) {
      const signed = testSigned({ id: testId(number) });
      if (!directory.admits(signed, source, nowMs)) continue;
      if (directory.apply(signed, source, nowMs).kind === "accepted-new") accepted++;
    }
    return accepted;
  };
  expect(bring(1, 2_100, from, 0)).toBe(2_000);
  expect(directory.admits(testSigned({ id: testId(2_050) }), from, 0)).toBe(false);
  expect(directory.admits(testSigned({ id: testId(2_051), status: "leaving" }), from, 0)).toBe(false);
  // Who is known or buried costs no token, nor do claims to the own id.
  expect(directory.admits(testSigned({ id: testId(1), sequence: 2 }), from, 0)).toBe(true);
  const leave = testSigned({ id: testId(1), sequence: 3, status: "leaving" });
  expect(directory.admits(leave, from, 0)).toBe(true);
  directory.apply(leave, from, 0);
  expect(directory.admits(leave, from, 0)).toBe(true);
  expect(directory.admits(testSigned({ id: testId(1), sequence: 9 }), from, 0)).toBe(true);
  expect(directory.admits(testSigned({ id: testId(1), generation: 2 }), from, 0)).toBe(false);
  expect(directory.admits(testSigned({ id: SELF }), from, 0)).toBe(true);
  expect(bring(3_001, 100, from, 1_000)).toBe(50);
  expect(bring(4_001, 100, { viaSync: true }, 1_000)).toBe(100);
  expect(directory.sizes().directoryNewcomerBuckets).toBe(1);
  directory.expire(2_000);
  expect(directory.sizes().directoryNewcomerBuckets).toBe(1);
  directory.expire(60_000);
  expect(directory.sizes().directoryNewcomerBuckets).toBe(0);
});

test("when full, a flood of invented ids displaces itself, and nobody who was ever connected", () => {
  const directory = make({ maxMembers: 10 });
  directory.setOwn(testSigned({ id: SELF }), 0);
  for (let number = 1; number <= 9; number++) {
    directory.apply(testSigned({ id: testId(number) }), from, number);
    if (number <= 4) directory.markProven(testId(number));
  }
  directory.takeChanges();
  const before = directory.entries().map(({ id }) => id);
  for (let number = 100; number < 200; number++) {
    expect(directory.apply(testSigned({ id: testId(number) }), from, 1_000).kind).toBe("accepted-new");
    expect(directory.size).toBe(10);
  }
  // One place is what the flood fights over; everybody else is still there.
  expect(before.filter((id) => directory.get(id) === undefined)).toEqual([testId(9)]);
  const changes = directory.takeChanges();
  expect(changes.length).toBe(200);
  expect(changes[0]).toMatchObject({ kind: "expired", evicted: true, entry: { id: testId(9) } });
  // A newcomer that has proven its key stays; with nobody left to displace, the directory is full.
  for (let number = 200; number < 205; number++) {
    directory.markProven(testId(number));
    expect(directory.apply(testSigned({ id: testId(number) }), from, 2_000).kind).toBe("accepted-new");
  }
  expect(directory.apply(testSigned({ id: testId(300) }), from, 3_000).kind).toBe("full");
  for (const number of [1, 2, 3, 4, 200, 204]) expect(directory.get(testId(number))).toBeDefined();
  expect(directory.get(SELF)).toBeDefined();
});

test("fifty respawns leave live entries where they were and one tombstone each", () => {
  const directory = make();
  const respawn = (generation: number) => {
    for (const life of [{ generation }, { generation, sequence: 2, status: "leaving" as const }]) {
      const signed = testSigned(life);
      expect(directory.admits(signed, from, generation)).toBe(true);
      directory.apply(signed, from, generation);
    }
  };
  for (let generation = 1; generation <= 50; generation++) respawn(generation);
  directory.takeChanges();
  expect(directory.sizes()).toEqual({
    directoryEntries: 0,
    directoryTombstones: 1,
    directoryDepartures: 1,
    directorySuspected: 0,
    directoryNewcomerBuckets: 1,
    directoryProvenAhead: 0,
    directoryPendingChanges: 0,
  });
  expect(directory.expire(1e9)).toEqual([]);
  expect(directory.sizes().directoryTombstones).toBe(0);
  expect(directory.digest(0)).toEqual(new Uint8Array(8));
});

test("an owner that does not collect its changes loses the oldest, and is told how many", () => {
  const directory = make();
  const leaves: SignedRecord[] = [];
  for (let round = 1; round <= 5_000; round++) {
    directory.apply(testSigned({ generation: round }), {}, 0);
    leaves.push(testSigned({ generation: round, status: "leaving", sequence: 2 }));
    directory.apply(leaves.at(-1)!, {}, 0);
  }
  expect(directory.sizes().directoryPendingChanges).toBeLessThanOrEqual(8_192);
  const changes = directory.takeChanges();
  expect(changes[0]).toEqual({ kind: "lagged", missed: 10_000 - (changes.length - 1), atMs: 0 });
  expect(directory.takeChanges()).toEqual([]);
});
