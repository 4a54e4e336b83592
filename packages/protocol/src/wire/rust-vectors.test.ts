/**
 * The wire against iroh-gossip 0.101.0 itself. `testing/iroh-gossip-vectors.jsonl` holds what the crate's own types encode to,
 * `testing/iroh-gossip-captured.jsonl` what a live peer put on its streams; `interop/` makes both, and `npm run test:interop` holds
 * the first against the crate again.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesToHex, hexToBytes } from "../ids.js";
import { decodeTopicHeader, decodeTopicMessage, encodeTopicHeader, encodeTopicMessage } from "./gossip-codec.js";
import { decodeAddrInfo, encodeAddrInfo } from "./peer-data.js";
import { messageOf, type RustVector } from "./testing/rust-notation.js";

function load(name: string): RustVector[] {
  const text = readFileSync(new URL(`./testing/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RustVector);
}

const encoded = load("iroh-gossip-vectors");
const captured = load("iroh-gossip-captured");
const messages = encoded.filter(({ kind }) => kind === "message");
const peerData = encoded.filter(({ kind }) => kind === "peer-data");
const frames = captured.filter(({ name }) => name !== "stream header");

test("the files hold every kind of message", () => {
  const kinds = (vectors: readonly RustVector[]) => new Set(vectors.map(({ value }) => messageOf(value).kind));
  expect(kinds(messages).size).toBe(10);
  expect(kinds(frames).size).toBe(10);
  expect(messages.length).toBeGreaterThan(50);
  expect(peerData.length).toBeGreaterThan(9);
});

test.each(messages)("$name", ({ hex, value }) => {
  const message = messageOf(value);
  expect(decodeTopicMessage(hexToBytes(hex))).toEqual(message);
  // The second flag of Disconnect is dead: read, and always written as false.
  const written = value.Swarm?.Disconnect?._respond ? hex.replace(/01$/, "00") : hex;
  expect(bytesToHex(encodeTopicMessage(message))).toBe(written);
});

test.each(peerData)("$name", ({ hex, value }) => {
  const info = { relayUrl: value.relayUrl ?? undefined, directAddresses: value.directAddresses };
  expect(decodeAddrInfo(hexToBytes(hex))).toEqual(info);
  expect(bytesToHex(encodeAddrInfo(info))).toBe(hex);
  // The order on the wire is the encoder's doing.
  expect(bytesToHex(encodeAddrInfo({ ...info, directAddresses: info.directAddresses.toReversed() }))).toBe(hex);
});

test.each(frames)("captured: $name", ({ hex, value }) => {
  const length = Number.parseInt(hex.slice(0, 8), 16);
  const payload = hex.slice(8);
  expect(payload).toHaveLength(2 * length);
  expect(decodeTopicMessage(hexToBytes(payload))).toEqual(messageOf(value));
  expect(bytesToHex(encodeTopicMessage(messageOf(value)))).toBe(payload);
});

test("captured: the addresses of a live peer", () => {
  const join = captured.find(({ name }) => name === "Join")!;
  const info = decodeAddrInfo(hexToBytes(join.value.Swarm.Join));
  expect(info.relayUrl).toBeUndefined();
  expect(info.directAddresses).toHaveLength(1);
  expect(info.directAddresses[0]).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(bytesToHex(encodeAddrInfo(info))).toBe(join.value.Swarm.Join);
});

test("captured: a stream's header", () => {
  const { hex, value } = captured.find(({ name }) => name === "stream header")!;
  expect(hex.slice(0, 8)).toBe("00000020");
  expect(decodeTopicHeader(hexToBytes(hex.slice(8)))).toBe(value.topic);
  expect(bytesToHex(encodeTopicHeader(value.topic))).toBe(hex.slice(8));
});
