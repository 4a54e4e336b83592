import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../errors.js";
import { encodeFrame } from "./frames.js";
import {
  BROADCAST_MAX_BYTES,
  decodeTopicHeader,
  decodeTopicMessage,
  encodeTopicHeader,
  encodeTopicMessage,
  IHAVE_MAX_PER_FRAME,
  MAX_MESSAGE_SIZE,
  PEER_DATA_MAX_BYTES,
  type PeerInfo,
  type TopicMessage,
} from "./gossip-codec.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** BLAKE3-256 of "hello". */
const HELLO_ID = "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f";
const HELLO = new TextEncoder().encode("hello");
const PEER_DATA =
  "01 1b 68747470733a2f2f72656c61792e6578616d706c652e636f6d2e2f 02 00 c0a80107 d122 01 20010db8000000000000000000000001 bb03";
const AA = "aa".repeat(32);
const gossip = (scope: Extract<TopicMessage, { kind: "gossip" }>["scope"]): TopicMessage => {
  return { kind: "gossip", id: HELLO_ID, content: HELLO, scope };
};

/** Frames as iroh-gossip 0.101.0 writes them. */
const VECTORS: readonly [name: string, message: TopicMessage, frame: string][] = [
  ["Join(None)", { kind: "join", data: undefined }, "00000003 00 00 00"],
  ["Join(Some(empty))", { kind: "join", data: new Uint8Array(0) }, "00000004 00 00 01 00"],
  ["Join(Some(data))", { kind: "join", data: bytes(PEER_DATA) }, `0000003c 00 00 01 38 ${PEER_DATA}`],
  [
    "ForwardJoin, no data, ttl 6",
    { kind: "forward-join", peer: { id: AA, data: undefined }, ttl: 6 },
    `00000024 00 01 ${AA} 00 06`,
  ],
  ["Neighbor Low", { kind: "neighbor", priority: "low", data: undefined }, "00000004 00 04 01 00"],
  ["Disconnect alive", { kind: "disconnect", alive: true }, "00000004 00 05 01 00"],
  ["Gossip Swarm(0)", gossip({ kind: "swarm", round: 0 }), `0000002a 01 00 ${HELLO_ID} 05 68656c6c6f 00 00`],
  ["Gossip Swarm(300)", gossip({ kind: "swarm", round: 300 }), `0000002b 01 00 ${HELLO_ID} 05 68656c6c6f 00 ac02`],
  ["Gossip Neighbors", gossip({ kind: "neighbors" }), `00000029 01 00 ${HELLO_ID} 05 68656c6c6f 01`],
  ["Prune", { kind: "prune" }, "00000002 01 01"],
  ["Graft(None, 2)", { kind: "graft", id: undefined, round: 2 }, "00000004 01 02 00 02"],
  ["Graft(Some, 1)", { kind: "graft", id: HELLO_ID, round: 1 }, `00000024 01 02 01 ${HELLO_ID} 01`],
  ["IHave", { kind: "ihave", messages: [{ id: HELLO_ID, round: 1 }] }, `00000024 01 03 01 ${HELLO_ID} 01`],
  // By the same rules; these two complete the list of messages.
  [
    "Shuffle",
    { kind: "shuffle", origin: AA, nodes: [{ id: HELLO_ID, data: Uint8Array.of(7) }], ttl: 5 },
    `00000047 00 02 ${AA} 01 ${HELLO_ID} 01 01 07 05`,
  ],
  ["ShuffleReply", { kind: "shuffle-reply", nodes: [{ id: AA, data: undefined }] }, `00000024 00 03 01 ${AA} 00`],
];

describe("vectors", () => {
  test.each(VECTORS)("%s", (_name, message, frame) => {
    expect(hex(encodeFrame(encodeTopicMessage(message)))).toBe(hex(bytes(frame)));
    expect(decodeTopicMessage(bytes(frame).subarray(4))).toEqual(message);
  });

  test("stream header", () => {
    const topic = "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f";
    expect(hex(encodeFrame(encodeTopicHeader(topic)))).toBe(`00000020${topic}`);
    expect(decodeTopicHeader(bytes(topic))).toBe(topic);
    expect(decodeTopicHeader(bytes(`${topic}ffff`))).toBe(topic);
    expect(() => decodeTopicHeader(bytes(topic.slice(2)))).toThrow(DecodeError);
  });
});

