/** What a membership costs at the most: whatever comes, in whatever order, and from a neighbour that invents identities. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../gossip/testing/prng.js";
import { decodeBroadcast } from "../wire/broadcast.js";
import { buriedBitmap, signMerged } from "../wire/merged.js";
import type { IndirectReply } from "../wire/probe.js";
import type { MembershipEvent, MembershipOutput } from "./membership-events.js";
import { NEWCOMER_BURST, NEWCOMERS_PER_SECOND } from "./newcomer-limit.js";
import { testId } from "./testing/records.js";
import { testObituary, testSignedBy, testSigner, testVerify, testWitness } from "./testing/signatures.js";
import { everybodyReaches, forged, makeTopic, type Topic } from "./testing/topic.js";
import { compareVersions } from "./version-order.js";

const IDS = Array.from({ length: 8 }, (_, number) => testId(number)).sort();
const SELF = IDS[3]!;
const MAX_MEMBERS = 12;

/** The caps of everything that `sizes()` reports, but for the neighbours that gossip hands in. */
function capsOf(topic: Topic, maxMembers: number): Record<string, number> {
  const live = topic.machine.directory.size;
  return {
    // The own record takes no member's place.
    directoryEntries: maxMembers + 1,
    directoryTombstones: Math.max(4_096, 4 * live),
    directoryDepartures: 256,
    directorySuspected: live,
    directoryNewcomerBuckets: 256,
    directoryProvenAhead: 1_024,
    directoryPendingChanges: 0,
    watchedLinks: 64,
    localHealth: 3,
    auditEntries: 256 + 32 + 17,
    healingEntries: 1_024 + 64 + 16 + 4_096,
    healingContacts: 16,
    syncPlanned: 64 + 64 + 256,
    floodsUnheard: 64,
    asksPending: 256,
    triesPending: 256,
    witnessTries: 64,
    broadcastsRejected: Number.POSITIVE_INFINITY,
  };
}

function expectWithinCaps(topic: Topic, maxMembers = MAX_MEMBERS): void {
  const caps = capsOf(topic, maxMembers);
  for (const [name, size] of Object.entries(topic.machine.sizes())) {
    expect([name, caps[name] === undefined ? "has no cap" : size <= caps[name]]).toEqual([name, true]);
    expect(size).toBeGreaterThanOrEqual(0);
  }
}

/** A question or a try that waits for its end. */
type Open = Extract<MembershipOutput, { kind: "ask" | "try" }>;
type Step =
  | { readonly kind: "event"; readonly event: MembershipEvent }
  | { readonly kind: "end-oldest"; readonly how: "well" | "badly" | "forged" | "never" }
  | { readonly kind: "run" | "sleep"; readonly forMs: number }
  | { readonly kind: "hear"; readonly peer: string };

const who = fc.constantFrom(...IDS);
const version = { generation: fc.constantFrom(1, 1, 1, 1, 0, 2, 3), sequence: fc.nat(6) };
const signedRecord = fc
  .record({
    id: who,
    ...version,
    status: fc.constantFrom("alive" as const, "alive" as const, "leaving" as const),
    bootNonce: fc.constantFrom("00".repeat(8), "ff".repeat(8)),
    neighbors: fc.array(who, { maxLength: 4 }),
    refreshIntervalMs: fc.constantFrom(1, 30_000, 1e9),
    mesh: fc.constantFrom("mesh1", "mesh1", "mesh1", "mesh2"),
    startedAtMs: fc.constantFrom(1, 1_000, 9_999),
  })
  .map(testSignedBy);
const accusation = fc.record({ mesh: fc.constantFrom("mesh1", "mesh1", "mesh1", "mesh2"), accused: who, ...version });
const signedObituary = fc
  .tuple(accusation, fc.constantFrom(...IDS.slice(0, 3)), fc.constantFrom(IDS[3], IDS[4], undefined))
  .map(([what, issuer, witness]) => testObituary(what, issuer, witness));
const signedMerge = fc
  .tuple(who, who, fc.nat(9), fc.subarray(IDS))
  .map(([issuer, contact, nonce, buried]) =>
    signMerged({ mesh: "mesh1", issuer, contact, nonce, buried: buriedBitmap(buried) }, testSigner(issuer)),
  );
