/** The documents in docs/protocol are what other implementations build on: protobufjs reads them, and our bytes by them. */
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { testId, testRecord, testSigned } from "../membership/testing/records.js";
import { testObituary, testSigner } from "../membership/testing/signatures.js";
import { decodeHello, encodeHello } from "./hello.js";
import { buriedBitmap, decodeMerged, signMerged } from "./merged.js";
import { decodeReply, decodeRequestOrCancel, encodeReply, encodeRequest } from "./message.js";
import { decodeObituary } from "./obituary.js";
import { decodeProbeFrame, encodeProbeFrame } from "./probe.js";
import { decodeRecord, encodeRecord } from "./record.js";
import { decodeSyncFrame, encodeSyncFrame } from "./sync.js";

function documented(file: string, message: string): protobuf.Type {
  const text = readFileSync(new URL(`../../../../docs/protocol/${file}.proto`, import.meta.url), "utf8");
  return protobuf.parse(text, { keepCase: true }).root.lookupType(`meshwork.v1.${message}`);
}

const asPlain = (type: protobuf.Type, bytes: Uint8Array) =>
  type.toObject(type.decode(bytes), { longs: Number, enums: String, bytes: Array });
const bytesOf = (hex: string) => Array.from(Buffer.from(hex, "hex"));

test("records and envelopes", () => {
  const type = documented("node-record", "NodeRecord");
  const record = testRecord({
    status: "leaving",
    loadClass: "high",
    relayUrl: "https://relay.example",
    neighbors: [testId(2), testId(3)],
    cpuUsedCores: 0.25,
    ramUsedBytes: 123_456_789_012,
    framesSent: 12,
    framesReceived: 34,
    sequence: 2 ** 40,
    credential: Uint8Array.of(1, 2, 3),
  });
  const plain = asPlain(type, encodeRecord(record));
  expect(plain).toMatchObject({
    id: bytesOf(record.id),
    mesh: "mesh1",
    type: "broker",
    generation: 1,
    sequence: 2 ** 40,
    status: "LEAVING",
    addresses: record.addresses,
    relay_url: "https://relay.example",
    version: "0.1.0",
    started_at_ms: record.startedAtMs,
    neighbors: record.neighbors.map(bytesOf),
    load_class: "HIGH",
    cpu_used_microcores: 250_000,
    cpu_budget_microcores: 4_000_000,
    ram_used_bytes: 123_456_789_012,
    ram_budget_bytes: 2_147_483_648,
    frames_sent: 12,
    frames_received: 34,
    refresh_interval_ms: 30_000,
    credential: [1, 2, 3],
  });
  expect(Object.keys(plain).length).toBe(type.fieldsArray.length);
  expect(decodeRecord(Uint8Array.from(type.encode(type.decode(encodeRecord(record))).finish()))).toEqual(record);
  const signed = testSigned(record);
  const envelope = asPlain(documented("node-record", "Envelope"), signed.bytes);
  expect(envelope).toEqual({ payload: Array.from(signed.payload), signature: Array.from(signed.signature) });
});

test("hellos", () => {
  const type = documented("hello", "Hello");
  const hello = {
    protocolVersion: 1,
    bootNonce: "0011223344556677",
    mesh: "mesh1",
    topics: [testId(1), testId(2)],
    role: "observer",
    name: "mesh1.console.239dc9",
  } as const;
  const bytes = encodeHello(hello);
  expect(asPlain(type, bytes)).toMatchObject({
    protocol_version: 1,
    mesh: "mesh1",
    topics: hello.topics.map(bytesOf),
    role: "OBSERVER",
    name: hello.name,
  });
  expect(decodeHello(Uint8Array.from(type.encode(type.decode(bytes)).finish()))).toEqual(hello);
});

test("message frames, behind their byte of kind", () => {
  const type = documented("messages", "Message");
  const request = {
    requestId: 2 ** 40,
    operation: "produce",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "v=1",
    deadlineMs: 5_000,
    body: Uint8Array.of(1, 2),
  };
  const bytes = encodeRequest(request);
  expect(bytes[0]).toBe(1);
  expect(asPlain(type, bytes.subarray(1))).toMatchObject({
    request_id: 2 ** 40,
    operation: "produce",
    deadline_ms: 5_000,
    traceparent: request.traceparent,
    tracestate: "v=1",
    body: [1, 2],
  });
  const again = Uint8Array.from([1, ...type.encode(type.decode(bytes.subarray(1))).finish()]);
  expect(decodeRequestOrCancel(again)).toEqual({ kind: "request", request });
  const reply = { requestId: 7, outcome: "handler_failed", message: "no", body: Uint8Array.of(9) } as const;
  const replyBytes = encodeReply(reply);
  expect(replyBytes[0]).toBe(2);
  expect(asPlain(type, replyBytes.subarray(1))).toMatchObject({ outcome: "HANDLER_FAILED", message: "no" });
  expect(decodeReply(replyBytes)).toEqual(reply);
});

