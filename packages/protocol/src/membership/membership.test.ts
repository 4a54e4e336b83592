import { describe, expect, test } from "vitest";
import { seededRandom } from "../gossip/testing/prng.js";
import { verifyEnvelope } from "../wire/envelope.js";
import { buriedBitmap, signMerged } from "../wire/merged.js";
import { encodeObituary } from "../wire/obituary.js";
import type { MembershipEvent } from "./membership-events.js";
import { testId } from "./testing/records.js";
import { testObituary, testSignedBy, testSigner, testVerify } from "./testing/signatures.js";
import { everybodyReaches, forged, makeTopic, nobodyReaches, of, type Topic } from "./testing/topic.js";

/** In order, so that the first is who probes. */
const IDS = Array.from({ length: 12 }, (_, number) => testId(number)).sort();
const [SELF, PEER, ISSUER, WITNESS, HELPER] = IDS as [string, string, string, string, string];
const STRANGER = testId(77);
const HOUR_MS = 3_600_000;
const accusation = { mesh: "mesh1", accused: PEER, generation: 1, sequence: 1 };
const obituary = testObituary(accusation, ISSUER, WITNESS);
const leave = testSignedBy({ id: PEER, sequence: 2, status: "leaving" });

const changes = (topic: Topic) => topic.of("change").map(({ output }) => output.change.kind);
const member = (id: string, sequence = 1) => testSignedBy({ id, sequence }).bytes;

/** What goes on in the world of an observer or of one who has left, so that it is seen to stay silent about it. */
function tellEverything(topic: Topic): void {
  const events: MembershipEvent[] = [
    { kind: "changed" },
    { kind: "load-class", loadClass: "high" },
    { kind: "neighbor-up", peer: PEER },
    { kind: "seeds", targets: [{ id: STRANGER, addresses: ["127.0.0.1:1"] }] },
    {
      kind: "obituary",
      obituary: testObituary({ ...accusation, accused: SELF, sequence: 9 }, ISSUER, WITNESS),
      from: HELPER,
    },
    { kind: "synced-obituary", obituary: testObituary({ ...accusation, accused: HELPER }, ISSUER, WITNESS) },
    { kind: "broadcast", content: testSignedBy({ id: SELF, generation: 9 }).bytes, deliveredBy: PEER },
    { kind: "contacted", peer: STRANGER, shared: true },
    { kind: "synced", peer: STRANGER, ok: true, apart: 9 },
    {
      kind: "broadcast",
      content: signMerged(
        { mesh: "mesh1", issuer: ISSUER, contact: STRANGER, nonce: 1, buried: buriedBitmap([SELF]) },
        testSigner(ISSUER),
      ).bytes,
      deliveredBy: PEER,
    },
  ];
  for (const event of events) topic.hand(event);
  topic.runTo(topic.nowMs + HOUR_MS);
}

describe("publishing", () => {
  test("boot puts the own record into the directory and out to the mesh, signed; before it nothing is said", () => {
    const topic = makeTopic({ self: SELF });
    expect(changes(topic)).toEqual(["joined"]);
    const [broadcast] = topic.broadcasts();
    if (broadcast?.kind !== "record") throw new Error("the first broadcast is no record");
    expect(broadcast.signed.record).toMatchObject({ id: SELF, generation: 1, sequence: 1, status: "alive" });
    expect(verifyEnvelope(broadcast.signed, testVerify)).toBe(true);
    expect(topic.machine.version).toEqual({ generation: 1, sequence: 1 });
    expect(topic.machine.directory.entries().map(({ id }) => id)).toEqual([SELF]);
  });

  test("the own record is refreshed for as long as nobody takes it back, each under a new sequence", () => {
    const topic = makeTopic({ self: SELF });
    topic.runTo(HOUR_MS);
    const sequences = topic.records().map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThan(HOUR_MS / 33_000);
    expect(sequences.length).toBeLessThan(HOUR_MS / 27_000);
  });

  test("a change and a load class go out; the first neighbour hears who came, later ones know by then", () => {
    const topic = makeTopic({ self: SELF });
    topic.runTo(5_000);
    expect(of(topic.hand({ kind: "changed" }), "broadcast")).toHaveLength(1);
    topic.hand({ kind: "load-class", loadClass: "high" });
    expect(topic.records().at(-1)).toMatchObject({ sequence: 3, loadClass: "high" });
    const count = () => topic.records().length;
    const before = count();
    topic.hand({ kind: "neighbor-up", peer: PEER });
    expect(count()).toBe(before + 1);
    topic.hand({ kind: "neighbor-up", peer: ISSUER });
    topic.hand({ kind: "neighbor-down", peer: ISSUER });
    expect(count()).toBe(before + 1);
    topic.hand({ kind: "neighbor-down", peer: PEER });
    topic.hand({ kind: "neighbor-up", peer: PEER });
    expect(count()).toBe(before + 2);
  });

  test("the leave is the last word, whatever happens afterwards, and nothing is looked after any more", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    topic.hand({ kind: "neighbor-up", peer: PEER });
    topic.hand({ kind: "leaving" });
    expect(topic.records().at(-1)).toMatchObject({ status: "leaving", sequence: 3 });
    expect(topic.machine.directory.get(SELF)).toBeUndefined();
    expect(changes(topic).at(-1)).toBe("left");
    const said = topic.broadcasts().length;
    tellEverything(topic);
    topic.hand({ kind: "leaving" });
    topic.hand({ kind: "boot" });
    expect(topic.broadcasts().slice(said)).toEqual([]);
  });
});