const content = fc.oneof(
  { weight: 4, arbitrary: signedRecord.map(({ bytes }) => bytes) },
  { weight: 2, arbitrary: signedObituary.map(({ bytes }) => bytes) },
  signedMerge.map(({ bytes }) => bytes),
  signedRecord.map(({ bytes }) => forged(bytes)),
  fc.uint8Array({ maxLength: 40 }),
);
const number = fc.constantFrom(0, 1, 7, -1, 1e9, Number.NaN);
const reply: fc.Arbitrary<IndirectReply | undefined> = fc.constantFrom(
  undefined,
  { outcome: "declined" },
  { outcome: "reached", heardAgoMs: -5 },
  { outcome: "reached", heardAgoMs: 1e9 },
  { outcome: "unreached", generation: 1, sequence: 1, signature: new Uint8Array(64) },
);
const anyEvent: fc.Arbitrary<MembershipEvent> = fc.oneof(
  fc.constantFrom<MembershipEvent>(
    { kind: "boot" },
    { kind: "changed" },
    { kind: "tick" },
    { kind: "load-class", loadClass: "full" },
  ),
  fc
    .constantFrom("a", "b", "c", "d")
    .chain((dice) => fc.constant({ kind: dice === "a" ? "leaving" : "changed" } as const)),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("neighbor-up" as const), peer: who, foreign: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("neighbor-up" as const), peer: who }) },
  fc.record({ kind: fc.constantFrom("neighbor-down" as const, "peer-lost" as const, "probed" as const), peer: who }),
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("broadcast" as const), content, deliveredBy: who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("obituary" as const, "synced-obituary" as const),
      obituary: signedObituary,
      from: who,
    }),
  },
  fc.record({
    kind: fc.constant("asked" as const),
    ask: fc.nat(99),
    from: who,
    accusation,
    budgetMs: fc.constantFrom(0, 1_000, 1e9),
  }),
  fc.record({ kind: fc.constant("answered" as const), ask: number, reply }),
  fc.record({ kind: fc.constant("tried" as const), attempt: number, heardAgoMs: fc.constantFrom(undefined, 0, 1e9) }),
  fc.record({ kind: fc.constant("contacted" as const), peer: who, shared: fc.boolean() }),
  fc.record({ kind: fc.constant("dial-failed" as const), peer: who }),
  fc.record({
    kind: fc.constant("synced-record" as const),
    signed: signedRecord,
    ageMs: fc.constantFrom(0, 60_000, 1e12, -1e6),
  }),
  fc.record({ kind: fc.constant("synced" as const), peer: who, ok: fc.boolean(), apart: fc.nat(9) }),
  fc.array(who).map((ids) => ({ kind: "seeds" as const, targets: ids.map((id) => ({ id, addresses: [] })) })),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: anyEvent.map((event) => ({ kind: "event" as const, event })) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom("well" as const, "badly" as const, "badly" as const, "forged" as const, "never" as const)
      .map((how) => ({ kind: "end-oldest" as const, how })),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("run" as const, "sleep" as const), forMs: fc.nat(3_000) }),
  },
  fc.record({ kind: fc.constantFrom("run" as const, "sleep" as const), forMs: fc.nat(200_000) }),
  { weight: 4, arbitrary: who.map((peer) => ({ kind: "hear" as const, peer })) },
);

/** How a question or a try ends. */
function endOf(open: Open, how: "well" | "badly" | "forged" | "never"): MembershipEvent {
  if (open.kind === "try") {
    return { kind: "tried", attempt: open.attempt, heardAgoMs: how === "well" ? 3 : undefined };
  }
  const { ask, helper, accusation: what } = open;
  const { generation, sequence } = what;
  const { signature } = testWitness(what, how === "forged" ? SELF : helper);
  if (how === "never") return { kind: "answered", ask };
  const answer: IndirectReply =
    how === "well" ? { outcome: "reached", heardAgoMs: 3 } : { outcome: "unreached", generation, sequence, signature };
  return { kind: "answered", ask, reply: answer };
}

