import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeTopicMessage, type TopicMessage } from "../wire/gossip-codec.js";
import { DEFAULT_GOSSIP_CONFIG, type GossipConfig, gossipConfig } from "./config.js";
import type { GossipOutput } from "./events.js";
import { HyParView, type SwarmInput, type SwarmMessage } from "./hyparview.js";
import { peer } from "./testing/ids.js";
import { seededRandom } from "./testing/prng.js";

const ME = peer(0xffff);

/** A machine with a short hand for its inputs; `feed` returns the outputs in words. */
function machine(config: Partial<GossipConfig> = {}, seed = 1) {
  const swarm = new HyParView({
    self: ME,
    config: gossipConfig(config),
    random: seededRandom(seed),
    ownData: undefined,
  });
  const raw = (input: SwarmInput, nowMs = 0) => {
    const out: GossipOutput[] = [];
    swarm.handle(input, nowMs, out);
    return out;
  };
  const feed = (input: SwarmInput, nowMs = 0) => raw(input, nowMs).map(inWords);
  const from = (sender: number, message: SwarmMessage) => feed({ kind: "message", from: peer(sender), message });
  /** Makes the peer a neighbour, as one that asked for it. */
  const up = (...peers: number[]) => {
    for (const each of peers) from(each, { kind: "neighbor", priority: "high", data: undefined });
  };
  const passive = (...peers: number[]) => {
    // As a stranger's ShuffleReply brings them; it may also make the machine ask one of them (HP14).
    from(0xeee, { kind: "shuffle-reply", nodes: peers.map((id) => ({ id: peer(id), data: undefined })) });
  };
  feed({ kind: "own-data", data: undefined });
  return { swarm, raw, feed, from, up, passive };
}

const number = (id: string) => Number.parseInt(id, 16);

function inWords(output: GossipOutput): string {
  switch (output.kind) {
    case "send":
      return `${messageInWords(output.message)} to ${number(output.to)}`;
    case "schedule":
      return `${output.timer.kind} in ${output.afterMs}`;
    case "received":
      return "received";
    default:
      return `${output.kind} ${number(output.peer)}`;
  }
}

function messageInWords(message: TopicMessage): string {
  switch (message.kind) {
    case "forward-join":
      return `forward-join ${number(message.peer.id)} ttl ${message.ttl}`;
    case "neighbor":
      return `neighbor ${message.priority}`;
    case "disconnect":
      return message.alive ? "disconnect alive" : "disconnect leaving";
    case "shuffle":
      return `shuffle of ${number(message.origin)} ttl ${message.ttl}`;
    default:
      return message.kind;
  }
}

const NEIGHBOR_HIGH: SwarmMessage = { kind: "neighbor", priority: "high", data: undefined };
const NEIGHBOR_LOW: SwarmMessage = { kind: "neighbor", priority: "low", data: undefined };
const forwardJoin = (joiner: number, ttl: number): SwarmMessage => {
  return { kind: "forward-join", peer: { id: peer(joiner), data: undefined }, ttl };
};
const shuffle = (origin: number, ttl: number, ...nodes: number[]): SwarmMessage => {
  return { kind: "shuffle", origin: peer(origin), ttl, nodes: nodes.map((id) => ({ id: peer(id), data: undefined })) };
};