describe("rule 1: records", () => {
  test("what is known, older or of another mesh is not verified; what is forged or no broadcast is counted", () => {
    const topic = makeTopic({ self: SELF });
    topic.receive(member(PEER, 3));
    expect(topic.verified.count).toBe(1);
    for (const content of [member(PEER, 3), member(PEER, 2)]) topic.receive(content);
    topic.receive(testSignedBy({ id: PEER, sequence: 9, mesh: "mesh2" }).bytes);
    topic.receive(Uint8Array.of(0x07, 1, 2, 3));
    expect([topic.verified.count, topic.machine.sizes().broadcastsRejected]).toEqual([1, 0]);
    topic.receive(forged(member(PEER, 4)));
    expect([topic.verified.count, topic.machine.sizes().broadcastsRejected]).toEqual([2, 1]);
    for (const content of [new Uint8Array(), Uint8Array.of(0xff, 1), Uint8Array.of(1, 2)]) topic.receive(content);
    expect([topic.verified.count, topic.machine.sizes().broadcastsRejected]).toEqual([2, 4]);
    expect(topic.machine.directory.versionOf(PEER)).toMatchObject({ sequence: 3 });
    expect(changes(topic)).toEqual(["joined", "joined"]);
  });

  test("who shows its own buried record hears why: the leave by broadcast, the obituary by hand", () => {
    const left = makeTopic({ self: SELF, members: IDS });
    left.receive(leave.bytes);
    expect(left.receive(member(PEER), PEER)).toEqual([{ kind: "broadcast", content: leave.bytes }]);
    const dead = makeTopic({ self: SELF, members: IDS });
    dead.receive(obituary.bytes);
    expect(dead.receive(member(PEER), PEER)).toEqual([{ kind: "tell", peer: PEER, obituary }]);
    expect(dead.receive(forged(member(PEER)), PEER)).toEqual([]);
    // An expiry is an affair of this node alone.
    const expired = makeTopic({ self: SELF, members: [PEER], answer: everybodyReaches });
    expired.runTo(200_000);
    expect(changes(expired).at(-1)).toBe("expired");
    expect(expired.receive(member(PEER), PEER)).toEqual([]);
  });

  test("of those who hear a buried record second-hand about three answer, however many they are", () => {
    const answersOf100 = (members: number) => {
      const ids = Array.from({ length: members - 1 }, (_, number) => testId(1_000 + number));
      const topic = makeTopic({ self: SELF, members: [PEER, ...ids], random: seededRandom(members) });
      topic.receive(leave.bytes);
      let answers = 0;
      for (let hearer = 0; hearer < 100 * members; hearer++) {
        answers += of(topic.receive(member(PEER)), "broadcast").length;
      }
      return answers;
    };
    expect(answersOf100(2)).toBe(200);
    for (const members of [10, 40, 100]) {
      expect(answersOf100(members)).toBeGreaterThan(240);
      expect(answersOf100(members)).toBeLessThan(360);
    }
  });

  test("what a sync brings is applied with its age, and a stale one is not", () => {
    const topic = makeTopic({ self: SELF });
    const joined = topic.hand({ kind: "synced-record", signed: testSignedBy({ id: PEER }), ageMs: 60_000 });
    expect(joined).toMatchObject([{ kind: "change", change: { kind: "joined", entry: { receivedAtMs: -60_000 } } }]);
    expect(topic.hand({ kind: "synced-record", signed: testSignedBy({ id: HELPER }), ageMs: HOUR_MS })).toEqual([]);
    const { bytes: _, ...bad } = testSignedBy({ id: HELPER });
    const signed = { ...bad, bytes: new Uint8Array(), signature: new Uint8Array(64) };
    topic.hand({ kind: "synced-record", signed, ageMs: 0 });
    expect(topic.machine.sizes().broadcastsRejected).toBe(1);
    topic.runTo(40_000);
    expect(changes(topic)).toEqual(["joined", "joined", "expired"]);
  });
});

