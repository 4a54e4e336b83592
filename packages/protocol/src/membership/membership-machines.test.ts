/** What the machines behind a membership do together: watching, healing, and meeting another holder of the own key. */
import { describe, expect, test } from "vitest";
import { buriedBitmap, isBuriedIn, signMerged } from "../wire/merged.js";
import { verifyObituary, verifyWitness } from "../wire/obituary.js";
import { PROTECT_MS } from "./healing.js";
import { DEAD_AFTER_MS, SUSPECT_AFTER_MS } from "./suspicion.js";
import { testId } from "./testing/records.js";
import { testObituary, testSignedBy, testSigner, testVerify } from "./testing/signatures.js";
import { everybodyReaches, forged, makeTopic, nobodyReaches, of, type Topic } from "./testing/topic.js";

/** In order, so that the first is who probes. */
const IDS = Array.from({ length: 12 }, (_, number) => testId(number)).sort();
const [SELF, PEER, ISSUER, WITNESS, HELPER] = IDS as [string, string, string, string, string];
const STRANGER = testId(77);
const accusation = { mesh: "mesh1", accused: PEER, generation: 1, sequence: 1 };
const obituary = testObituary(accusation, ISSUER, WITNESS);

const changes = (topic: Topic) => topic.of("change").map(({ output }) => output.change.kind);
const member = (id: string, sequence = 1) => testSignedBy({ id, sequence }).bytes;