const arbId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex);
const arbU16 = fc.nat(0xffff);
const arbData = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined });
const arbPeer: fc.Arbitrary<PeerInfo> = fc.record({ id: arbId, data: arbData });
const arbPeers = fc.array(arbPeer, { maxLength: 9 });
const arbMessage: fc.Arbitrary<TopicMessage> = fc.oneof(
  fc.record({ kind: fc.constant("join" as const), data: arbData }),
  fc.record({ kind: fc.constant("forward-join" as const), peer: arbPeer, ttl: arbU16 }),
  fc.record({ kind: fc.constant("shuffle" as const), origin: arbId, nodes: arbPeers, ttl: arbU16 }),
  fc.record({ kind: fc.constant("shuffle-reply" as const), nodes: arbPeers }),
  fc.record({
    kind: fc.constant("neighbor" as const),
    priority: fc.constantFrom("high" as const, "low" as const),
    data: arbData,
  }),
  fc.record({ kind: fc.constant("disconnect" as const), alive: fc.boolean() }),
  fc.record({
    kind: fc.constant("gossip" as const),
    id: arbId,
    content: fc.uint8Array({ maxLength: 600 }),
    scope: fc.oneof(
      fc.record({ kind: fc.constant("swarm" as const), round: arbU16 }),
      fc.record({ kind: fc.constant("neighbors" as const) }),
    ),
  }),
  fc.record({ kind: fc.constant("prune" as const) }),
  fc.record({ kind: fc.constant("graft" as const), id: fc.option(arbId, { nil: undefined }), round: arbU16 }),
  fc.record({
    kind: fc.constant("ihave" as const),
    messages: fc.array(fc.record({ id: arbId, round: arbU16 }), { maxLength: 20 }),
  }),
);

test("round trip, with and without trailing bytes", () => {
  fc.assert(
    fc.property(arbMessage, fc.uint8Array({ maxLength: 5 }), (message, tail) => {
      const encoded = encodeTopicMessage(message);
      expect(decodeTopicMessage(encoded)).toEqual(message);
      expect(decodeTopicMessage(Uint8Array.from([...encoded, ...tail]))).toEqual(message);
    }),
    { numRuns: 500 },
  );
});

test("every proper prefix of a message is a DecodeError", () => {
  fc.assert(
    fc.property(arbMessage, fc.nat(), (message, place) => {
      const encoded = encodeTopicMessage(message);
      expect(() => decodeTopicMessage(encoded.subarray(0, place % encoded.length))).toThrow(DecodeError);
    }),
  );
});

/** A decoder may answer or throw a DecodeError; anything else is a defect. */
function decodeAnything(input: Uint8Array): void {
  for (const decode of [decodeTopicMessage, decodeTopicHeader]) {
    try {
      decode(input);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }
}

test("random bytes behind every tag", () => {
  const tags = fc.tuple(fc.nat(2), fc.nat(6));
  fc.assert(
    fc.property(tags, fc.uint8Array({ maxLength: 300 }), ([layer, variant], rest) => {
      decodeAnything(Uint8Array.of(layer, variant, ...rest));
    }),
    { numRuns: 3_000 },
  );
});

test("messages with bytes changed, inserted or cut", () => {
  const edits = fc.array(fc.tuple(fc.nat(2), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(arbMessage, edits, (message, changes) => {
      const mutated = [...encodeTopicMessage(message)];
      for (const [how, place, value] of changes) {
        const at = place % (mutated.length + 1);
        if (how === 0) mutated.splice(at, 1, value);
        else if (how === 1) mutated.splice(at, 0, value);
        else mutated.splice(at, 1);
      }
      decodeAnything(Uint8Array.from(mutated));
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ["Shuffle", `00 02 ${AA}`],
  ["ShuffleReply", "00 03"],
  ["IHave", "01 03"],
  ["Gossip", `01 00 ${AA}`],
  ["Join", "00 00 01"],
])("%s that claims 2^32 - 1 elements is refused at the claim", (_name, head) => {
  const claimed = bytes(`${head} ffffffff0f`);
  expect(() => decodeTopicMessage(claimed)).toThrow(/exceeds the input/);
  expect(() => decodeTopicMessage(Uint8Array.from([...claimed, ...new Uint8Array(4_000)]))).toThrow(
    /exceeds the input/,
  );
});

test("the limits hold: the largest of each still fits a frame of 4,095 bytes", () => {
  const content = new Uint8Array(BROADCAST_MAX_BYTES);
  const scope = { kind: "swarm", round: 0x3fff } as const;
  expect(encodeTopicMessage({ kind: "gossip", id: AA, content, scope }).length).toBe(MAX_MESSAGE_SIZE - 1);
  const messages = new Array(IHAVE_MAX_PER_FRAME).fill({ id: AA, round: 0xffff });
  expect(encodeTopicMessage({ kind: "ihave", messages }).length).toBeLessThan(MAX_MESSAGE_SIZE);
  const nodes = new Array(8).fill({ id: AA, data: new Uint8Array(PEER_DATA_MAX_BYTES) });
  expect(encodeTopicMessage({ kind: "shuffle", origin: AA, nodes, ttl: 0xffff }).length).toBeLessThan(MAX_MESSAGE_SIZE);
});