describe("rule 2: obituaries", () => {
  test.each<[string, MembershipEvent]>([
    ["by broadcast", { kind: "broadcast", content: obituary.bytes, deliveredBy: HELPER }],
    ["by its issuer's hand", { kind: "obituary", obituary, from: ISSUER }],
  ])("one that came %s takes the accused out of directory, detector and views, and makes it a target", (_, event) => {
    const topic = makeTopic({ self: SELF, members: IDS, random: () => 0.5 });
    for (const peer of [PEER, HELPER]) topic.hand({ kind: "neighbor-up", peer });
    expect(topic.machine.sizes()).toMatchObject({ watchedLinks: 2, healingEntries: 0 });
    const outputs = topic.hand(event);
    expect(of(outputs, "change")).toMatchObject([
      { change: { kind: "dead", entry: { id: PEER }, by: [ISSUER, WITNESS] } },
    ]);
    expect(of(outputs, "drop")).toEqual([{ kind: "drop", peer: PEER, cut: true }]);
    expect(of(outputs, "broadcast")).toEqual([]);
    expect(topic.machine.directory.get(PEER)).toBeUndefined();
    expect(topic.machine.sizes()).toMatchObject({ watchedLinks: 1, healingEntries: 1, directoryTombstones: 1 });
    const alone = topic.nowMs;
    for (const peer of [PEER, HELPER]) topic.hand({ kind: "neighbor-down", peer });
    topic.runTo(10_000);
    const { addresses } = testSignedBy({ id: PEER }).record;
    expect(topic.of("dial")[0]?.output.target).toEqual({ id: PEER, addresses });
    expect(topic.of("ping").filter(({ atMs, output }) => atMs > alone && output.peer === PEER)).toEqual([]);
    // A higher sequence brings it back, and ends the dialling.
    topic.receive(member(PEER, 2));
    expect(changes(topic).at(-1)).toBe("joined");
    expect(topic.machine.sizes()).toMatchObject({ healingEntries: 1, directoryTombstones: 0 });
    const dials = topic.of("dial").length;
    topic.runTo(90_000);
    expect(topic.of("dial")).toHaveLength(dials);
    expect(topic.machine.sizes()).toMatchObject({ healingEntries: 0 });
  });

  test("one that is handed over is looked into first, but by its issuer to a watcher: it may be as old as a split", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    topic.hand({ kind: "obituary", obituary, from: ISSUER });
    expect(topic.machine.directory.get(PEER)).toBeDefined();
    topic.runTo(5_000);
    expect(topic.of("try").map(({ output }) => output.peer)).toContain(PEER);
    const watching = makeTopic({ self: SELF, members: IDS });
    watching.hand({ kind: "neighbor-up", peer: PEER });
    watching.hand({ kind: "obituary", obituary, from: HELPER });
    expect(watching.machine.directory.get(PEER)).toBeDefined();
  });

  test("signers that may not accuse are not verified; one whose signature does not hold is counted", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    const before = topic.verified.count;
    for (const [issuer, witness] of [
      [STRANGER, WITNESS],
      [ISSUER, STRANGER],
      [ISSUER, PEER],
      [ISSUER, undefined],
    ] as const) {
      topic.receive(testObituary(accusation, issuer, witness).bytes);
    }
    topic.receive(testObituary({ ...accusation, generation: 2 }, ISSUER, WITNESS).bytes);
    expect(topic.verified.count).toBe(before);
    const noWitness = { ...obituary, witness: { id: WITNESS, signature: new Uint8Array(64) } };
    topic.receive(encodeObituary(noWitness));
    const forged = { ...obituary, issuer: { id: ISSUER, signature: new Uint8Array(64) } };
    topic.hand({ kind: "obituary", obituary: forged, from: ISSUER });
    expect(topic.machine.sizes().broadcastsRejected).toBe(2);
    expect(topic.machine.directory.get(PEER)).toBeDefined();
  });

  test("who has heard the accused within 1.5 s tells it, and does not believe it", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    topic.runTo(10_000);
    topic.heardAtMs.set(PEER, 8_500);
    expect(topic.receive(obituary.bytes)).toEqual([{ kind: "tell", peer: PEER, obituary }]);
    topic.heardAtMs.set(PEER, 8_499);
    expect(of(topic.receive(obituary.bytes), "change")).toMatchObject([{ change: { kind: "dead" } }]);
  });

  test("what signers say who are back from the dead for less than 10 s is looked into first", () => {
    for (const waitMs of [9_900, 10_000]) {
      const topic = makeTopic({ self: SELF, members: IDS, answer: everybodyReaches });
      const ofIssuer = testObituary({ ...accusation, accused: ISSUER }, HELPER, WITNESS);
      topic.receive(ofIssuer.bytes);
      expect(topic.machine.directory.get(ISSUER)).toBeUndefined();
      topic.receive(member(ISSUER, 2), ISSUER);
      topic.runTo(topic.nowMs + waitMs);
      topic.receive(obituary.bytes);
      expect(topic.machine.directory.get(PEER) !== undefined).toBe(waitMs < 10_000);
    }
  });

  test("one that a sync brings is looked into: dead where nobody reaches the accused, told where somebody does", () => {
    for (const alive of [false, true]) {
      const topic = makeTopic({
        self: SELF,
        members: IDS,
        declaredNeighbors: [ISSUER, WITNESS, HELPER],
        answer: alive ? everybodyReaches : nobodyReaches,
      });
      topic.hand({ kind: "synced-obituary", obituary });
      expect(changes(topic)).not.toContain("dead");
      const said = topic.broadcasts().length;
      topic.runTo(8_000);
      const asked = topic.of("ask").map(({ output }) => output.helper);
      expect(new Set(asked.slice(0, 3))).toEqual(new Set([ISSUER, WITNESS, HELPER]));
      expect(topic.of("try").map(({ output }) => output.peer)).toEqual([PEER]);
      expect(topic.broadcasts().slice(said)).toEqual([]);
      expect(topic.of("tell").map(({ output }) => output)).toEqual(
        alive ? [{ kind: "tell", peer: PEER, obituary }] : [],
      );
      expect(topic.machine.directory.get(PEER) === undefined).toBe(!alive);
    }
  });
});