describe("watching", () => {
  test("a neighbour that falls silent is suspected, tried by others, and dead with two signatures that hold", () => {
    const declared = [ISSUER, WITNESS];
    const topic = makeTopic({ self: SELF, members: IDS, declaredNeighbors: declared, answer: nobodyReaches });
    topic.hand({ kind: "neighbor-up", peer: PEER });
    topic.runTo(10_000);
    const [suspected, dead] = topic.of("change").filter(({ output }) => output.change.kind !== "joined");
    expect(suspected?.output.change).toMatchObject({ kind: "suspected", entry: { id: PEER } });
    expect(suspected?.atMs).toBeGreaterThanOrEqual(SUSPECT_AFTER_MS);
    const flood = topic.broadcasts().at(-1);
    if (flood?.kind !== "obituary") throw new Error("no obituary was broadcast");
    expect(flood.obituary).toMatchObject({ ...accusation, issuer: { id: SELF } });
    expect(verifyObituary(flood.obituary, testVerify)).toBe(true);
    expect(dead?.output.change).toMatchObject({ kind: "dead", by: [SELF, flood.obituary.witness?.id] });
    expect(dead?.atMs).toBeGreaterThanOrEqual(DEAD_AFTER_MS);
    expect(dead?.atMs).toBeLessThanOrEqual(DEAD_AFTER_MS + 1_500);
    expect(topic.of("tell").map(({ output }) => output.peer)).toEqual(declared);
    expect(topic.of("drop").map(({ output }) => output)).toEqual([{ kind: "drop", peer: PEER, cut: true }]);
  });

  test("no forged witness kills, and each is counted", () => {
    const topic = makeTopic({
      self: SELF,
      members: IDS,
      answer: (output, run) => {
        if (output.kind !== "ask") return;
        const reply = { outcome: "unreached", generation: 1, sequence: 1, signature: new Uint8Array(64) } as const;
        run.hand({ kind: "answered", ask: output.ask, reply });
      },
    });
    topic.hand({ kind: "neighbor-up", peer: PEER });
    topic.runTo(30_000);
    expect(changes(topic)).not.toContain("dead");
    expect(topic.of("ask").length).toBeGreaterThan(10);
    expect(topic.machine.sizes()).toMatchObject({ broadcastsRejected: topic.of("ask").length, asksPending: 0 });
  });

  test("the transport's ear refutes: no event is needed for a byte", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    topic.hand({ kind: "neighbor-up", peer: PEER });
    topic.runTo(3_000);
    expect(changes(topic).at(-1)).toBe("suspected");
    topic.runTo(10_000, () => topic.heardAtMs.set(PEER, topic.nowMs - 10));
    expect(changes(topic).slice(-2)).toEqual(["suspected", "refuted"]);
    expect(topic.machine.directory.get(PEER)).not.toHaveProperty("suspectedSinceMs");
    expect(topic.of("ping").every(({ output }) => !output.dial)).toBe(true);
    topic.hand({ kind: "peer-lost", peer: PEER });
    topic.runTo(12_000);
    expect(topic.of("ping").at(-1)?.output).toEqual({ kind: "ping", peer: PEER, dial: true });
  });

  test("as a helper it tries, and signs what others can verify", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    const [attempt] = topic.hand({ kind: "asked", ask: 7, from: HELPER, accusation, budgetMs: 1_000 });
    if (attempt?.kind !== "try") throw new Error("it does not try");
    expect(attempt).toMatchObject({ peer: PEER, budgetMs: 1_000 });
    const [answer] = topic.hand({ kind: "tried", attempt: attempt.attempt });
    if (answer?.kind !== "reply" || answer.reply.outcome !== "unreached") throw new Error("it signs nothing");
    expect(answer.ask).toBe(7);
    const { generation, sequence, signature } = answer.reply;
    expect(verifyWitness({ ...accusation, generation, sequence }, { id: SELF, signature }, testVerify)).toBe(true);
    topic.heardAtMs.set(PEER, topic.nowMs);
    expect(topic.hand({ kind: "asked", ask: 8, from: HELPER, accusation, budgetMs: 1_000 })).toEqual([
      { kind: "reply", ask: 8, reply: { outcome: "reached", heardAgoMs: 0 } },
    ]);
  });

  test("a one-sided link is repaired, then dropped without cutting connections", () => {
    // The other end has the smaller id and would probe, if it held the link.
    const topic = makeTopic({ self: PEER, members: IDS });
    topic.hand({ kind: "neighbor-up", peer: SELF });
    topic.runTo(15_000, () => topic.heardAtMs.set(SELF, topic.nowMs));
    expect(topic.of("repair").map(({ output }) => output.peer)).toEqual([SELF]);
    expect(topic.of("drop").map(({ output }) => output)).toEqual([{ kind: "drop", peer: SELF, cut: false }]);
    const probed = makeTopic({ self: PEER, members: IDS });
    probed.hand({ kind: "neighbor-up", peer: SELF });
    probed.runTo(15_000, () => probed.hand({ kind: "probed", peer: SELF }));
    expect([...probed.of("repair"), ...probed.of("drop")]).toEqual([]);
  });

  test("who loses a neighbour hands gossip up to 16 members to join through", () => {
    const ids = Array.from({ length: 40 }, (_, number) => testId(1_000 + number));
    const topic = makeTopic({ self: SELF, members: ids });
    topic.hand({ kind: "neighbor-up", peer: ids[0]! });
    const [contacts] = of(topic.hand({ kind: "neighbor-down", peer: ids[0]! }), "contacts");
    expect(new Set(contacts?.peers).size).toBe(16);
    expect(contacts?.peers.every((id) => ids.includes(id))).toBe(true);
    expect(topic.machine.sizes().watchedLinks).toBe(0);
  });
});

describe("a neighbour of another make", () => {
  test("is neither probed nor synced with nor suspected; the first member that is heard of is synced with instead", () => {
    const topic = makeTopic({ self: SELF, answer: everybodyReaches });
    topic.hand({ kind: "neighbor-up", peer: STRANGER, foreign: true });
    const [sync, ...more] = of(topic.receive(member(PEER), STRANGER), "sync");
    expect([sync, more]).toEqual([{ kind: "sync", peer: PEER }, []]);
    topic.hand({ kind: "synced", peer: PEER, ok: true, apart: 3 });
    topic.runTo(300_000);
    expect(topic.of("sync").map(({ output }) => output.peer)).not.toContain(STRANGER);
    expect([...topic.of("ping"), ...topic.of("drop")]).toEqual([]);
    topic.hand({ kind: "neighbor-up", peer: PEER });
    const before = topic.of("sync").length;
    topic.receive(member(HELPER), STRANGER);
    expect(
      topic
        .of("sync")
        .slice(before)
        .map(({ output }) => output.peer),
    ).not.toContain(HELPER);
  });
});

