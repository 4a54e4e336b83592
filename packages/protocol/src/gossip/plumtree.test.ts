import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MeshError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import { BROADCAST_MAX_BYTES } from "../wire/gossip-codec.js";
import { type GossipConfig, gossipConfig } from "./config.js";
import type { GossipOutput } from "./events.js";
import { type PeerRtt, Plumtree, type TreeInput, type TreeMessage } from "./plumtree.js";
import { peer } from "./testing/ids.js";
import { testHash } from "./testing/prng.js";

const ME = peer(0xffff);
const text = (content: string) => new TextEncoder().encode(content);
const idOf = (content: string) => bytesToHex(testHash(text(content)));
const number = (id: string) => Number.parseInt(id, 16);

function machine(config: Partial<GossipConfig> = {}, rttMs: PeerRtt = () => undefined) {
  const tree = new Plumtree({ self: ME, config: gossipConfig(config), hash: testHash, rttMs });
  const raw = (input: TreeInput, nowMs = 0) => {
    const out: GossipOutput[] = [];
    tree.handle(input, nowMs, out);
    return out;
  };
  const feed = (input: TreeInput, nowMs = 0) => raw(input, nowMs).map(inWords);
  const from = (sender: number, message: TreeMessage, nowMs = 0) =>
    feed({ kind: "message", from: peer(sender), message }, nowMs);
  const up = (...peers: number[]) => {
    for (const each of peers) feed({ kind: "neighbor-up", peer: peer(each) });
  };
  const sets = () => [[...tree.peers.eager].map(number), [...tree.peers.lazy].map(number)];
  return { tree, raw, feed, from, up, sets };
}

function inWords(output: GossipOutput): string {
  if (output.kind === "schedule") return `${output.timer.kind} in ${output.afterMs}`;
  if (output.kind === "received") return `received ${new TextDecoder().decode(output.content)}`;
  if (output.kind !== "send") return output.kind;
  const { message } = output;
  const round =
    message.kind === "gossip" ? (message.scope.kind === "swarm" ? ` ${message.scope.round}` : " direct") : "";
  const count = message.kind === "ihave" ? ` of ${message.messages.length}` : "";
  return `${message.kind}${round}${count} to ${number(output.to)}`;
}

const gossip = (content: string, round = 0): TreeMessage => {
  return { kind: "gossip", id: idOf(content), content: text(content), scope: { kind: "swarm", round } };
};
const ihave = (content: string, round = 0): TreeMessage => {
  return { kind: "ihave", messages: [{ id: idOf(content), round }] };
};
const graft = (content: string | undefined, round = 0): TreeMessage => {
  return { kind: "graft", id: content === undefined ? undefined : idOf(content), round };
};

test("PT2: neighbours start eager and leave both sets", () => {
  const { up, sets, feed, from } = machine();
  up(1, 2);
  from(1, { kind: "prune" });
  expect(sets()).toEqual([[2], [1]]);
  feed({ kind: "neighbor-down", peer: peer(1) });
  feed({ kind: "neighbor-down", peer: peer(2) });
  expect(sets()).toEqual([[], []]);
});

test("PT10: who quits hands its last words whole to lazy peers, once, and before they are announced", () => {
  const { up, from, feed } = machine();
  up(1, 2);
  from(1, { kind: "prune" });
  from(2, { kind: "prune" });
  feed({ kind: "broadcast", content: text("bye"), scope: "swarm" });
  expect(feed({ kind: "quit" })).toEqual(["gossip 0 to 1", "gossip 0 to 2"]);
  expect(feed({ kind: "quit" })).toEqual([]);
});

test("PT3, PT5: a broadcast goes to eager peers whole and to lazy ones as an announcement 5 ms later", () => {
  const { up, from, feed } = machine();
  up(1, 2, 3);
  from(3, { kind: "prune" });
  expect(feed({ kind: "broadcast", content: text("a"), scope: "swarm" })).toEqual([
    "evict-cache in 30000",
    "send-ihave in 5",
    "gossip 0 to 1",
    "gossip 0 to 2",
  ]);
  feed({ kind: "broadcast", content: text("b"), scope: "swarm" });
  expect(feed({ kind: "ihave-timer" })).toEqual(["ihave of 2 to 3"]);
  expect(feed({ kind: "ihave-timer" })).toEqual([]);
  expect(from(1, gossip("a", 1))).toEqual(["prune to 1"]); // one's own message counts as received
});