describe("joining", () => {
  test("HP1: the first input starts the shuffle timer, once", () => {
    const swarm = new HyParView({ self: ME, config: DEFAULT_GOSSIP_CONFIG, random: () => 0, ownData: undefined });
    const out: GossipOutput[] = [];
    swarm.handle({ kind: "join", peer: peer(1) }, 0, out);
    swarm.handle({ kind: "join", peer: peer(2) }, 0, out);
    expect(out.map(inWords)).toEqual(["join to 1", "shuffle in 60000", "join to 2"]);
  });

  test("HP2: a local join sends Join and marks nothing", () => {
    const { swarm, feed } = machine();
    expect(feed({ kind: "join", peer: peer(1) })).toEqual(["join to 1"]);
    expect(swarm.isPending(peer(1))).toBe(false);
  });

  test("HP3: a Join is answered and forwarded to all other neighbours", () => {
    const { from, up } = machine();
    up(1, 2);
    expect(from(3, { kind: "join", data: undefined })).toEqual([
      "neighbor-up 3",
      "neighbor high to 3",
      "forward-join 3 ttl 6 to 1",
      "forward-join 3 ttl 6 to 2",
    ]);
  });

  test("HP3 with a full view evicts one, who stays known", () => {
    const { swarm, from, up } = machine();
    up(1, 2, 3, 4, 5);
    const words = from(6, { kind: "join", data: undefined });
    const evicted = Number(words[0]?.split(" ")[1]);
    expect(words.slice(0, 6)).toEqual([
      `neighbor-down ${evicted}`,
      `shuffle-reply to ${evicted}`,
      `disconnect alive to ${evicted}`,
      `disconnect-peer ${evicted}`,
      "neighbor-up 6",
      "neighbor high to 6",
    ]);
    expect(words.slice(6).every((word) => word.startsWith("forward-join 6 ttl 6"))).toBe(true);
    expect(swarm.active.size).toBe(5);
    expect(swarm.passive.has(peer(evicted))).toBe(true);
  });

  test("a peer that lost its state gets its answer again (clearPendingOnJoin); the literal rule leaves it without", () => {
    for (const clearPendingOnJoin of [true, false]) {
      const { from } = machine({ clearPendingOnJoin });
      from(1, NEIGHBOR_HIGH); // our answer leaves the mark
      const words = from(1, { kind: "join", data: undefined });
      expect(words.includes("neighbor high to 1")).toBe(clearPendingOnJoin);
    }
  });

  test("HP4: answered at the end of the walk or with one neighbour, forwarded before", () => {
    const alone = machine();
    expect(alone.from(1, forwardJoin(9, 6))).toEqual(["neighbor high to 9", "disconnect-peer 1"]);
    expect(alone.swarm.active.has(peer(9))).toBe(false); // only its answer makes it a neighbour
    expect(alone.from(9, NEIGHBOR_HIGH)).toEqual(["neighbor-up 9"]);

    const { swarm, from, up } = machine();
    up(1, 2, 3);
    expect(from(1, forwardJoin(2, 5))).toEqual([]); // a neighbour, and asked already: the mark of our answer to it
    expect(from(1, forwardJoin(9, 0))).toEqual(["neighbor high to 9"]);
    expect(from(1, forwardJoin(8, 6))[0]).toMatch(/^forward-join 8 ttl 5 to [23]$/);
    expect(swarm.passive.has(peer(8))).toBe(false);
    expect(from(1, forwardJoin(7, 3))[0]).toMatch(/^forward-join 7 ttl 2 to [23]$/);
    expect(swarm.passive.has(peer(7))).toBe(true);
    expect(from(1, forwardJoin(9, 6))).toEqual([]); // asked already
  });

  test("HP5, HP6, HP7: a request is answered, an answer is not, a low request to a full view is refused", () => {
    const { swarm, from, up } = machine();
    expect(from(1, NEIGHBOR_LOW)).toEqual(["neighbor-up 1", "neighbor low to 1"]);
    expect(from(1, NEIGHBOR_LOW)).toEqual([]); // taken for the answer
    up(2, 3, 4, 5);
    expect(from(6, NEIGHBOR_LOW)).toEqual([
      "shuffle-reply to 6",
      "disconnect alive to 6",
      "disconnect-peer 6",
      "disconnect-peer 6",
    ]);
    expect(swarm.active.has(peer(6))).toBe(false);
  });

  test("HP18: whoever is no neighbour after its message is disconnected", () => {
    const { from, up } = machine();
    up(1);
    expect(from(9, { kind: "shuffle-reply", nodes: [] })).toEqual(["disconnect-peer 9"]);
    expect(from(1, { kind: "shuffle-reply", nodes: [] })).toEqual([]);
    expect(from(9, { kind: "disconnect", alive: true })).toEqual([]);
  });
});