describe("healing", () => {
  const targets = (...ids: string[]) => ids.map((id) => ({ id, addresses: ["127.0.0.1:1"] }));

  /** Isolated, it dials its one seed, which shares the topic; PEER is held for dead. */
  function contacted(): Topic {
    const topic = makeTopic({ self: SELF, members: IDS, random: () => 0.5 });
    topic.receive(obituary.bytes);
    topic.hand({ kind: "seeds", targets: targets(STRANGER) });
    topic.runTo(60_000);
    expect(topic.of("dial").length).toBeGreaterThan(0);
    return topic;
  }

  test("a contact that shares the topic is joined, protected and synced with", () => {
    const outputs = contacted().hand({ kind: "contacted", peer: STRANGER, shared: true });
    expect(of(outputs, "join")).toEqual([{ kind: "join", peer: STRANGER, protectMs: PROTECT_MS }]);
    expect(of(outputs, "sync")).toEqual([{ kind: "sync", peer: STRANGER }]);
    expect(of(outputs, "mismatch")).toEqual([]);
  });

  test("one that does not is reported and never dialled again; one that could not be reached is", () => {
    for (const shared of [false, undefined]) {
      const topic = makeTopic({ self: SELF, random: () => 0.5 });
      topic.hand({ kind: "seeds", targets: targets(STRANGER) });
      topic.runTo(4_000);
      const outputs = topic.hand(
        shared === undefined ? { kind: "dial-failed", peer: STRANGER } : { kind: "contacted", peer: STRANGER, shared },
      );
      expect(of(outputs, "mismatch")).toHaveLength(shared === undefined ? 0 : 1);
      expect(of(outputs, "join")).toEqual([]);
      topic.runTo(60_000);
      expect(topic.of("dial").length > 1).toBe(shared === undefined);
    }
  });

  test("where the sync with it shows that more was apart, the mesh hears who was found and who was held for dead", () => {
    const topic = contacted();
    topic.hand({ kind: "contacted", peer: STRANGER, shared: true });
    topic.hand({ kind: "synced", peer: STRANGER, ok: true, apart: 5 });
    const news = topic.broadcasts().at(-1);
    if (news?.kind !== "merged") throw new Error("no merge was announced");
    expect(news.merged).toMatchObject({ mesh: "mesh1", issuer: SELF, contact: STRANGER });
    expect(isBuriedIn(news.merged.buried, PEER)).toBe(true);
    expect(isBuriedIn(news.merged.buried, ISSUER)).toBe(false);
    // Once for a contact; ordinary syncs are no news.
    const said = topic.broadcasts().length;
    topic.runTo(topic.nowMs + 6_000);
    topic.hand({ kind: "synced", peer: STRANGER, ok: true, apart: 5 });
    topic.hand({ kind: "synced", peer: HELPER, ok: true, apart: 5 });
    expect(
      topic
        .broadcasts()
        .slice(said)
        .filter(({ kind }) => kind === "merged"),
    ).toEqual([]);
  });

  test("contacts whose sync never comes do not keep later ones from being counted", () => {
    const topic = makeTopic({ self: SELF, members: IDS });
    const ids = Array.from({ length: 40 }, (_, number) => testId(1_000 + number));
    topic.hand({ kind: "seeds", targets: targets(...ids) });
    for (const peer of ids) {
      topic.hand({ kind: "contacted", peer, shared: true });
      topic.hand({ kind: "synced", peer, ok: false, apart: 0 });
    }
    topic.hand({ kind: "synced", peer: ids.at(-1)!, ok: true, apart: 5 });
    expect(topic.broadcasts().at(-1)?.kind).toBe("merged");
  });

  const news = (issuer: string, overrides: { readonly mesh?: string; readonly buried?: readonly string[] } = {}) => {
    const { mesh = "mesh1", buried = [] } = overrides;
    const digest = { mesh, issuer, contact: STRANGER, nonce: 1, buried: buriedBitmap(buried) };
    return signMerged(digest, testSigner(issuer)).bytes;
  };

  test.each([
    ["buried", [SELF]],
    ["not buried", []],
  ])(
    "who hears of a merge and is %s in it syncs with a neighbour within 3 s, and publishes where it is",
    (_, buried) => {
      const topic = makeTopic({ self: SELF, members: IDS, random: () => 0.5 });
      topic.hand({ kind: "neighbor-up", peer: HELPER });
      const alive = () => topic.heardAtMs.set(HELPER, topic.nowMs);
      // Between the sync of every minute and the refreshes of every 48 s.
      topic.runTo(50_000, alive);
      const before = { syncs: topic.of("sync").length, records: topic.records().length };
      topic.receive(news(ISSUER, { buried }), HELPER);
      topic.runTo(53_000, alive);
      const syncs = topic.of("sync").slice(before.syncs);
      expect(syncs.map(({ output }) => output.peer)).toEqual([HELPER]);
      expect(topic.records().length - before.records).toBe(buried.length);
    },
  );

  test("only known issuers are listened to, live or held for dead; others are not even verified", () => {
    const topic = makeTopic({ self: SELF, members: IDS, random: () => 0.5 });
    topic.receive(obituary.bytes);
    const before = topic.verified.count;
    for (const content of [news(STRANGER), news(SELF), news(ISSUER, { mesh: "mesh2" })]) topic.receive(content);
    expect(topic.verified.count).toBe(before);
    topic.receive(forged(news(ISSUER)));
    expect(topic.machine.sizes().broadcastsRejected).toBe(1);
    const republished = () => topic.records().length;
    const records = republished();
    topic.receive(news(PEER, { buried: [SELF] }));
    topic.runTo(3_000);
    expect(republished()).toBe(records + 1);
  });
});