/** Ticks until `untilMs`, and counts them; time that does not pass between them is a busy loop. */
function runCounting(topic: Topic, untilMs: number): number {
  let ticks = 0;
  topic.runTo(untilMs, () => {
    if (ticks++ > 100_000) throw new Error(`it asks for ticks without end at ${topic.nowMs}`);
  });
  return ticks;
}

function play(script: readonly Step[], role: "member" | "observer", seed: number): Topic {
  const open: Open[] = [];
  const topic = makeTopic({
    self: SELF,
    role,
    members: IDS.slice(0, 5),
    maxMembers: MAX_MEMBERS,
    random: seededRandom(seed),
    answer: (output) => {
      if (output.kind === "ask" || output.kind === "try") open.push(output);
    },
  });
  for (const step of script) {
    if (step.kind === "event") topic.hand(step.event);
    else if (step.kind === "run") {
      const ticks = runCounting(topic, topic.nowMs + step.forMs);
      // The detector ticks every 20 ms at the most; syncs, publishing, healing and expiry are seldom.
      expect(ticks).toBeLessThan(200 + step.forMs / 15);
    } else if (step.kind === "sleep") topic.sleepTo(topic.nowMs + step.forMs);
    else if (step.kind === "hear") topic.heardAtMs.set(step.peer, topic.nowMs);
    else if (step.kind === "end-oldest") {
      const oldest = open.shift();
      if (oldest !== undefined) topic.hand(endOf(oldest, step.how));
    }
    expectWithinCaps(topic);
    // A time that has passed is served by the next tick.
    for (let tick = 0; topic.nextAtMs <= topic.nowMs; tick++) {
      expect(tick).toBeLessThan(4);
      topic.hand({ kind: "tick" });
    }
    expect(topic.nextAtMs).not.toBeNaN();
  }
  return topic;
}

test("whatever happens in whatever order: it never throws, never spins, and is within its caps", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(anyStep, { minLength: 40, maxLength: 160, size: "+1" }),
      fc.constantFrom("member" as const, "member" as const, "observer" as const),
      fc.nat(),
      (script, role, seed) => {
        const topic = play(script, role, seed);
        for (const { output } of topic.outputs) seen.set(output.kind, (seen.get(output.kind) ?? 0) + 1);
        const ours = topic.records().filter(({ id, bootNonce }) => id === SELF && bootNonce === "0011223344556677");
        if (role === "observer") expect(ours).toEqual([]);
        // No version twice, and nothing after the leave.
        for (const [index, record] of ours.slice(1).entries()) {
          expect(compareVersions(record, ours[index]!)).toBeGreaterThan(0);
          expect(ours[index]?.status).toBe("alive");
        }
        // Those who follow the changes know who is in.
        const live = new Set<string>();
        for (const { output } of topic.of("change")) {
          const { change } = output;
          if (change.kind === "lagged") throw new Error("changes were lost");
          if (change.kind === "joined") live.add(change.entry.id);
          if (["left", "dead", "expired"].includes(change.kind)) expect(live.delete(change.entry.id)).toBe(true);
        }
        expect(live).toEqual(new Set(topic.machine.directory.entries().map(({ id }) => id)));
      },
    ),
    { numRuns: 100 },
  );
  // A test that reaches nothing proves nothing. (What is rarer than these has tests of its own.)
  for (const kind of [
    "broadcast",
    "ping",
    "ask",
    "try",
    "reply",
    "sync",
    "dial",
    "join",
    "drop",
    "contacts",
    "change",
  ]) {
    expect([kind, (seen.get(kind) ?? 0) > 5]).toEqual([kind, true]);
  }
}, 60_000);

