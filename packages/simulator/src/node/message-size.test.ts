import { encodeTopicMessage, type TopicMessage } from "@meshwork/protocol";
import { expect, test } from "vitest";
import { gossipFrameBytes } from "./message-size.js";

const id = "ab".repeat(32);
const data = new Uint8Array(200);

test.each<TopicMessage>([
  { kind: "join", data: undefined },
  { kind: "join", data },
  { kind: "forward-join", peer: { id, data }, ttl: 6 },
  {
    kind: "shuffle",
    origin: id,
    nodes: [
      { id, data },
      { id, data: undefined },
    ],
    ttl: 300,
  },
  { kind: "shuffle-reply", nodes: [] },
  { kind: "neighbor", priority: "high", data },
  { kind: "disconnect", alive: true },
  { kind: "gossip", id, content: data, scope: { kind: "swarm", round: 128 } },
  { kind: "gossip", id, content: data, scope: { kind: "neighbors" } },
  { kind: "prune" },
  { kind: "graft", id, round: 20_000 },
  { kind: "graft", id: undefined, round: 1 },
  {
    kind: "ihave",
    messages: [
      { id, round: 1 },
      { id, round: 200 },
    ],
  },
])("$kind takes what the codec writes, and four", (message) => {
  expect(gossipFrameBytes(message)).toBe(encodeTopicMessage(message).length + 4);
});