test("PT3: to neighbours only: eager peers, not remembered", () => {
  const { up, from, feed, tree } = machine();
  up(1, 2);
  from(2, { kind: "prune" });
  expect(feed({ kind: "broadcast", content: text("a"), scope: "neighbors" })).toEqual(["gossip direct to 1"]);
  expect(tree.sizes().receivedIds).toBe(0);
});

test("SZ1: a broadcast above the limit is refused and changes nothing", () => {
  const { up, feed, tree } = machine();
  up(1);
  const broadcast = (size: number) => feed({ kind: "broadcast", content: new Uint8Array(size), scope: "swarm" });
  expect(() => broadcast(BROADCAST_MAX_BYTES + 1)).toThrow(MeshError);
  expect(() => broadcast(BROADCAST_MAX_BYTES + 1)).toThrow(/4057 bytes, the limit is 4056/);
  expect(tree.sizes()).toMatchObject({ receivedIds: 0, cachedMessages: 0 });
  expect(broadcast(BROADCAST_MAX_BYTES)).toContain("gossip 0 to 1");
});

describe("PT4: receiving", () => {
  test("new: forwarded with one round more to all but the sender, then delivered as it came", () => {
    const { up, from, raw } = machine();
    up(1, 2, 3);
    from(3, { kind: "prune" });
    const out = raw({ kind: "message", from: peer(1), message: gossip("a", 4) });
    expect(out.map(inWords)).toEqual(["evict-cache in 30000", "gossip 5 to 2", "send-ihave in 5", "received a"]);
    expect(out.at(-1)).toMatchObject({ deliveredFrom: peer(1), scope: { kind: "swarm", round: 4 } });
  });

  test("again: the sender is pruned and becomes lazy", () => {
    const { up, from, sets } = machine();
    up(1, 2);
    from(1, gossip("a"));
    expect(from(2, gossip("a"))).toEqual(["prune to 2"]);
    expect(sets()).toEqual([[1], [2]]);
  });

  test("content that does not hash to the id is ignored", () => {
    const { up, from } = machine();
    up(1, 2);
    expect(from(1, { ...gossip("a"), id: idOf("b") } as TreeMessage)).toEqual([]);
  });

  test("for neighbours only: delivered each time, not forwarded", () => {
    const { up, from } = machine();
    up(1, 2);
    const direct: TreeMessage = { kind: "gossip", id: idOf("a"), content: text("a"), scope: { kind: "neighbors" } };
    expect(from(1, direct)).toEqual(["received a"]);
    expect(from(1, direct)).toEqual(["received a"]);
  });

  test("the round does not run over", () => {
    const { up, from } = machine();
    up(1, 2);
    expect(from(1, gossip("a", 65_535))).toContain("gossip 65535 to 2");
  });
});

