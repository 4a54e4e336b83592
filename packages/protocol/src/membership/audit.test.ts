import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../gossip/testing/prng.js";
import { ALARMED_INTERVAL_MS, AUDIT_INTERVAL_MS, Audit, type AuditEvent, type AuditOutput } from "./audit.js";
import { Directory } from "./directory.js";
import { LocalHealth } from "./local-health.js";
import { Driven } from "./testing/clock.js";
import { testHash, testId, testSigned } from "./testing/records.js";
import { testObituary, testWitness } from "./testing/signatures.js";

const IDS = Array.from({ length: 10 }, (_, number) => testId(number));
const SELF = IDS[0]!;
const TARGET = IDS[1]!;
const NEIGHBORS = IDS.slice(2, 5);
const unreached = (accused: string, helper: string, sequence = 1) => {
  const { signature } = testWitness({ mesh: "mesh1", accused, generation: 1, sequence }, helper);
  return { outcome: "unreached", generation: 1, sequence, signature } as const;
};

interface Setup {
  readonly ids?: readonly string[];
  readonly role?: "member" | "observer";
  /** All but the target are watched, so that it is the one to be audited. */
  readonly watched?: (peer: string) => boolean;
  readonly random?: () => number;
  readonly onOutput?: (output: AuditOutput, driven: Driven<AuditEvent, AuditOutput>) => void;
}

function make({
  ids = IDS,
  role = "member",
  watched = (id) => id !== TARGET,
  random = () => 0.5,
  onOutput = () => {},
}: Setup = {}) {
  const members = new Directory({ mesh: "mesh1", self: SELF, hash: testHash });
  members.setOwn(testSigned({ id: SELF }), 0);
  for (const id of ids) if (id !== SELF) members.apply(testSigned({ id, neighbors: NEIGHBORS }), {}, 0);
  const health = new LocalHealth();
  const audit = new Audit({ members, role, health, random, isWatched: watched });
  const driven = new Driven<AuditEvent, AuditOutput>(audit, { kind: "tick" }, (output, run) => {
    if (output.kind === "suspected") members.suspect(output.peer, run.nowMs);
    if (output.kind === "refuted") members.clearSuspicion(output.peer, run.nowMs);
    onOutput(output, run);
  });
  driven.hand({ kind: "tick" });
  return { members, health, audit, driven };
}

const nobodyReaches: Setup["onOutput"] = (output, run) => {
  if (output.kind !== "ask") return;
  const { helper, accusation } = output;
  run.hand({ kind: "answer", target: accusation.accused, helper, reply: unreached(accusation.accused, helper) });
};

test("once a minute a member is looked after by asking its declared neighbours; one voucher ends it", () => {
  const { driven } = make({
    onOutput: (output, run) => {
      if (output.kind !== "ask" || output.helper !== NEIGHBORS[2]) return;
      const { helper } = output;
      run.hand({ kind: "answer", target: TARGET, helper, reply: { outcome: "reached", heardAgoMs: 900 } });
    },
  });
  // Each audit takes half a second: the first who is asked does not vouch.
  driven.runTo(10 * AUDIT_INTERVAL_MS + 10_000);
  const asks = driven.of("ask");
  expect(asks.length).toBe(30);
  expect(new Set(asks.map(({ output }) => output.helper))).toEqual(new Set(NEIGHBORS));
  expect(driven.of("dial")).toEqual([]);
});

test("a declared neighbour that is ours as well is asked first, and where it vouches nobody else is", () => {
  for (const ours of NEIGHBORS) {
    const { driven } = make({
      watched: (id) => id === ours || (id !== TARGET && !NEIGHBORS.includes(id)),
      ids: [SELF, TARGET, ...NEIGHBORS],
      random: seededRandom(7),
      onOutput: (output, run) => {
        if (output.kind !== "ask") return;
        const { helper, accusation } = output;
        run.hand({ kind: "answer", target: accusation.accused, helper, reply: { outcome: "reached", heardAgoMs: 9 } });
      },
    });
    driven.runTo(20 * AUDIT_INTERVAL_MS + 10_000);
    const asks = driven.of("ask").filter(({ output }) => output.accusation.accused === TARGET);
    expect(asks.length).toBeGreaterThan(0);
    expect(new Set(asks.map(({ output }) => output.helper))).toEqual(new Set([ours]));
    expect(driven.of("ask")).toHaveLength(20);
  }
});