test("alone, with members that fall silent, or after leaving: an hour of ticks is a bounded number, and then more", () => {
  const settings: ((topic: Topic) => void)[] = [
    () => {},
    (topic) => topic.hand({ kind: "neighbor-up", peer: IDS[0]! }),
    (topic) => topic.hand({ kind: "leaving" }),
    (topic) => topic.hand({ kind: "seeds", targets: IDS.map((id) => ({ id, addresses: [] })) }),
  ];
  for (const role of ["member", "observer"] as const) {
    for (const set of settings) {
      const topic = makeTopic({ self: SELF, role, members: IDS, answer: everybodyReaches });
      set(topic);
      const ticks = runCounting(topic, 3_600_000);
      expect(ticks).toBeGreaterThan(600);
      expect(ticks).toBeLessThan(12_000);
      expect(topic.nextAtMs).toBeGreaterThan(3_600_000);
      expect(Number.isFinite(topic.nextAtMs)).toBe(true);
    }
  }
});

test("a flood of every kind of event stays within the caps", () => {
  const ids = Array.from({ length: 1_500 }, (_, index) => testId(1_000 + index));
  const floods: ((id: string, index: number) => MembershipEvent)[] = [
    (peer) => ({ kind: "neighbor-up", peer }),
    (peer) => ({ kind: "probed", peer }),
    (peer) => ({ kind: "peer-lost", peer }),
    (id) => ({ kind: "broadcast", content: testSignedBy({ id }).bytes, deliveredBy: id }),
    (id) => ({ kind: "synced-record", signed: testSignedBy({ id, sequence: 2 }), ageMs: 0 }),
    (accused) => ({
      kind: "synced-obituary",
      obituary: testObituary({ mesh: "mesh1", accused, generation: 1, sequence: 2 }, IDS[0]!, IDS[1]!),
    }),
    (accused) => ({
      kind: "obituary",
      obituary: testObituary({ mesh: "mesh1", accused, generation: 1, sequence: 2 }, IDS[0]!, IDS[1]!),
      from: IDS[0]!,
    }),
    (id) => ({ kind: "broadcast", content: testSignedBy({ id, status: "leaving" }).bytes, deliveredBy: id }),
    (id) => ({ kind: "seeds", targets: [{ id, addresses: [] }] }),
    (peer) => ({ kind: "contacted", peer, shared: true }),
    (peer, index) => ({ kind: "synced", peer, ok: index % 2 === 0, apart: 5 }),
    (peer) => ({ kind: "dial-failed", peer }),
    (accused, ask) => ({
      kind: "asked",
      ask,
      from: IDS[ask % 2]!,
      accusation: { mesh: "mesh1", accused, generation: 1, sequence: 1 },
      budgetMs: 1_000,
    }),
    (peer) => ({ kind: "neighbor-down", peer }),
  ];
  for (const maxMembers of [64, 20_000]) {
    const topic = makeTopic({ self: SELF, members: IDS, maxMembers });
    for (const [round, flood] of [...floods, ...floods].entries()) {
      for (const [index, id] of ids.entries()) topic.hand(flood(id, index));
      expectWithinCaps(topic, maxMembers);
      topic.runTo(topic.nowMs + 500 * round);
      expectWithinCaps(topic, maxMembers);
      topic.outputs.length = 0;
    }
    for (let index = 0; index < 5_000; index++) {
      const signed = testSignedBy({ id: testId(10_000 + index), status: "leaving" });
      topic.hand({ kind: "synced-record", signed, ageMs: 0 });
    }
    expect(topic.machine.sizes().directoryTombstones).toBe(capsOf(topic, maxMembers).directoryTombstones);
  }
}, 60_000);

/** Envelopes of identities that nobody has, made by changing the id in one; whether they are signed is what `verify` says. */
function* inventions(count: number, status: "alive" | "leaving" = "alive"): Generator<Uint8Array> {
  const template = testSignedBy({ id: "ee".repeat(32), status }).bytes;
  const at = template.findIndex((_, index) => template.subarray(index, index + 32).every((byte) => byte === 0xee));
  for (let invented = 0; invented < count; invented++) {
    const bytes = template.slice();
    const view = new DataView(bytes.buffer, at, 32);
    for (let word = 0; word < 8; word++) view.setUint32(4 * word, Math.imul(invented + 1, 0x9e3779b1 + word));
    yield bytes;
  }
}

const INVENTED = 100_000;
const FLOOD_MS = 20_000;