describe("PT6, PT7: grafting", () => {
  test("an announced message that does not come is asked of each announcer in turn", () => {
    const { up, from, feed, sets } = machine();
    up(1, 2);
    from(1, { kind: "prune" });
    from(2, { kind: "prune" });
    expect(from(1, ihave("a"))).toEqual(["graft in 80"]);
    expect(from(2, ihave("a"))).toEqual([]);
    const timer = { kind: "graft-timer", messageId: idOf("a") } as const;
    expect(feed(timer)).toEqual(["graft to 1", "graft in 40"]);
    expect(sets()).toEqual([[1], [2]]);
    expect(feed(timer)).toEqual(["graft to 2", "graft in 40"]);
    expect(feed(timer)).toEqual([]);
    expect(from(1, ihave("a"))).toEqual(["graft in 80"]);
  });

  test("GT1: the wait for an answer is one and a half round trips to whom was asked, within its bounds", () => {
    const rttMs = new Map([
      [peer(1), 100],
      [peer(2), 2_000],
      [peer(3), 3],
    ]);
    const { up, from, feed } = machine({ graftFirstRoundTrips: 3 }, (id) => rttMs.get(id));
    up(1, 2, 3, 4);
    expect(from(1, ihave("a"))).toEqual(["graft in 300"]);
    for (const sender of [2, 3, 4]) expect(from(sender, ihave("a"))).toEqual([]);
    const timer = { kind: "graft-timer", messageId: idOf("a") } as const;
    expect(feed(timer)).toEqual(["graft to 1", "graft in 150"]);
    expect(feed(timer)).toEqual(["graft to 2", "graft in 500"]);
    expect(feed(timer)).toEqual(["graft to 3", "graft in 40"]);
    expect(feed(timer)).toEqual(["graft to 4", "graft in 40"]); // its round trip is not known
  });

  test("GT1: as the Rust version where it is switched off", () => {
    const { up, from, feed } = machine({ graftNextRoundTrips: 0 }, () => 100);
    up(1);
    expect(from(1, ihave("a"))).toEqual(["graft in 80"]);
    expect(feed({ kind: "graft-timer", messageId: idOf("a") })).toEqual(["graft to 1", "graft in 40"]);
  });

  test("nothing is asked once it has come, nor of a neighbour that has left", () => {
    const { up, from, feed, tree } = machine();
    up(1, 2);
    from(1, ihave("a"));
    from(2, gossip("a"));
    expect(tree.sizes()).toMatchObject({ missing: 0, graftTimers: 0 });
    expect(feed({ kind: "graft-timer", messageId: idOf("a") })).toEqual([]);
    from(1, ihave("b"));
    feed({ kind: "neighbor-down", peer: peer(1) });
    expect(feed({ kind: "graft-timer", messageId: idOf("b") })).toEqual([]);
    expect(tree.sizes()).toMatchObject({ missing: 0, graftTimers: 0 });
  });

  test("PT9: a graft makes eager and is answered from the cache, with the round of forwarding", () => {
    const { up, from, sets } = machine();
    up(1, 2);
    from(1, gossip("a", 2));
    from(2, { kind: "prune" });
    expect(from(2, graft("a"))).toEqual(["gossip 3 to 2"]);
    expect(sets()).toEqual([[1, 2], []]);
    expect(from(2, graft("unknown"))).toEqual([]);
    expect(from(2, graft(undefined))).toEqual([]);
  });
});

test.each([
  [6, false],
  [7, true],
])("PT8: an announcer that is %i rounds better takes over: %s", (better, expected) => {
  const { up, from, sets } = machine();
  up(1, 2);
  from(2, { kind: "prune" });
  from(2, ihave("a", 1));
  const words = from(1, gossip("a", better)); // here its round is better + 1
  expect(words.includes("graft to 2") && words.includes("prune to 1")).toBe(expected);
  expect(sets()).toEqual(expected ? [[2], [1]] : [[1], [2]]);
});

test("eagerLazyWithinActive: strangers never enter the sets; the literal rule lets them in", () => {
  for (const eagerLazyWithinActive of [true, false]) {
    const { from, tree } = machine({ eagerLazyWithinActive });
    from(1, gossip("a"));
    from(1, gossip("a"));
    from(2, graft(undefined));
    from(3, { kind: "prune" });
    const strangers = tree.peers.eager.size + tree.peers.lazy.size;
    expect(strangers).toBe(eagerLazyWithinActive ? 0 : 3);
    expect(from(4, ihave("b"))).toEqual(eagerLazyWithinActive ? [] : ["graft in 80"]);
  }
});

describe("PT1: eviction", () => {
  test("messages after 30 s, ids after 90 s; the timer stops when nothing is left", () => {
    const { up, from, feed, tree } = machine();
    up(1, 2);
    from(1, gossip("a"), 1_000);
    expect(feed({ kind: "evict-timer" }, 31_000)).toEqual(["evict-cache in 60000"]);
    expect(tree.sizes()).toMatchObject({ receivedIds: 1, cachedMessages: 0, cachedBytes: 0 });
    expect(from(2, graft("a"), 31_000)).toEqual([]);
    expect(feed({ kind: "evict-timer" }, 91_000)).toEqual([]);
    expect(tree.sizes().receivedIds).toBe(0);
    expect(from(1, gossip("b"), 91_000)).toContain("evict-cache in 30000");
  });

  test("at most once a second; a timer that is early starts no second chain", () => {
    const { from, feed, up } = machine();
    up(1);
    from(1, gossip("a"), 0);
    from(1, gossip("b"), 10);
    expect(feed({ kind: "evict-timer" }, 29_000)).toEqual([]);
    expect(feed({ kind: "evict-timer" }, 30_000)).toEqual(["evict-cache in 1000"]);
  });
});