describe("leaving", () => {
  test("HP10, HP12: a neighbour that lives on stays passive, one that leaves is forgotten; both are replaced", () => {
    const { swarm, from, up, passive } = machine();
    up(1, 2);
    passive(7);
    expect(swarm.passive.has(peer(7))).toBe(true);
    const words = from(1, { kind: "disconnect", alive: true });
    expect(words.slice(0, 2)).toEqual(["neighbor-down 1", "disconnect-peer 1"]);
    expect(swarm.passive.has(peer(1))).toBe(true);
    from(2, { kind: "disconnect", alive: false });
    expect(swarm.passive.has(peer(2))).toBe(false);
  });

  test("HP13: the end of the connection forgets a peer unless it said that it lives on", () => {
    const { swarm, feed, from, up } = machine();
    up(1, 2);
    from(1, { kind: "disconnect", alive: true });
    expect(feed({ kind: "peer-lost", peer: peer(1) })).toEqual([]);
    expect(swarm.passive.has(peer(1))).toBe(true); // the mark is used up
    feed({ kind: "peer-lost", peer: peer(1) });
    expect(swarm.passive.has(peer(1))).toBe(false);
    expect(feed({ kind: "peer-lost", peer: peer(2) }).slice(0, 2)).toEqual(["neighbor-down 2", "disconnect-peer 2"]);
    expect(swarm.active.size).toBe(0);
  });

  test("HP14, HP15: one request at a time, high when alone; an unanswered one is forgotten and the next asked", () => {
    const { swarm, feed, passive } = machine();
    passive(7, 8);
    expect(swarm.sizes().pendingNeighbors).toBe(1);
    const asked = [7, 8].find((each) => swarm.isPending(peer(each)))!;
    const words = feed({ kind: "neighbor-request-timer", peer: peer(asked) });
    expect(words).toEqual([`neighbor high to ${15 - asked}`, "neighbor-request in 500"]);
    expect(swarm.passive.has(peer(asked))).toBe(false);
    expect(feed({ kind: "neighbor-request-timer", peer: peer(asked) })).toEqual([]);
  });

  test("HP14: answered requests count against the refill, unless countOnlyPendingOutsideActive", () => {
    for (const cured of [false, true]) {
      const { swarm, up, passive } = machine({ countOnlyPendingOutsideActive: cured });
      up(1, 2, 3); // each was answered: three marks
      passive(7);
      expect(swarm.isPending(peer(7))).toBe(cured);
    }
  });

  test("HP19: quitting tells all neighbours and raises no NeighborDown", () => {
    const { swarm, feed, up } = machine();
    up(1, 2);
    expect(feed({ kind: "quit" })).toEqual([
      "shuffle-reply to 1",
      "disconnect leaving to 1",
      "disconnect-peer 1",
      "shuffle-reply to 2",
      "disconnect leaving to 2",
      "disconnect-peer 2",
    ]);
    expect(swarm.active.size).toBe(0);
  });
});