test("where none vouches the auditor and two more dial it, and only after 4 s of that it is dead", () => {
  const { driven } = make({ onOutput: nobodyReaches });
  driven.runTo(AUDIT_INTERVAL_MS + 10_000);
  const [dial] = driven.of("dial");
  expect(dial?.output.peer).toBe(TARGET);
  expect(driven.of("ask").filter(({ atMs, output }) => atMs === dial?.atMs && output.budgetMs > 4_000)).toHaveLength(2);
  const [issued] = driven.of("issue-obituary");
  expect(issued?.output.accusation).toMatchObject({ accused: TARGET, sequence: 1 });
  expect(issued?.output.witness).toBeDefined();
  expect((issued?.atMs ?? 0) - (dial?.atMs ?? 0)).toBeGreaterThanOrEqual(4_500);
  expect((issued?.atMs ?? 0) - (dial?.atMs ?? 0)).toBeLessThanOrEqual(4_800);
});

test.each<[string, AuditEvent]>([
  ["its own dial", { kind: "dialed", target: TARGET, reached: true }],
  ["an obituary of others", { kind: "died", peer: TARGET }],
  ["its leaving", { kind: "gone", peer: TARGET }],
])("%s ends an audit without an obituary", (_, event) => {
  const { driven } = make({ onOutput: nobodyReaches });
  driven.runTo(AUDIT_INTERVAL_MS + 4_000);
  expect(driven.of("dial")).toHaveLength(1);
  driven.hand(event);
  driven.runTo(AUDIT_INTERVAL_MS + 20_000);
  expect(driven.of("issue-obituary")).toEqual([]);
});

test("a standstill of the node in the middle of an audit ends it without a verdict", () => {
  const { driven, health } = make({ onOutput: nobodyReaches });
  driven.runTo(AUDIT_INTERVAL_MS + 4_000);
  expect(driven.of("dial")).toHaveLength(1);
  health.late(driven.nowMs, 4_000);
  driven.runTo(AUDIT_INTERVAL_MS + 20_000);
  expect(driven.of("issue-obituary")).toEqual([]);
  expect(driven.of("suspected")).toEqual([]);
});

test("without a witness it is suspected, looked at again, and refuted when it answers", () => {
  let alive = false;
  const { driven, members } = make({
    onOutput: (output, run) => {
      if (output.kind === "dial" && alive) run.hand({ kind: "dialed", target: output.peer, reached: true });
    },
  });
  driven.runTo(3 * AUDIT_INTERVAL_MS);
  expect(driven.of("issue-obituary")).toEqual([]);
  expect(driven.of("suspected")).toHaveLength(1);
  expect(members.get(TARGET)?.suspectedSinceMs).toBeDefined();
  alive = true;
  driven.runTo(6 * AUDIT_INTERVAL_MS);
  expect(driven.of("refuted")).toHaveLength(1);
  expect(members.get(TARGET)).not.toHaveProperty("suspectedSinceMs");
});

test("a suspect that becomes a neighbour is one no more: as the detector's it would never be looked at again", () => {
  const { driven, members, audit } = make();
  driven.runTo(3 * AUDIT_INTERVAL_MS);
  expect(members.get(TARGET)?.suspectedSinceMs).toBeDefined();
  driven.hand({ kind: "met", peer: TARGET });
  expect(driven.of("refuted")).toMatchObject([{ output: { peer: TARGET } }]);
  expect(members.get(TARGET)).not.toHaveProperty("suspectedSinceMs");
  expect(audit.size).toBe(0);
});

test("while somebody is suspected it looks every 10 s, at a suspect and at another in turns", () => {
  const { driven } = make();
  driven.runTo(3 * AUDIT_INTERVAL_MS);
  const fromMs = driven.nowMs;
  driven.runTo(fromMs + 120_000);
  const audits = driven.of("dial").filter(({ atMs }) => atMs > fromMs);
  expect(audits.length).toBeGreaterThanOrEqual(5);
});