describe("bounds", () => {
  test("message cache by count and by bytes, ids by count: the oldest goes", () => {
    const { up, from, feed, tree } = machine({
      messageCacheCapacity: 3,
      messageCacheMaxBytes: 10,
      receivedIdsCapacity: 5,
    });
    up(1, 2);
    for (const content of ["1", "2", "3", "4", "5", "6"]) from(1, gossip(content));
    expect(tree.sizes()).toMatchObject({ receivedIds: 5, cachedMessages: 3, cachedBytes: 3 });
    from(1, gossip("eight by"));
    expect(tree.sizes()).toMatchObject({ cachedMessages: 3, cachedBytes: 10 });
    feed({ kind: "broadcast", content: text("more than ten bytes"), scope: "swarm" });
    expect(tree.sizes()).toMatchObject({ cachedMessages: 0, cachedBytes: 0 });
  });

  test("missing messages, announcers, lazy queue, ids per announcement", () => {
    const { up, from, feed, tree } = machine({
      missingCapacity: 50,
      announcersPerMessageCapacity: 2,
      lazyQueuePerPeerCapacity: 300,
    });
    up(1, 2);
    const messages = Array.from({ length: 200 }, (_, index) => ({ id: peer(index + 1), round: 0 }));
    expect(from(1, { kind: "ihave", messages }).length).toBe(116);
    expect(tree.sizes()).toMatchObject({ missing: 50, graftTimers: 50 });
    for (let again = 0; again < 5; again++) from(1, ihave("a"));
    const timer = { kind: "graft-timer", messageId: idOf("a") } as const;
    expect([feed(timer).length, feed(timer).length, feed(timer).length]).toEqual([2, 2, 0]);

    from(2, { kind: "prune" });
    for (let sent = 0; sent < 400; sent++) feed({ kind: "broadcast", content: text(`m${sent}`), scope: "swarm" });
    expect(tree.sizes().lazyQueued).toBe(300);
    expect(feed({ kind: "ihave-timer" })).toEqual(["ihave of 116 to 2", "ihave of 116 to 2", "ihave of 68 to 2"]);
  });
});

test("any sequence of inputs keeps the invariants; the sets stay the neighbours", () => {
  const arbPeer = fc.integer({ min: 1, max: 6 }).map(peer);
  const arbContent = fc.constantFrom("a", "b", "c", "d", "e");
  const arbRound = fc.integer({ min: 0, max: 12 });
  const arbMessage: fc.Arbitrary<TreeMessage> = fc.oneof(
    fc.tuple(arbContent, arbRound).map(([content, round]) => gossip(content, round)),
    fc.tuple(arbContent, arbRound).map(([content, round]) => ihave(content, round)),
    fc.option(arbContent, { nil: undefined }).map((content) => graft(content)),
    fc.constant({ kind: "prune" as const }),
  );
  const arbInput: fc.Arbitrary<TreeInput> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("message" as const), from: arbPeer, message: arbMessage }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("neighbor-up" as const), peer: arbPeer }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("neighbor-down" as const), peer: arbPeer }) },
    { weight: 1, arbitrary: fc.constant({ kind: "ihave-timer" as const }) },
    { weight: 1, arbitrary: arbContent.map((content) => ({ kind: "graft-timer" as const, messageId: idOf(content) })) },
    { weight: 1, arbitrary: fc.constant({ kind: "evict-timer" as const }) },
  );
  const config = { missingCapacity: 2, messageCacheCapacity: 2, receivedIdsCapacity: 3 };
  fc.assert(
    fc.property(fc.array(arbInput, { maxLength: 80 }), (inputs) => {
      const { tree, raw } = machine(config);
      const neighbors = new Set<string>();
      let nowMs = 0;
      for (const input of inputs) {
        if (input.kind === "neighbor-up") neighbors.add(input.peer);
        if (input.kind === "neighbor-down") neighbors.delete(input.peer);
        nowMs += 700;
        const out = raw(input, nowMs);
        for (const output of out) if (output.kind === "schedule") expect(output.afterMs).toBeGreaterThan(0);
        expect([...tree.peers.eager, ...tree.peers.lazy].sort()).toEqual([...neighbors].sort());
      }
    }),
    { numRuns: 1_000 },
  );
});