describe("another holder of the own key", () => {
  test("is met with the next generation, at once where nothing has changed lately", () => {
    const topic = makeTopic({ self: SELF, members: IDS, own: { generation: 3 } });
    topic.runTo(5_000);
    topic.receive(testSignedBy({ id: SELF, generation: 5, bootNonce: "ff".repeat(8) }).bytes);
    expect(topic.records().at(-1)).toMatchObject({ generation: 6, sequence: 1 });
    expect(topic.machine.version).toEqual({ generation: 6, sequence: 1 });
    expect(topic.of("duplicate-identity")).toEqual([]);
    // An older life of the key, or one without the key, is nothing.
    topic.runTo(10_000);
    topic.receive(testSignedBy({ id: SELF, generation: 4, bootNonce: "ff".repeat(8) }).bytes);
    topic.receive(forged(testSignedBy({ id: SELF, generation: 9, bootNonce: "ff".repeat(8) }).bytes));
    expect(topic.machine.version).toEqual({ generation: 6, sequence: 1 });
  });

  test.each<[string, Parameters<typeof makeTopic>[0][], number]>([
    ["the second started later", [{ own: { startedAtMs: 1 } }, { own: { startedAtMs: 2 } }], 1],
    ["the first started later", [{ own: { startedAtMs: 2 } }, { own: { startedAtMs: 1, generation: 40 } }], 0],
    [
      "both started at once",
      [{ own: { bootNonce: "0a".repeat(8) } }, { own: { bootNonce: "0b".repeat(8), generation: 7 } }],
      1,
    ],
  ])("two processes of one identity: exactly one stops, and the other's record stays (%s)", (_, setups, later) => {
    const nonces = ["0a".repeat(8), "0b".repeat(8)];
    const lives = setups.map((setup, index) =>
      makeTopic({ self: SELF, ...setup, own: { bootNonce: nonces[index]!, ...setup?.own } }),
    );
    const bystander = makeTopic({ self: HELPER });
    const delivered = [0, 0];
    let stopped: number | undefined;
    for (let atMs = 0; atMs <= 60_000; atMs += 50) {
      for (const [index, life] of lives.entries()) {
        if (index === stopped) continue;
        life.runTo(atMs);
        const flood = life.of("broadcast").slice(delivered[index]);
        delivered[index]! += flood.length;
        for (const { output } of flood) {
          bystander.receive(output.content);
          if (stopped === undefined) lives[1 - index]!.receive(output.content);
        }
        if (life.of("duplicate-identity").length > 0) stopped ??= index;
      }
      bystander.runTo(atMs);
    }
    expect(lives.map((life) => life.of("duplicate-identity").length)).toEqual(later === 0 ? [1, 0] : [0, 1]);
    expect(stopped).toBe(later);
    expect(bystander.machine.directory.get(SELF)?.record.bootNonce).toBe(nonces[1 - later]);
    expect(bystander.machine.directory.versionOf(SELF)).toMatchObject(lives[1 - later]!.machine.version);
  });
});
