/** Deaths in the directory: who may bring them about, what they do, and what undoes them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Directory } from "./directory.js";
import { LIFE_SIGN_MS, MAX_SEQUENCE_AHEAD } from "./obituary-rules.js";
import { SyncSession } from "./sync.js";
import { testHash, testId, testSigned } from "./testing/records.js";
import { testObituary } from "./testing/signatures.js";
import { tombstoneAnswer } from "./tombstones.js";

const [SELF, ACCUSED, ISSUER, WITNESS, STRANGER] = [0, 1, 2, 3, 9].map(testId) as [
  string,
  string,
  string,
  string,
  string,
];
const accusation = { mesh: "mesh1", accused: ACCUSED, generation: 1, sequence: 5 };

/** Self, accused at (1, 5), issuer, witness and one more. */
function populated(): Directory {
  const directory = new Directory({ mesh: "mesh1", self: SELF, hash: testHash });
  directory.setOwn(testSigned({ id: SELF }), 0);
  for (const number of [1, 2, 3, 4]) directory.apply(testSigned({ id: testId(number), sequence: 5 }), {}, 0);
  directory.takeChanges();
  return directory;
}

test("an obituary of two live members takes the accused out, and says since when and by whom", () => {
  const directory = populated();
  const obituary = testObituary(accusation, ISSUER, WITNESS);
  expect(directory.wantsObituary(obituary, {})).toBe(true);
  expect(directory.applyObituary(obituary, {}, 1_000)).toMatchObject({ kind: "applied", entry: { id: ACCUSED } });
  expect(directory.get(ACCUSED)).toBeUndefined();
  expect(directory.takeChanges()).toMatchObject([{ kind: "dead", entry: { id: ACCUSED }, by: [ISSUER, WITNESS] }]);
  expect(directory.departed()).toMatchObject([{ state: "dead", sinceMs: 1_000, by: [ISSUER, WITNESS] }]);
  const tombstone = directory.tombstoneOf(ACCUSED)!;
  expect(tombstone).toMatchObject({ state: "dead", generation: 1, sequence: 5 });
  expect(tombstoneAnswer(tombstone)).toEqual(obituary.bytes);
  expect([...directory.deadIds()]).toEqual([ACCUSED]);
  // Floods come more than once.
  expect(directory.wantsObituary(obituary, {})).toBe(false);
  expect(directory.applyObituary(obituary, {}, 2_000).kind).toBe("known");
});

test("dead is overridden by a higher sequence, left only by a higher generation", () => {
  const directory = populated();
  directory.applyObituary(testObituary(accusation, ISSUER, WITNESS), {}, 0);
  expect(directory.apply(testSigned({ id: ACCUSED, sequence: 5 }), {}, 1)).toMatchObject({ kind: "buried" });
  expect(directory.apply(testSigned({ id: ACCUSED, sequence: 6 }), {}, 2).kind).toBe("accepted-new");
  expect(directory.departed()).toEqual([]);
  expect(directory.takeChanges().map(({ kind }) => kind)).toEqual(["dead", "joined"]);
  // The obituary of before the refutation does not kill again.
  expect(directory.applyObituary(testObituary(accusation, ISSUER, WITNESS), {}, 3).kind).toBe("older");
  directory.apply(testSigned({ id: ACCUSED, sequence: 7, status: "leaving" }), {}, 4);
  expect(directory.departed()).toMatchObject([{ state: "left", by: [] }]);
  expect(directory.apply(testSigned({ id: ACCUSED, sequence: 99 }), {}, 5).kind).toBe("buried");
  expect(directory.applyObituary(testObituary({ ...accusation, sequence: 8 }, ISSUER, WITNESS), {}, 6).kind).toBe(
    "known",
  );
  expect(directory.tombstoneOf(ACCUSED)?.state).toBe("left");
  expect(directory.apply(testSigned({ id: ACCUSED, generation: 2, sequence: 1 }), {}, 7).kind).toBe("accepted-new");
});