test("who heard no neighbour and hears one again takes its suspicions back: what failed was its own path", () => {
  const { driven, members, audit } = make();
  driven.runTo(3 * AUDIT_INTERVAL_MS);
  driven.hand({ kind: "reconnected" });
  expect(driven.of("refuted")).toMatchObject([{ output: { peer: TARGET } }]);
  expect(members.get(TARGET)).not.toHaveProperty("suspectedSinceMs");
  expect(audit.size).toBe(0);
});

test("after three deaths within 10 s it looks every 10 s for two minutes", () => {
  const { driven, audit } = make({
    watched: () => true,
    onOutput: nobodyReaches,
  });
  const rate = make({
    onOutput: (output, run) => {
      if (output.kind === "ask")
        run.hand({
          kind: "answer",
          target: TARGET,
          helper: output.helper,
          reply: { outcome: "reached", heardAgoMs: 0 },
        });
    },
  });
  for (const peer of IDS.slice(6, 9)) rate.driven.hand({ kind: "died", peer });
  rate.driven.runTo(120_000);
  const audits = new Set(rate.driven.of("ask").map(({ atMs }) => atMs));
  expect(audits.size).toBe(12);
  rate.driven.runTo(120_000 + 3 * AUDIT_INTERVAL_MS);
  expect(new Set(rate.driven.of("ask").map(({ atMs }) => atMs)).size).toBeLessThanOrEqual(16);
  // Three deaths far apart are no mass death.
  for (const [index, peer] of IDS.slice(6, 9).entries()) {
    driven.runTo(6_000 * index);
    driven.hand({ kind: "died", peer });
  }
  expect(audit.isAlarmed(12_000)).toBe(false);
  expect(ALARMED_INTERVAL_MS).toBeLessThan(AUDIT_INTERVAL_MS);
});

test("a doubted obituary is looked into at once: confirmed it is tried as it is, refuted the accused is told", () => {
  const obituary = testObituary(
    { mesh: "mesh1", accused: TARGET, generation: 1, sequence: 1 },
    NEIGHBORS[0]!,
    NEIGHBORS[1],
  );
  const dead = make({
    watched: () => true,
    onOutput: (output, run) => {
      nobodyReaches(output, run);
      if (output.kind !== "confirm-obituary") return;
      expect(dead.members.applyObituary(output.obituary, {}, run.nowMs).kind).toBe("applied");
      run.hand({ kind: "died", peer: TARGET });
    },
  });
  dead.driven.hand({ kind: "doubt", obituary });
  dead.driven.runTo(20_000);
  expect(dead.driven.of("confirm-obituary")).toHaveLength(1);
  expect(dead.driven.of("issue-obituary")).toEqual([]);
  const unproven = make({ watched: () => true, onOutput: nobodyReaches });
  unproven.driven.hand({ kind: "doubt", obituary });
  unproven.driven.runTo(20_000);
  expect(unproven.driven.of("confirm-obituary")).toHaveLength(1);
  expect(unproven.driven.of("issue-obituary")).toHaveLength(1);
  const alive = make({
    watched: () => true,
    onOutput: (output, run) => {
      if (output.kind === "dial") run.hand({ kind: "dialed", target: TARGET, reached: true });
    },
  });
  alive.driven.hand({ kind: "doubt", obituary });
  alive.driven.runTo(20_000);
  expect(alive.driven.of("tell-accused")).toMatchObject([{ output: { peer: TARGET } }]);
  expect(alive.driven.of("issue-obituary")).toEqual([]);
  const flooded = make({ watched: () => true });
  for (let number = 100; number < 400; number++) {
    flooded.driven.hand({ kind: "doubt", obituary: { ...obituary, accused: testId(number) } });
  }
  expect(flooded.audit.size).toBe(256);
});

test("an observer looks after nobody but whom it doubts, and issues nothing where the obituary does not hold", () => {
  const idle = make({ role: "observer", watched: () => false });
  idle.driven.runTo(10 * AUDIT_INTERVAL_MS);
  expect(idle.driven.outputs).toEqual([]);
  const { driven, audit } = make({ role: "observer" });
  const accusation = { mesh: "mesh1", accused: TARGET, generation: 1, sequence: 1 };
  driven.hand({ kind: "doubt", obituary: testObituary(accusation, NEIGHBORS[0]!, NEIGHBORS[1]) });
  driven.runTo(20_000);
  expect(driven.outputs.map(({ output }) => output.kind)).toEqual(["dial", "confirm-obituary"]);
  expect(audit.size).toBe(0);
});