describe("shuffling", () => {
  test("HP17: to one neighbour, with at most 3 + 4 + me; the timer goes on; one that is early starts no second chain", () => {
    const { raw, up, passive } = machine();
    up(1, 2, 3, 4, 5);
    passive(11, 12, 13, 14, 15, 16);
    expect(raw({ kind: "shuffle-timer" }, 30_000)).toEqual([]);
    const [sent, again] = raw({ kind: "shuffle-timer" }, 60_000);
    expect(again && inWords(again)).toBe("shuffle in 60000");
    if (sent?.kind !== "send" || sent.message.kind !== "shuffle") throw new Error("no shuffle");
    const ids = sent.message.nodes.map(({ id }) => id);
    expect([ids.length, new Set(ids).size, ids.at(-1), sent.message.ttl]).toEqual([8, 8, ME, 6]);
    expect(ids).not.toContain(sent.to);
  });

  test("HP17 without a neighbour only re-arms", () => {
    expect(machine().feed({ kind: "shuffle-timer" }, 60_000)).toEqual(["shuffle in 60000"]);
  });

  test("HP8, HP9: forwarded while it lives, answered at the end with as many nodes; without a way it is dropped", () => {
    const { swarm, from, up, raw } = machine();
    up(1, 2, 3);
    expect(from(1, shuffle(2, 6, 21, 22))).toEqual(["shuffle of 2 ttl 5 to 3"]);
    const out = raw({ kind: "message", from: peer(1), message: shuffle(9, 0, 21, 22) });
    const reply = out.find((output) => output.kind === "send");
    if (reply?.kind !== "send" || reply.message.kind !== "shuffle-reply") throw new Error("no reply");
    expect([number(reply.to), reply.message.nodes.length]).toEqual([9, 2]);
    expect(swarm.passive.has(peer(21)) && swarm.passive.has(peer(22))).toBe(true);

    const pair = machine();
    pair.up(1, 2);
    expect(pair.from(1, shuffle(2, 6, 21))).toEqual([]);
  });

  test("HP16: neither me nor neighbours enter P; a full P loses a random member", () => {
    const { swarm, from, up } = machine({ passiveViewCapacity: 3 });
    up(1, 2, 3);
    const nodes = [ME, peer(1), peer(4), peer(5), peer(6), peer(7)].map((id) => ({ id, data: undefined }));
    from(1, { kind: "shuffle-reply", nodes });
    expect(swarm.passive.size).toBe(3);
    expect(swarm.passive.has(peer(7))).toBe(true);
  });
});

describe("peer data", () => {
  test("news is reported once and passed on; data that fits no frame is left out", () => {
    const { raw, up } = machine();
    up(1, 2);
    const data = Uint8Array.of(1, 2, 3);
    const join = (content: Uint8Array) =>
      raw({ kind: "message", from: peer(3), message: { kind: "join", data: content } });
    const out = join(data);
    expect(out.filter(({ kind }) => kind === "peer-data")).toEqual([{ kind: "peer-data", peer: peer(3), data }]);
    expect(out).toContainEqual({
      kind: "send",
      to: peer(1),
      message: { kind: "forward-join", peer: { id: peer(3), data }, ttl: 6 },
    });
    expect(join(Uint8Array.of(1, 2, 3)).some(({ kind }) => kind === "peer-data")).toBe(false);
    const forwarded = join(new Uint8Array(4_070)).find((output) => output.kind === "send" && output.to === peer(1));
    expect(forwarded).toMatchObject({ message: { peer: { data: undefined } } });
  });
});

test("SZ1: views' messages fit a frame though foreign peers gave 1,500 bytes each: data is left out, then nodes", () => {
  const { raw } = machine();
  for (let each = 1; each <= 5; each++) {
    const message: SwarmMessage = { kind: "neighbor", priority: "high", data: new Uint8Array(1_500).fill(each) };
    raw({ kind: "message", from: peer(each), message });
  }
  const [sent] = raw({ kind: "shuffle-timer" }, 60_000);
  if (sent?.kind !== "send" || sent.message.kind !== "shuffle") throw new Error("no shuffle");
  expect(sent.message.nodes.map(({ data }) => data?.length)).toEqual([1_500, 1_500, undefined, undefined]);
  expect(encodeTopicMessage(sent.message).length).toBeLessThan(4_096);

  const many = Array.from({ length: 200 }, (_, index) => ({ id: peer(100 + index), data: undefined }));
  const wide = machine({ passiveViewCapacity: 200 });
  const out = wide.raw({
    kind: "message",
    from: peer(1),
    message: { kind: "shuffle", origin: peer(1), nodes: many, ttl: 0 },
  });
  const reply = out.find((output) => output.kind === "send");
  if (reply?.kind !== "send" || reply.message.kind !== "shuffle-reply") throw new Error("no reply");
  expect(reply.message.nodes.length).toBeGreaterThan(115);
  expect(encodeTopicMessage(reply.message).length).toBeLessThan(4_096);
});