test.each([
  ["another mesh", testObituary({ ...accusation, mesh: "mesh2" }, ISSUER, WITNESS), "wrong-mesh"],
  ["an issuer who is no member", testObituary(accusation, STRANGER, WITNESS), "unproven"],
  ["a witness who is no member", testObituary(accusation, ISSUER, STRANGER), "unproven"],
  ["no witness where there could be one", testObituary(accusation, ISSUER), "unproven"],
  ["one member in both roles", testObituary(accusation, ISSUER, ISSUER), "unproven"],
  ["the accused as issuer", testObituary(accusation, ACCUSED, WITNESS), "unproven"],
  ["the accused as witness", testObituary(accusation, ISSUER, ACCUSED), "unproven"],
  ["an older sequence", testObituary({ ...accusation, sequence: 4 }, ISSUER, WITNESS), "older"],
  ["an older generation", testObituary({ ...accusation, generation: 0, sequence: 99 }, ISSUER, WITNESS), "older"],
  ["a generation not known", testObituary({ ...accusation, generation: 2 }, ISSUER, WITNESS), "ahead"],
  [
    "a sequence that nobody could surpass",
    testObituary({ ...accusation, sequence: 6 + MAX_SEQUENCE_AHEAD }, ISSUER, WITNESS),
    "ahead",
  ],
  ["somebody unknown", testObituary({ ...accusation, accused: STRANGER }, ISSUER, WITNESS), "unknown"],
])("an obituary with %s has no effect", (_, obituary, outcome) => {
  const directory = populated();
  const before = directory.entries();
  expect(directory.wantsObituary(obituary, {})).toBe(false);
  expect(directory.applyObituary(obituary, {}, 0).kind).toBe(outcome);
  expect(directory.entries()).toEqual(before);
  expect(directory.takeChanges()).toEqual([]);
});

test("signers who have died or left since sign no more", () => {
  const directory = populated();
  directory.apply(testSigned({ id: WITNESS, sequence: 6, status: "leaving" }), {}, 0);
  expect(directory.applyObituary(testObituary(accusation, ISSUER, WITNESS), {}, 0).kind).toBe("unproven");
});

test("who has heard the accused just now does not believe it, and the accused learns what to refute", () => {
  const directory = populated();
  const obituary = testObituary(accusation, ISSUER, WITNESS);
  expect(directory.applyObituary(obituary, { heardAgoMs: LIFE_SIGN_MS }, 0).kind).toBe("contradicted");
  expect(directory.get(ACCUSED)).toBeDefined();
  const own = testObituary({ ...accusation, accused: SELF, sequence: 3 }, ISSUER, WITNESS);
  expect(directory.wantsObituary(own, {})).toBe(true);
  expect(directory.applyObituary(own, {}, 0)).toEqual({ kind: "self", refuteAbove: 3 });
  expect(directory.get(SELF)).toBeDefined();
  expect(directory.applyObituary(obituary, { heardAgoMs: LIFE_SIGN_MS + 1 }, 0).kind).toBe("applied");
});

test("an issuer alone is enough where nobody else could be asked", () => {
  const pair = new Directory({ mesh: "mesh1", self: SELF, hash: testHash });
  pair.setOwn(testSigned({ id: SELF }), 0);
  pair.apply(testSigned({ id: ACCUSED, sequence: 5 }), {}, 0);
  expect(pair.applyObituary(testObituary(accusation, SELF), {}, 0).kind).toBe("applied");
  // The others are under suspicion themselves: a mesh of which one is left.
  const last = populated();
  for (const number of [2, 3, 4]) last.suspect(testId(number), 0);
  expect(last.applyObituary(testObituary(accusation, SELF), {}, 0).kind).toBe("applied");
});

test("a suspicion is a mark and no more: it resolves, is counted, and goes with a new life", () => {
  const directory = populated();
  expect(directory.suspect(ACCUSED, 1_000)).toBe(true);
  expect(directory.suspect(ACCUSED, 2_000)).toBe(false);
  expect(directory.suspect(SELF, 1_000)).toBe(false);
  expect(directory.suspect(STRANGER, 1_000)).toBe(false);
  expect(directory.get(ACCUSED)).toMatchObject({ state: "alive", suspectedSinceMs: 1_000 });
  expect(directory.sizes().directorySuspected).toBe(1);
  expect(directory.unsuspectedBeside(ISSUER)).toBe(3);
  expect(
    directory.sample(
      9,
      () => 0,
      () => true,
    ),
  ).not.toContain(ACCUSED);
  expect(directory.clearSuspicion(ACCUSED, 3_000)).toBe(true);
  expect(directory.clearSuspicion(ACCUSED, 3_000)).toBe(false);
  expect(directory.get(ACCUSED)).not.toHaveProperty("suspectedSinceMs");
  expect(directory.takeChanges().map(({ kind }) => kind)).toEqual(["suspected", "refuted"]);
  directory.suspect(ACCUSED, 4_000);
  directory.apply(testSigned({ id: ACCUSED, generation: 2 }), {}, 5_000);
  expect(directory.sizes().directorySuspected).toBe(0);
  directory.suspect(ACCUSED, 6_000);
  directory.apply(testSigned({ id: ACCUSED, generation: 2, sequence: 9, status: "leaving" }), {}, 7_000);
  expect(directory.sizes().directorySuspected).toBe(0);
});

