/** What the crate encodes today is what is checked in, and what a live peer sends today is read by our codec. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeTopicMessage, encodeTopicMessage, hexToBytes } from "@meshwork/protocol";
import { expect, test } from "vitest";
import { messageOf, type RustVector } from "../../packages/protocol/src/wire/testing/rust-notation.js";
import { rustBinary } from "./peer-process.js";

const CHECKED_IN = join(import.meta.dirname, "../../packages/protocol/src/wire/testing/iroh-gossip-vectors.jsonl");

function run(...args: string[]): string {
  return execFileSync(rustBinary("vectors"), args, { encoding: "utf8", timeout: 60_000 });
}

test("golden vectors: the crate's types encode to what is checked in", () => {
  expect(run()).toBe(readFileSync(CHECKED_IN, "utf8"));
});

test("golden vectors: every message of a live peer, captured now, is read and written alike", () => {
  const frames = run("capture")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RustVector);
  const kinds = new Set<string>();
  for (const { name, hex, value } of frames) {
    if (name === "stream header") continue;
    const payload = hex.slice(8);
    const message = messageOf(value);
    kinds.add(message.kind);
    expect(decodeTopicMessage(hexToBytes(payload)), name).toEqual(message);
    expect(Buffer.from(encodeTopicMessage(message)).toString("hex"), name).toBe(payload);
  }
  expect([...kinds].sort()).toEqual([
    "disconnect",
    "forward-join",
    "gossip",
    "graft",
    "ihave",
    "join",
    "neighbor",
    "prune",
    "shuffle",
    "shuffle-reply",
  ]);
});