test("sync frames, behind their byte of kind", () => {
  const type = documented("sync", "SyncFrame");
  const versions = [{ id: testId(1), generation: 2, sequence: 2 ** 40 }];
  const ids = { kind: "ids", bits: 4, buckets: [1, 15], versions, last: true } as const;
  const bytes = encodeSyncFrame(ids);
  expect(bytes[0]).toBe(5);
  expect(asPlain(type, bytes.subarray(1))).toMatchObject({
    bits: 4,
    buckets: [1, 15],
    versions: [{ id: bytesOf(testId(1)), generation: 2, sequence: 2 ** 40 }],
    last: true,
  });
  const items = [{ envelope: Uint8Array.of(5), ageMs: 1_234 }];
  const records = type
    .encode(type.decode(encodeSyncFrame({ kind: "records", items, last: false }).subarray(1)))
    .finish();
  expect(decodeSyncFrame(Uint8Array.from([6, ...records]))).toEqual({ kind: "records", items, last: false });
});

test("obituaries and merged digests, behind their byte of kind", () => {
  const accusation = { mesh: "mesh1", accused: testId(1), generation: 2, sequence: 2 ** 40 };
  const obituary = testObituary(accusation, testId(2), testId(3));
  const type = documented("obituary", "Obituary");
  expect(obituary.bytes[0]).toBe(1);
  const plain = asPlain(type, obituary.bytes.subarray(1));
  expect(plain).toEqual({
    mesh: "mesh1",
    accused: bytesOf(testId(1)),
    generation: 2,
    sequence: 2 ** 40,
    issuer: bytesOf(testId(2)),
    issuer_signature: Array.from(obituary.issuer.signature),
    witness: bytesOf(testId(3)),
    witness_signature: Array.from(obituary.witness?.signature ?? []),
  });
  expect(Object.keys(plain).length).toBe(type.fieldsArray.length);
  const again = type.encode(type.decode(obituary.bytes.subarray(1))).finish();
  expect(decodeObituary(Uint8Array.from([1, ...again]))).toMatchObject(accusation);

  const digest = { mesh: "mesh1", issuer: testId(1), contact: testId(2), nonce: 7, buried: buriedBitmap([testId(3)]) };
  const merged = signMerged(digest, testSigner(testId(1)));
  expect(merged.bytes[0]).toBe(2);
  const outer = asPlain(documented("merged", "Merged"), merged.bytes.subarray(1));
  expect(outer).toEqual({ payload: Array.from(merged.payload), signature: Array.from(merged.signature) });
  expect(asPlain(documented("merged", "MergedDigest"), merged.payload)).toEqual({
    mesh: "mesh1",
    issuer: bytesOf(testId(1)),
    contact: bytesOf(testId(2)),
    nonce: 7,
    buried: Array.from(digest.buried),
  });
  expect(decodeMerged(merged.bytes)).toMatchObject(digest);
});

test("probe frames, behind the tag and their byte of kind", () => {
  const accusation = { mesh: "mesh1", accused: testId(1), generation: 2, sequence: 2 ** 40 };
  const request = encodeProbeFrame({ kind: "indirect-request", accusation, budgetMs: 1_000 });
  expect([request[0], request[1]]).toEqual([2, 2]);
  expect(asPlain(documented("probe", "IndirectRequest"), request.subarray(2))).toEqual({
    mesh: "mesh1",
    target: bytesOf(testId(1)),
    generation: 2,
    sequence: 2 ** 40,
    budget_ms: 1_000,
  });
  const type = documented("probe", "IndirectReply");
  const signature = new Uint8Array(64).fill(9);
  const reply = encodeProbeFrame({
    kind: "indirect-reply",
    reply: { outcome: "unreached", generation: 2, sequence: 3, signature },
  });
  expect(asPlain(type, reply.subarray(2))).toEqual({
    outcome: "UNREACHED",
    generation: 2,
    sequence: 3,
    signature: Array.from(signature),
  });
  const reached = type.encode(type.fromObject({ outcome: "REACHED", heard_ago_ms: 12 })).finish();
  expect(decodeProbeFrame(Uint8Array.from([2, 3, ...reached]))).toEqual({
    kind: "indirect-reply",
    reply: { outcome: "reached", heardAgoMs: 12 },
  });
});