test("a sync answers a buried record with its obituary, which is a doubt to the other side and never a death", () => {
  const knowing = populated();
  const obituary = testObituary(accusation, ISSUER, WITNESS);
  knowing.applyObituary(obituary, {}, 0);
  for (const knowingStarts of [true, false]) {
    const believing = populated();
    const sides = knowingStarts ? [knowing, believing] : [believing, knowing];
    const [initiator, responder] = sides.map((directory) => new SyncSession(directory)) as [SyncSession, SyncSession];
    const received: unknown[] = [];
    let frames = initiator.start();
    for (let turn = 0; frames.length > 0 && turn < 9; turn++) {
      const reader = turn % 2 === 0 ? responder : initiator;
      const readsBelieving = (reader === responder) === knowingStarts;
      frames = frames.flatMap((output) => (output.kind === "send" ? reader.handle(output.frame, 1_000) : []));
      for (const output of frames) {
        expect(output.kind).not.toBe("failed");
        if (output.kind === "verify") received.push(...(output.obituaries ?? []));
        if (output.kind === "verify" && !readsBelieving) expect(output.obituaries).toBeUndefined();
      }
    }
    expect(received).toEqual([obituary]);
    expect(believing.applyObituary(obituary, { doubted: true }, 1_000).kind).toBe("doubtful");
    expect(believing.get(ACCUSED)).toBeDefined();
    expect(believing.applyObituary(obituary, {}, 1_000).kind).toBe("applied");
  }
});

test("whatever records, obituaries and suspicions come in whatever order, the books agree", () => {
  const who = fc.nat(5).map(testId);
  const version = fc.record({ generation: fc.integer({ min: 1, max: 3 }), sequence: fc.nat(6) });
  const step = fc.oneof(
    fc.tuple(fc.constant("record" as const), who, version, who, who),
    fc.tuple(fc.constant("leave" as const), who, version, who, who),
    fc.tuple(fc.constant("obituary" as const), who, version, who, who),
    fc.tuple(fc.constant("suspect" as const), who, version, who, who),
    fc.tuple(fc.constant("clear" as const), who, version, who, who),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const directory = populated();
      const live = new Set(directory.entries().map(({ id }) => id));
      steps.forEach(([kind, id, at, issuer, witness], nowMs) => {
        const before = directory.get(id)?.record;
        if (kind === "record") directory.apply(testSigned({ id, ...at }), {}, nowMs);
        else if (kind === "leave") directory.apply(testSigned({ id, ...at, status: "leaving" }), {}, nowMs);
        else if (kind === "suspect") directory.suspect(id, nowMs);
        else if (kind === "clear") directory.clearSuspicion(id, nowMs);
        else {
          const obituary = testObituary({ mesh: "mesh1", accused: id, ...at }, issuer, witness);
          const outcome = directory.applyObituary(obituary, {}, nowMs);
          if (outcome.kind === "applied") {
            expect(before?.generation).toBe(at.generation);
            expect(at.sequence).toBeGreaterThanOrEqual(before?.sequence ?? Number.POSITIVE_INFINITY);
            expect(new Set([id, issuer, witness]).size).toBe(3);
          } else expect(directory.get(id)?.record).toEqual(before);
        }
        for (const change of directory.takeChanges()) {
          if (change.kind === "joined") live.add(change.entry.id);
          if (change.kind === "left" || change.kind === "dead") live.delete(change.entry.id);
        }
      });
      const entries = directory.entries();
      expect(new Set(entries.map(({ id }) => id))).toEqual(live);
      expect(live).toContain(SELF);
      const suspected = entries.filter(({ suspectedSinceMs }) => suspectedSinceMs !== undefined).length;
      expect(directory.sizes().directorySuspected).toBe(suspected);
      expect(directory.departed().every(({ entry }) => !live.has(entry.id))).toBe(true);
    }),
  );
});

test("what a sync brings of signers that are gone is a reason to look, and for the accused to speak; it buries nobody", () => {
  const directory = populated();
  directory.apply(testSigned({ id: WITNESS, sequence: 6, status: "leaving" }), {}, 0);
  const obituary = testObituary(accusation, ISSUER, WITNESS);
  expect(directory.applyObituary(obituary, {}, 1).kind).toBe("unproven");
  expect(directory.applyObituary(obituary, { doubted: true }, 1).kind).toBe("doubtful");
  expect(directory.applyObituary(obituary, {}, 1).kind).toBe("unproven");
  // Who never was a member asks nothing.
  expect(directory.applyObituary(testObituary(accusation, ISSUER, STRANGER), { doubted: true }, 1).kind).toBe(
    "unproven",
  );
  const ofSelf = testObituary({ ...accusation, accused: SELF, sequence: 1 }, ISSUER, WITNESS);
  expect(directory.applyObituary(ofSelf, {}, 1)).toEqual({ kind: "self", refuteAbove: 1 });
});
