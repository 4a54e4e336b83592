import { describe, expect, test } from "vitest";
import type { TopicMessage } from "../wire/gossip-codec.js";
import type { GossipInput, RoutedOutput } from "./events.js";
import { GossipRouter } from "./router.js";
import { peer } from "./testing/ids.js";
import { seededRandom, testHash } from "./testing/prng.js";

const ME = peer(0xffff);
const A = "aa".repeat(32);
const B = "bb".repeat(32);

function makeRouter() {
  const router = new GossipRouter({ self: ME, random: seededRandom(1), hash: testHash });
  const feed = (topic: string, input: GossipInput) => router.handle(topic, input, 0);
  const from = (topic: string, sender: number, message: TopicMessage) =>
    feed(topic, { kind: "message", from: peer(sender), message });
  return { router, feed, from };
}

const kinds = (outputs: readonly RoutedOutput[]) => outputs.map(({ output }) => output.kind);
const NEIGHBOR: TopicMessage = { kind: "neighbor", priority: "high", data: undefined };
const JOIN: GossipInput = { kind: "join", peers: [] };
const EMPTY_REPLY: TopicMessage = { kind: "shuffle-reply", nodes: [] };

test("RT1: unknown topics are ignored without a reply; a join makes the topic, even without peers", () => {
  const { router, feed, from } = makeRouter();
  expect(from(A, 1, { kind: "join", data: undefined })).toEqual([]);
  expect(feed(A, { kind: "timer", timer: { kind: "shuffle" } })).toEqual([]);
  expect(feed(A, { kind: "broadcast", content: Uint8Array.of(1), scope: "swarm" })).toEqual([]);
  expect(router.sizes()).toMatchObject({ topics: 0, peerTopics: 0 });
  feed(A, JOIN);
  expect([router.joined(A), router.joined(B), router.activeView(A)]).toEqual([true, false, []]);
  from(A, 1, { kind: "join", data: undefined });
  expect(router.activeView(A)).toEqual([peer(1)]);
});

test("RT4: neighbours of HyParView are the tree's peers", () => {
  const { router, feed, from } = makeRouter();
  feed(A, JOIN);
  from(A, 1, NEIGHBOR);
  from(A, 2, NEIGHBOR);
  expect(router.eagerPeers(A)).toEqual([peer(1), peer(2)]);
  from(A, 1, { kind: "prune" });
  expect([router.eagerPeers(A), router.lazyPeers(A)]).toEqual([[peer(2)], [peer(1)]]);
  router.peerLost(peer(1), 0);
  from(A, 2, { kind: "disconnect", alive: true });
  expect([router.eagerPeers(A), router.lazyPeers(A), router.activeView(A)]).toEqual([[], [], []]);
});

test("RT4: a lost peer leaves the tree though it was no neighbour (the literal rule lets such peers in)", () => {
  const router = new GossipRouter({
    self: ME,
    config: { eagerLazyWithinActive: false },
    random: seededRandom(1),
    hash: testHash,
  });
  router.handle(A, JOIN, 0);
  router.handle(A, { kind: "message", from: peer(1), message: { kind: "prune" } }, 0);
  expect(router.lazyPeers(A)).toEqual([peer(1)]);
  router.peerLost(peer(1), 0);
  expect(router.lazyPeers(A)).toEqual([]);
});