describe("rule 3: held for dead oneself", () => {
  const against = (sequence: number) => testObituary({ ...accusation, accused: SELF, sequence }, ISSUER, WITNESS);

  test("the next record has a higher sequence and goes out at once, and the own clock is trusted less", () => {
    for (const named of [1, 41]) {
      const topic = makeTopic({ self: SELF, members: IDS });
      topic.runTo(5_000);
      topic.receive(against(named).bytes);
      expect(topic.records().map(({ sequence }) => sequence)).toEqual([1, named + 1]);
      expect(topic.machine.directory.get(SELF)?.record.sequence).toBe(named + 1);
      expect(topic.machine.sizes().localHealth).toBe(1.5);
      // What is refuted already is no reason for another.
      topic.receive(testObituary({ ...accusation, accused: SELF, sequence: named }, ISSUER, HELPER).bytes);
      expect(topic.records()).toHaveLength(2);
    }
  });

  test("a second within half a second waits for its end, with all that come until then", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    topic.runTo(5_000);
    topic.receive(against(1).bytes);
    for (const [atMs, sequence] of [
      [5_100, 2],
      [5_300, 7],
      [5_499, 5],
    ] as const) {
      topic.runTo(atMs);
      topic.receive(against(sequence).bytes);
    }
    expect(topic.records().map(({ sequence }) => sequence)).toEqual([1, 2]);
    topic.runTo(5_499.9);
    expect(topic.records()).toHaveLength(2);
    topic.runTo(5_500);
    expect(topic.records().map(({ sequence }) => sequence)).toEqual([1, 2, 8]);
    topic.runTo(5_600);
    topic.receive(against(8).bytes);
    topic.runTo(5_999);
    expect(topic.records()).toHaveLength(3);
    topic.runTo(7_000);
    expect(topic.records()).toHaveLength(4);
    topic.receive(against(9).bytes);
    expect(topic.records()).toHaveLength(5);
  });
});