describe("rejoin (JR2)", () => {
  test("joins the contacts, drops unanswered marks and asks one passive peer; does nothing with a neighbour", () => {
    const { feed, from, up, passive } = machine();
    for (const joiner of [31, 32, 33, 34, 35]) from(1, forwardJoin(joiner, 0)); // five requests that nobody answers
    passive(7);
    const words = feed({ kind: "rejoin", peers: [peer(50), ME] });
    expect(words).toEqual(["join to 50", "neighbor high to 7", "neighbor-request in 500"]);
    up(2);
    expect(feed({ kind: "rejoin", peers: [peer(50)] })).toEqual([]);
  });
});

test("any sequence of inputs keeps the invariants, never sends to itself and never exceeds a bound", () => {
  const arbPeer = fc.integer({ min: 0, max: 24 }).map((each) => (each === 0 ? ME : peer(each)));
  const arbInfo = fc.record({ id: arbPeer, data: fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined }) });
  const arbData = fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined });
  const arbTtl = fc.integer({ min: 0, max: 7 });
  const arbMessage: fc.Arbitrary<SwarmMessage> = fc.oneof(
    fc.record({ kind: fc.constant("join" as const), data: arbData }),
    fc.record({ kind: fc.constant("forward-join" as const), peer: arbInfo, ttl: arbTtl }),
    fc.record({ kind: fc.constant("shuffle" as const), origin: arbPeer, nodes: fc.array(arbInfo), ttl: arbTtl }),
    fc.record({ kind: fc.constant("shuffle-reply" as const), nodes: fc.array(arbInfo) }),
    fc.record({
      kind: fc.constant("neighbor" as const),
      priority: fc.constantFrom("high" as const, "low" as const),
      data: arbData,
    }),
    fc.record({ kind: fc.constant("disconnect" as const), alive: fc.boolean() }),
  );
  const arbInput: fc.Arbitrary<SwarmInput> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("message" as const), from: arbPeer, message: arbMessage }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("join" as const), peer: arbPeer }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("rejoin" as const), peers: fc.array(arbPeer) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("peer-lost" as const), peer: arbPeer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("neighbor-request-timer" as const), peer: arbPeer }) },
    { weight: 1, arbitrary: fc.constant({ kind: "shuffle-timer" as const }) },
  );
  const config = { activeViewCapacity: 3, passiveViewCapacity: 5, pendingNeighborsCapacity: 4, keepMarksCapacity: 4 };
  fc.assert(
    fc.property(fc.array(arbInput, { maxLength: 60 }), fc.nat(), fc.boolean(), (inputs, seed, cure) => {
      const { swarm, raw } = machine(
        { ...config, countOnlyPendingOutsideActive: cure, clearPendingOnJoin: cure },
        seed,
      );
      const neighbors = new Set<string>();
      for (const input of inputs) {
        if (input.kind === "message" && input.from === ME) continue; // the topic filters these
        for (const output of raw(input, 60_000)) {
          if (output.kind === "send") expect(output.to).not.toBe(ME);
          if (output.kind === "neighbor-up") expect(neighbors.has(output.peer)).toBe(false);
          if (output.kind === "neighbor-up") neighbors.add(output.peer);
          if (output.kind === "neighbor-down") expect(neighbors.delete(output.peer)).toBe(true);
        }
        expect([...swarm.active].sort()).toEqual([...neighbors].sort());
        expect(swarm.sizes().peerData).toBeLessThanOrEqual(12);
      }
    }),
    { numRuns: 1_000 },
  );
});