describe("RT2: closing a connection", () => {
  test("one topic's disconnect does not cut off another", () => {
    const { feed, from } = makeRouter();
    feed(A, JOIN);
    feed(B, JOIN);
    from(A, 1, NEIGHBOR);
    from(B, 1, NEIGHBOR);
    expect(kinds(from(A, 1, { kind: "disconnect", alive: true }))).not.toContain("disconnect-peer");
    expect(kinds(from(B, 1, { kind: "disconnect", alive: true }))).toContain("disconnect-peer");
  });

  test("nor a topic on which the peer takes us for its neighbour, though it is none of ours", () => {
    const { feed, from } = makeRouter();
    feed(A, JOIN);
    feed(B, JOIN);
    from(B, 1, { kind: "prune" }); // a tree message: HP18 does not answer those
    expect(kinds(from(A, 1, EMPTY_REPLY))).not.toContain("disconnect-peer");
    expect(kinds(from(B, 1, EMPTY_REPLY))).toContain("disconnect-peer");
  });

  test("nor while another topic awaits the peer's answer", () => {
    const { feed, from } = makeRouter();
    feed(A, JOIN);
    feed(B, JOIN);
    // B asks peer 1, which has not said anything there yet.
    expect(from(B, 2, { kind: "forward-join", peer: { id: peer(1), data: undefined }, ttl: 0 })).toContainEqual({
      topic: B,
      output: { kind: "send", to: peer(1), message: NEIGHBOR },
    });
    expect(kinds(from(A, 1, EMPTY_REPLY))).not.toContain("disconnect-peer");
    expect(kinds(from(A, 3, EMPTY_REPLY))).toContain("disconnect-peer");
  });

  test("asked for once, however often the rules ask", () => {
    const { feed, from } = makeRouter();
    feed(A, { ...JOIN, options: { activeViewCapacity: 1 } });
    from(A, 1, NEIGHBOR);
    const refused = from(A, 2, { kind: "neighbor", priority: "low", data: undefined });
    expect(kinds(refused)).toEqual(["send", "send", "disconnect-peer"]);
  });

  test("the end of a connection that we closed is no loss; that of a later one is", () => {
    const { router, feed, from } = makeRouter();
    feed(A, { ...JOIN, options: { activeViewCapacity: 1 } });
    from(A, 1, NEIGHBOR);
    from(A, 1, { kind: "shuffle-reply", nodes: [{ id: peer(2), data: undefined }] });
    from(A, 2, EMPTY_REPLY); // a stranger: disconnected
    router.peerLost(peer(2), 0);
    expect(router.passiveView(A)).toEqual([peer(2)]);
    router.peerLost(peer(2), 0); // e.g. a failed dial
    expect(router.passiveView(A)).toEqual([]);
  });

  test("nothing is kept of a connection that was closed as idle, and the peer stays what it was", () => {
    const { router, feed, from } = makeRouter();
    feed(A, { ...JOIN, options: { activeViewCapacity: 1 } });
    from(A, 1, NEIGHBOR);
    from(A, 1, { kind: "shuffle-reply", nodes: [{ id: peer(2), data: undefined }] });
    from(A, 2, { kind: "prune" });
    from(A, 3, EMPTY_REPLY);
    expect(router.sizes()).toMatchObject({ peerTopics: 2, closing: 1 });
    for (const idle of [2, 3]) router.peerIdle(peer(idle));
    expect(router.sizes()).toMatchObject({ peerTopics: 1, closing: 0 });
    expect(router.passiveView(A)).toContain(peer(2));
  });

  test("a send after the close opens a new connection, whose loss counts", () => {
    const { router, feed, from } = makeRouter();
    feed(A, JOIN);
    from(A, 1, { kind: "shuffle-reply", nodes: [{ id: peer(2), data: undefined }] }); // asks 2, HP14
    from(A, 2, EMPTY_REPLY); // not its answer: disconnected by HP18
    from(A, 3, { kind: "shuffle", origin: peer(2), nodes: [], ttl: 0 }); // a ShuffleReply goes to 2
    router.peerLost(peer(2), 0);
    expect(router.passiveView(A)).toEqual([]);
  });
});

test("quit tells the neighbours, releases strangers and drops the state; a later join starts afresh", () => {
  const { router, feed, from } = makeRouter();
  feed(A, JOIN);
  from(A, 1, NEIGHBOR);
  from(A, 2, { kind: "disconnect", alive: true }); // heard of, nothing more
  const outputs = feed(A, { kind: "quit" });
  expect(outputs.filter(({ output }) => output.kind === "disconnect-peer").map(({ output }) => output)).toEqual([
    { kind: "disconnect-peer", peer: peer(1) },
    { kind: "disconnect-peer", peer: peer(2) },
  ]);
  expect(router.joined(A)).toBe(false);
  expect(router.sizes()).toEqual({ topics: 0, peerTopics: 0, closing: 2 });
  feed(A, { kind: "join", peers: [peer(3)] });
  expect(router.activeView(A)).toEqual([]);
  expect(router.handle(A, { kind: "timer", timer: { kind: "shuffle" } }, 10_000)).toEqual([]); // of the earlier life
});

test("ID1: the own id is ignored as contact, sender, joiner and origin", () => {
  const { router, feed, from } = makeRouter();
  expect(kinds(feed(A, { kind: "join", peers: [ME] }))).toEqual([]);
  expect(feed(A, { kind: "contacts", peers: [ME] })).toEqual([]);
  expect(feed(A, { kind: "message", from: ME, message: NEIGHBOR })).toEqual([]);
  from(A, 1, NEIGHBOR);
  const joiner = from(A, 1, { kind: "forward-join", peer: { id: ME, data: undefined }, ttl: 0 });
  expect(kinds(joiner)).toEqual([]);
  expect(from(A, 1, { kind: "shuffle", origin: ME, nodes: [{ id: ME, data: undefined }], ttl: 0 })).toEqual([]);
  expect([router.activeView(A), router.passiveView(A)]).toEqual([[peer(1)], []]);
});

test("own data goes with the next Join of every topic, also of those joined later", () => {
  const { router, feed } = makeRouter();
  feed(A, JOIN);
  const data = Uint8Array.of(1);
  router.setOwnData(data, 0);
  for (const topic of [A, B]) {
    const [first] = feed(topic, { kind: "join", peers: [peer(1)] });
    expect(first?.output).toEqual({ kind: "send", to: peer(1), message: { kind: "join", data } });
  }
});

test("options are a topic's own: an observer keeps two neighbours", () => {
  const { router, feed, from } = makeRouter();
  feed(A, JOIN);
  feed(B, { ...JOIN, options: { activeViewCapacity: 2 } });
  for (const topic of [A, B]) for (let each = 1; each <= 7; each++) from(topic, each, NEIGHBOR);
  expect([router.activeView(A).length, router.activeView(B).length]).toEqual([5, 2]);
});

test("peers heard of are bounded even when their loss is never reported", () => {
  const { router, feed, from } = makeRouter();
  feed(A, JOIN);
  for (let each = 1; each <= 5_000; each++) from(A, each, { kind: "disconnect", alive: true });
  for (let each = 1; each <= 200; each++) from(A, each, EMPTY_REPLY);
  expect(router.sizes().peerTopics).toBeLessThanOrEqual(4_096);
  expect(router.sizes().closing).toBeLessThanOrEqual(64);
});