describe("rule 4: an observer", () => {
  test("publishes nothing, is no member, and announces no merge, whatever it hears", () => {
    const topic = makeTopic({ self: SELF, role: "observer", members: IDS });
    tellEverything(topic);
    topic.hand({ kind: "leaving" });
    expect(topic.broadcasts()).toEqual([]);
    expect(topic.machine.version).toEqual({ generation: 0, sequence: 0 });
    expect(topic.machine.directory.get(SELF)).toBeUndefined();
    expect(topic.of("duplicate-identity")).toEqual([]);
    // It knows the mesh all the same, and syncs with it.
    expect(topic.of("sync").length).toBeGreaterThan(0);
  });

  test("neither accuses nor asks others about who is silent, and gives the link up", () => {
    const topic = makeTopic({ self: SELF, role: "observer", members: IDS, answer: nobodyReaches });
    topic.hand({ kind: "neighbor-up", peer: PEER });
    topic.runTo(10_000);
    expect(topic.of("drop").map(({ output }) => output)).toEqual([{ kind: "drop", peer: PEER, cut: true }]);
    expect([...topic.of("ask"), ...topic.of("try"), ...topic.of("broadcast"), ...topic.of("tell")]).toEqual([]);
    expect(topic.machine.directory.get(PEER)).not.toHaveProperty("suspectedSinceMs");
  });

  test.each([
    { answer: nobodyReaches, isListed: false, told: 0 },
    { answer: everybodyReaches, isListed: true, told: 1 },
  ])("dials whom a synced obituary is about, and asks nobody ($answer.name)", ({ answer, isListed, told }) => {
    const topic = makeTopic({ self: SELF, role: "observer", members: IDS, answer });
    topic.hand({
      kind: "synced-obituary",
      obituary: testObituary({ ...accusation, accused: HELPER }, ISSUER, WITNESS),
    });
    topic.runTo(10_000);
    expect(topic.of("try").map(({ output }) => output.peer)).toEqual([HELPER]);
    expect(topic.machine.directory.get(HELPER) !== undefined).toBe(isListed);
    expect(topic.of("tell")).toHaveLength(told);
    expect([...topic.of("ask"), ...topic.of("broadcast")]).toEqual([]);
  });

  test("whose view is thin looks for neighbours: members with full views turn it away", () => {
    const topic = makeTopic({ self: SELF, role: "observer", members: IDS });
    topic.hand({ kind: "neighbor-up", peer: PEER });
    topic.heardAtMs.set(PEER, 0);
    topic.runTo(1_500);
    const [offered, ...more] = topic.of("replenish").map(({ output }) => output.peers);
    expect(more).toEqual([]);
    expect(offered).not.toContain(PEER);
    expect(offered?.every((id) => IDS.includes(id))).toBe(true);
    for (const peer of [ISSUER, WITNESS]) topic.hand({ kind: "neighbor-up", peer });
    topic.runTo(3_500);
    expect(topic.of("replenish")).toHaveLength(1);
  });

  test("vouches for nobody, not even for whom it has heard just now", () => {
    const topic = makeTopic({ self: SELF, role: "observer", members: IDS });
    topic.heardAtMs.set(PEER, 0);
    const outputs = topic.hand({ kind: "asked", ask: 7, from: HELPER, accusation, budgetMs: 1_000 });
    expect(outputs).toEqual([{ kind: "reply", ask: 7, reply: { outcome: "declined" } }]);
  });

  test("believes the obituaries of members", () => {
    const topic = makeTopic({ self: SELF, role: "observer", members: IDS });
    topic.receive(obituary.bytes);
    expect(topic.machine.directory.get(PEER)).toBeUndefined();
  });
});