test("many doubts are looked into side by side, sixteen at a time, and none is forgotten in a standstill", () => {
  const ids = Array.from({ length: 50 }, (_, number) => testId(number));
  const { driven, members } = make({
    ids,
    watched: () => true,
    onOutput: (output, run) => {
      nobodyReaches(output, run);
      if (output.kind !== "confirm-obituary") return;
      members.applyObituary(output.obituary, {}, run.nowMs);
      run.hand({ kind: "died", peer: output.obituary.accused });
    },
  });
  const doubted = ids.slice(10);
  for (const accused of doubted) {
    const accusation = { mesh: "mesh1", accused, generation: 1, sequence: 1 };
    driven.hand({ kind: "doubt", obituary: testObituary(accusation, NEIGHBORS[0]!, NEIGHBORS[1]) });
  }
  driven.runTo(4_000);
  expect(driven.of("dial")).toHaveLength(16);
  driven.sleepTo(9_000);
  driven.hand({ kind: "tick" });
  driven.runTo(45_000);
  expect(new Set(driven.of("confirm-obituary").map(({ output }) => output.obituary.accused))).toEqual(new Set(doubted));
  expect(driven.of("issue-obituary")).toEqual([]);
});

test("who declined is not asked again: another member dials instead", () => {
  const { driven } = make({
    onOutput: (output, run) => {
      if (output.kind !== "ask") return;
      const { helper, accusation } = output;
      const declines = NEIGHBORS.includes(helper);
      const reply = declines ? ({ outcome: "declined" } as const) : unreached(accusation.accused, helper);
      run.hand({ kind: "answer", target: accusation.accused, helper, reply });
    },
  });
  driven.runTo(AUDIT_INTERVAL_MS + 20_000);
  const [issued] = driven.of("issue-obituary");
  expect(NEIGHBORS).not.toContain(issued?.output.witness?.id);
  expect(issued?.output.witness).toBeDefined();
});

test("whatever happens: nobody is condemned within 4.5 s of life, or while the own clock is not to be trusted", () => {
  const target = fc.constantFrom(...IDS.slice(1, 4));
  const event: fc.Arbitrary<AuditEvent | "sleep"> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<AuditEvent>({ kind: "tick" }) },
    fc.constant("sleep" as const),
    target.map<AuditEvent>((peer) => ({ kind: "dialed", target: peer, reached: true })),
    fc.tuple(target, fc.constantFrom(...IDS.slice(4))).map<AuditEvent>(([peer, helper]) => {
      return { kind: "answer", target: peer, helper, reply: unreached(peer, helper) };
    }),
    target.map<AuditEvent>((peer) => ({ kind: "died", peer })),
  );
  const steps = fc.array(fc.tuple(fc.nat(30_000), event), { maxLength: 60 });
  const randoms = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
  let issued = 0;
  fc.assert(
    fc.property(steps, randoms, (script, random) => {
      const dialledAtMs = new Map<string, number>();
      const { driven, health } = make({
        watched: () => false,
        random: () => random.next().value ?? 0,
        onOutput: (output, run) => {
          if (output.kind === "dial") dialledAtMs.set(output.peer, run.nowMs);
          if (output.kind === "issue-obituary") {
            issued++;
            // Several are looked into side by side, each with a dial of its own.
            const sinceMs = dialledAtMs.get(output.accusation.accused) ?? Number.NaN;
            expect(run.nowMs - sinceMs).toBeGreaterThanOrEqual(4_500);
            expect(health.mayAccuse(run.nowMs)).toBe(true);
            expect(output.witness?.id).not.toBe(output.accusation.accused);
          }
          nobodyReaches(output, run);
        },
      });
      for (const [waitMs, what] of script) {
        if (what === "sleep") driven.sleepTo(driven.nowMs + waitMs);
        else driven.runTo(driven.nowMs + waitMs);
        const told: AuditEvent = what === "sleep" ? { kind: "tick" } : what;
        if (told.kind === "dialed") dialledAtMs.delete(told.target);
        driven.hand(told);
      }
    }),
  );
  expect(issued).toBeGreaterThan(20);
});
