/** What a membership does so that news gets everywhere although nobody was there to hear it: after mass crashes and splits. */
import { expect, test } from "vitest";
import { isBuriedIn } from "../wire/merged.js";
import { testId } from "./testing/records.js";
import { testObituary, testSignedBy } from "./testing/signatures.js";
import { makeTopic, nobodyReaches, of, type Topic } from "./testing/topic.js";

const IDS = Array.from({ length: 12 }, (_, number) => testId(number)).sort();
const [SELF, PEER, ISSUER, WITNESS, HELPER, OTHER] = IDS as [string, string, string, string, string, string];
const accusation = { mesh: "mesh1", accused: PEER, generation: 1, sequence: 1 };
const obituary = testObituary(accusation, ISSUER, WITNESS);
const NEWCOMERS = [testId(50), testId(51)];

const floodsOf = (topic: Topic) => topic.of("broadcast").filter(({ output }) => output.content[0] === 1);
const sync = (topic: Topic, peer: string, ids: readonly string[]) => {
  for (const id of ids) topic.hand({ kind: "synced-record", signed: testSignedBy({ id }), ageMs: 0 });
  topic.hand({ kind: "synced", peer, ok: true, apart: ids.length });
};

test("an obituary that nobody seems to have heard is broadcast again until a neighbour of then is heard after it", () => {
  const topic = makeTopic({ self: SELF, members: IDS, declaredNeighbors: [ISSUER, WITNESS], answer: nobodyReaches });
  for (const peer of [PEER, HELPER]) topic.hand({ kind: "neighbor-up", peer });
  topic.runTo(12_000);
  const of = (accused: string) =>
    floodsOf(topic).filter(({ output }) =>
      String(output.content).includes(String(Buffer.from(accused, "hex").join(","))),
    );
  const before = of(PEER).length;
  expect(before).toBeGreaterThan(2);
  expect(new Set(of(PEER).map(({ output }) => String(output.content))).size).toBe(1);
  topic.hand({ kind: "neighbor-up", peer: OTHER });
  topic.runTo(topic.nowMs + 2_000);
  topic.heardAtMs.set(OTHER, topic.nowMs);
  const heardAfter = of(PEER).length;
  topic.runTo(topic.nowMs + 10_000);
  expect(of(PEER)).toHaveLength(heardAfter);
});

test("who asks about somebody that is buried here is told and gets a witness, strangers get neither", () => {
  const topic = makeTopic({ self: SELF, members: IDS });
  topic.receive(obituary.bytes);
  const ask = (from: string, sequence = 1) =>
    topic.hand({ kind: "asked", ask: 1, from, accusation: { ...accusation, sequence }, budgetMs: 1_000 });
  const outputs = ask(HELPER);
  // It tries, too: whoever has to accuse anew needs a witness who is still there.
  expect(of(outputs, "try")).toMatchObject([{ peer: PEER }]);
  expect(of(outputs, "tell")).toMatchObject([{ peer: HELPER, obituary: { accused: PEER } }]);
  expect(of(ask(testId(77)), "tell")).toEqual([]);
  // Of a version that it does not bury it says nothing.
  expect(of(ask(HELPER, 2), "tell")).toEqual([]);
});

test("an auditor that is told of a death believes it once its own dial has failed, and floods nothing", () => {
  const topic = makeTopic({
    self: SELF,
    members: [SELF, PEER, ISSUER, WITNESS],
    declaredNeighbors: [ISSUER],
    answer: (output, run) => {
      if (output.kind === "try") run.hand({ kind: "tried", attempt: output.attempt });
      if (output.kind !== "ask" || output.accusation.accused !== PEER) return;
      run.hand({ kind: "obituary", obituary, from: output.helper });
      run.hand({ kind: "answered", ask: output.ask, reply: { outcome: "declined" } });
    },
  });
  for (const neighbor of [ISSUER, WITNESS]) {
    topic.hand({ kind: "neighbor-up", peer: neighbor });
    topic.heardAtMs.set(neighbor, Number.MAX_SAFE_INTEGER);
  }
  topic.runTo(85_000);
  const deaths = topic.of("change").filter(({ output }) => output.change.kind === "dead");
  expect(deaths.map(({ output }) => output.change)).toMatchObject([{ entry: { id: PEER }, by: [ISSUER, WITNESS] }]);
  const [first] = topic.of("ask").filter(({ output }) => output.accusation.accused === PEER);
  expect((deaths[0]?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(4_500);
  expect(floodsOf(topic)).toEqual([]);
});

test("several new members from one sync are passed on to the other neighbours, a single one is not", () => {
  const topic = makeTopic({ self: SELF, members: IDS });
  const neighbors = [ISSUER, WITNESS, HELPER];
  for (const peer of neighbors) topic.hand({ kind: "neighbor-up", peer });
  for (const peer of neighbors) topic.hand({ kind: "synced", peer, ok: true, apart: 0 });
  topic.runTo(20_000);
  for (const peer of neighbors) topic.hand({ kind: "synced", peer, ok: true, apart: 0 });
  const syncs = () => topic.of("sync").filter(({ atMs }) => atMs > 21_000);
  topic.runTo(21_000);
  sync(topic, ISSUER, NEWCOMERS.slice(0, 1));
  topic.runTo(24_000);
  const before = syncs().length;
  sync(topic, ISSUER, [NEWCOMERS[1]!, testId(52)]);
  topic.runTo(26_000);
  expect(
    syncs()
      .slice(before)
      .map(({ output }) => output.peer)
      .sort(),
  ).toEqual([WITNESS, HELPER].sort());
  expect(before).toBeLessThanOrEqual(1);
});

test("the digest of a merge names whom this side holds for dead, and whom the sync has shown the other side does", () => {
  const topic = makeTopic({ self: SELF, members: IDS });
  topic.receive(obituary.bytes);
  topic.hand({ kind: "contacted", peer: PEER, shared: true });
  topic.hand({ kind: "synced-obituary", obituary: testObituary({ ...accusation, accused: OTHER }, ISSUER, WITNESS) });
  topic.hand({ kind: "synced", peer: PEER, ok: true, apart: 2 });
  const [merged] = topic.broadcasts().flatMap((read) => (read.kind === "merged" ? [read.merged] : []));
  if (merged === undefined) throw new Error("no merge was announced");
  expect([PEER, OTHER, HELPER].map((id) => isBuriedIn(merged.buried, id))).toEqual([true, true, false]);
});