test.each([
  ["a small directory", 200, true, "alive" as const],
  ["the default size", undefined, true, "alive" as const],
  ["the default size, and no signature holds", undefined, false, "alive" as const],
  ["the default size, and all take their leave", undefined, true, "leaving" as const],
])(
  "a neighbour that invents 100,000 identities: %s",
  (_, maxMembers, holds, status) => {
    let flooding = false;
    const topic = makeTopic({
      self: SELF,
      ...(maxMembers === undefined ? {} : { maxMembers }),
      verify: (id, message, signature) => (flooding ? holds : testVerify(id, message, signature)),
      answer: everybodyReaches,
    });
    const members = Array.from({ length: 100 }, (_, index) => testId(1_000 + index));
    for (const id of members) topic.receive(testSignedBy({ id, refreshIntervalMs: 1e6 }).bytes);
    const proven = members.slice(0, 60);
    for (const peer of proven) {
      topic.hand({ kind: "neighbor-up", peer });
      topic.hand({ kind: "neighbor-down", peer });
    }
    const [hostile, late] = [testId(66_666), testId(77_777)];
    topic.hand({ kind: "neighbor-up", peer: hostile });
    const before = topic.verified.count;
    const startMs = topic.nowMs;
    flooding = true;
    let sent = 0;
    for (const content of inventions(INVENTED, status)) {
      topic.runTo(startMs + (FLOOD_MS * sent++) / INVENTED, () => topic.heardAtMs.set(hostile, topic.nowMs));
      topic.receive(content, hostile);
      // Coming and going gives no second burst.
      if (sent % 10_000 === 0) {
        topic.hand({ kind: "neighbor-down", peer: hostile });
        topic.hand({ kind: "neighbor-up", peer: hostile });
      }
      // Somebody honest comes in the midst of it, and connects.
      if (sent === INVENTED / 2) {
        flooding = false;
        topic.receive(testSignedBy({ id: late }).bytes, late);
        topic.hand({ kind: "neighbor-up", peer: late });
        flooding = true;
      }
      topic.outputs.length = 0;
    }
    const cap = maxMembers ?? 20_000;
    expectWithinCaps(topic, cap);
    const spent = topic.verified.count - before - 1;
    const allowed = NEWCOMER_BURST + (NEWCOMERS_PER_SECOND * FLOOD_MS) / 1_000;
    expect(spent).toBeGreaterThanOrEqual(NEWCOMER_BURST);
    expect(spent).toBeLessThanOrEqual(allowed);
    const { directory } = topic.machine;
    expect([...proven, late].filter((id) => directory.get(id) === undefined)).toEqual([]);
    if (cap > 10_000 || !holds || status === "leaving") {
      expect(members.filter((id) => directory.get(id) === undefined)).toEqual([]);
    }
    expect(directory.size).toBeLessThanOrEqual(holds && status === "alive" ? Math.min(cap, 103 + allowed) : 102);
    // An honest newcomer that this neighbour delivers too comes by sync, and through others.
    const newcomer = testSignedBy({ id: testId(5) });
    topic.receive(newcomer.bytes, proven[0]);
    expect(directory.get(testId(5)) !== undefined).toBe(holds);
  },
  60_000,
);

test("a sync that brings 30,000 invented identities fills the directory and displaces no proven member", () => {
  const topic = makeTopic({ self: SELF, verify: () => true });
  const proven = Array.from({ length: 50 }, (_, index) => testId(1_000 + index));
  for (const id of proven) {
    topic.receive(testSignedBy({ id }).bytes);
    topic.hand({ kind: "neighbor-up", peer: id });
    topic.hand({ kind: "neighbor-down", peer: id });
  }
  for (const bytes of inventions(30_000)) {
    const { signed } = readRecord(bytes);
    topic.hand({ kind: "synced-record", signed, ageMs: 0 });
    topic.outputs.length = 0;
  }
  expect(topic.machine.directory.size).toBe(20_000);
  expect(proven.filter((id) => topic.machine.directory.get(id) === undefined)).toEqual([]);
  expectWithinCaps(topic, 20_000);
}, 60_000);

function readRecord(bytes: Uint8Array) {
  const read = decodeBroadcast(bytes);
  if (read.kind !== "record") throw new Error("no record");
  return read;
}
