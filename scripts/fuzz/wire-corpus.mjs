/** Frames as a peer of the mesh sends them, by the tag of their stream: made with the real codecs, signed with the attacker's own key. */
import { createPrivateKey, sign } from "node:crypto";
import { createBLAKE3 } from "hash-wasm";
import * as protocol from "../../packages/protocol/dist/index.js";
import { StreamTag } from "../../packages/transport/dist/index.js";

const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const hasher = await createBLAKE3();
const hashHex = (bytes) => hasher.init().update(bytes).digest("hex");
/** A mesh's topic, as every node computes it. */
export const topicOf = (mesh) => hashHex(text(mesh));
const text = (value) => new TextEncoder().encode(value);
const TRACEPARENT = `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`;

/** `{ tag: frames[] }`; gossip frames go behind a topic header. */
export function wireCorpus({ secretKey, id, victimId, topic, planted }) {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secretKey]), format: "der", type: "pkcs8" });
  const signed = (message) => sign(null, message, privateKey);
  const record = recordOf(id, victimId);
  const envelope = protocol.signRecord(record, signed).bytes;
  const accusation = { mesh: "mesh1", accused: victimId, generation: 1, sequence: 1 };
  const obituary = protocol.signObituary(accusation, id, signed, {
    id: victimId,
    signature: signed(new Uint8Array(1)),
  });
  const merged = protocol.signMerged(
    { mesh: "mesh1", issuer: id, contact: victimId, nonce: 7, buried: protocol.buriedBitmap([victimId]) },
    signed,
  );
  return {
    topicHeader: protocol.encodeTopicHeader(topic),
    [StreamTag.gossip]: gossipFrames({ id, victimId, contents: [envelope, obituary.bytes, merged.bytes] }),
    [StreamTag.probe]: [
      Uint8Array.of(2, 0),
      protocol.encodeProbeFrame({ kind: "indirect-request", accusation, budgetMs: 1_000 }),
      protocol.encodeProbeFrame({ kind: "indirect-reply", reply: { outcome: "reached", heardAgoMs: 5 } }),
      protocol.encodeProbeFrame({ kind: "obituary", obituary }),
    ],
    [StreamTag.sync]: syncFrames(id, victimId, envelope),
    [StreamTag.stats]: [text('{"intervalMs":250}'), text('{"intervalMs":1e9}')],
    [StreamTag.telemetry]: [
      protocol.encodeTelemetryBatch({ kind: "traces", hops: 0, body: text("{}") }),
      protocol.encodeTelemetryBatch({ kind: "metrics", hops: 1, body: new Uint8Array(1_000) }),
      protocol.encodeTelemetryAnswer("later"),
    ],
    [StreamTag.request]: requestFrames(planted),
    [StreamTag.message]: [
      protocol.encodeOneWay({ operation: "echo", body: text("x") }),
      protocol.encodeOneWay({ operation: "none", body: new Uint8Array(100), traceparent: TRACEPARENT }),
    ],
    [StreamTag.stream]: [text("x")],
    hello: [
      protocol.encodeHello({ ...helloOf(id), topics: [topic] }),
      protocol.encodeHello({ ...helloOf(id), mesh: "mesh2", topics: [], role: "observer" }),
    ],
  };
}

export function helloOf(id) {
  const bootNonce = Buffer.from(id.slice(0, 16), "hex").toString("hex");
  return {
    protocolVersion: 1,
    bootNonce,
    mesh: "mesh1",
    topics: [],
    role: "member",
    name: `mesh1.fuzz.${id.slice(0, 6)}`,
  };
}

function recordOf(id, neighbor) {
  return {
    ...{ id, bootNonce: id.slice(0, 16), mesh: "mesh1", type: "fuzz", generation: 1, sequence: 1 },
    ...{ addresses: ["127.0.0.1:9"], version: "0.1.0", startedAtMs: 1, neighbors: [neighbor], loadClass: "idle" },
    ...{
      cpuUsedCores: 0.1,
      cpuBudgetCores: 1,
      ramUsedBytes: 1e6,
      ramBudgetBytes: 1e9,
      framesSent: 1,
      framesReceived: 1,
    },
    ...{ refreshIntervalMs: 30_000, status: "alive" },
  };
}

function gossipFrames({ id, victimId, contents }) {
  const peer = { id, data: new Uint8Array(8) };
  const messages = [
    { kind: "join", data: undefined },
    { kind: "forward-join", peer, ttl: 3 },
    { kind: "shuffle", origin: id, nodes: [peer, { id: victimId, data: undefined }], ttl: 3 },
    { kind: "shuffle-reply", nodes: [peer] },
    { kind: "neighbor", priority: "high", data: undefined },
    { kind: "neighbor", priority: "low", data: new Uint8Array(4) },
    { kind: "disconnect", alive: true },
    { kind: "prune" },
    { kind: "graft", id: undefined, round: 1 },
    { kind: "graft", id: "ab".repeat(32), round: 2 },
    { kind: "ihave", messages: [{ id: "cd".repeat(32), round: 1 }] },
    ...contents.map((content) => ({
      kind: "gossip",
      id: hashHex(content),
      content,
      scope: { kind: "swarm", round: 1 },
    })),
    ...contents.map((content) => ({ kind: "gossip", id: "ef".repeat(32), content, scope: { kind: "neighbors" } })),
  ];
  return messages.map(protocol.encodeTopicMessage);
}

function syncFrames(id, victimId, envelope) {
  const versions = [{ id, generation: 1, sequence: 1 }];
  return [
    { kind: "root", mesh: "mesh1", live: 3, digest: new Uint8Array(8) },
    { kind: "equal" },
    { kind: "refused", reason: "no" },
    { kind: "ids", bits: 0, buckets: [0], versions, last: true },
    { kind: "records", items: [{ envelope, ageMs: 5 }], last: true },
    { kind: "want", ids: [id, victimId], last: true },
  ].flatMap((frame) => {
    try {
      return [protocol.encodeSyncFrame(frame)];
    } catch (error) {
      throw new Error(`no sync frame of the kind ${frame.kind}`, { cause: error });
    }
  });
}

function requestFrames(planted) {
  const operations = ["echo", "none", "mesh.directory", ...(planted ? ["planted"] : [])];
  return [
    ...operations.map((operation, i) =>
      protocol.encodeRequest({
        requestId: i + 1,
        operation,
        deadlineMs: 500,
        body: text("{}"),
        traceparent: TRACEPARENT,
      }),
    ),
    protocol.encodeCancel(1),
    protocol.encodeReply({ requestId: 1, outcome: "ok" }),
  ];
}
