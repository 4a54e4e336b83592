import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { CpuProfile } from "./cpu-profile.js";
import type { NodeProfile } from "./profile-types.js";
import { decodeOrder, decodeProfile, encodeOrder, encodeProfile } from "./profile-wire.js";

const profile = JSON.parse(readFileSync(new URL("../test/small.cpuprofile", import.meta.url), "utf8")) as CpuProfile;
const window = {
  ...{ durationMs: 100, cpuMs: 12.5, connectionsOpened: 0 },
  threads: [{ name: "node", role: "main" as const, cpuMs: 12, wakeUps: 31 }],
  frames: { gossip: { sent: 1, received: 2, sentBytes: 30, receivedBytes: 40 } },
};
const result: NodeProfile = {
  ...{ node: "mesh1.broker.aaaaaa", process: { pid: 7, shared: false }, samplingIntervalUs: 1_000 },
  ...{ quiet: window, sampled: { ...window, threads: null }, profile },
};
const bytes = (text: string) => new TextEncoder().encode(text);
const packed = (value: unknown) => gzipSync(JSON.stringify(value));

test("an order and a profile survive the wire; a profile travels at less than a third of its size", async () => {
  expect(decodeOrder(bytes(encodeOrder(1_500)))).toBe(1_500);
  const body = await encodeProfile(result);
  expect(await decodeProfile(body)).toEqual(result);
  expect(body.byteLength).toBeLessThan(JSON.stringify(result).length / 3);
});

test.each([
  "",
  "{}",
  "null",
  "7",
  '{"durationMs":99}',
  '{"durationMs":60001}',
  '{"durationMs":"500"}',
  '{"durationMs":500.5}',
  "{",
  " ".repeat(300),
])("the order %j is refused", (text) => {
  expect(() => decodeOrder(bytes(text))).toThrow(expect.objectContaining({ code: "MESH_E_REFUSED" }));
});

test("a profile with too many call sites, or too large even packed, is refused where it was taken", async () => {
  const [first] = profile.nodes;
  if (first === undefined) throw new Error("the recorded profile is empty");
  const many = { ...profile, nodes: new Array(20_001).fill(first) };
  const refusal = { code: "MESH_E_BODY_TOO_LARGE", message: expect.stringContaining("take a shorter one") };
  await expect(encodeProfile({ ...result, profile: many })).rejects.toMatchObject(refusal);
  // Names without repetition: what packing cannot make small.
  let seed = 1;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed.toString(36);
  };
  const noise = Array.from({ length: 20_000 }, (_, id) => ({
    ...first,
    id,
    callFrame: { ...first.callFrame, functionName: Array.from({ length: 20 }, random).join("") },
  }));
  await expect(encodeProfile({ ...result, profile: { ...profile, nodes: noise } })).rejects.toMatchObject(refusal);
});

test.each([
  ["no gzip", bytes("{}")],
  ["no JSON", gzipSync("{")],
  ["another thing", packed({ hello: 1 })],
  ["a profile that is none", packed({ ...result, profile: { nodes: [] } })],
  ["a window without CPU", packed({ ...result, quiet: { ...window, cpuMs: null } })],
  ["threads that are none", packed({ ...result, quiet: { ...window, threads: [{ name: "x" }] } })],
  ["frames that are none", packed({ ...result, sampled: { ...window, frames: { gossip: {} } } })],
  ["a process without a pid", packed({ ...result, process: { shared: false } })],
  ["one that unpacks to 64 MB", gzipSync(Buffer.alloc(64 * 1024 * 1024))],
])("a reply with %s is the peer's breach", async (_title, body) => {
  await expect(decodeProfile(body)).rejects.toMatchObject({ code: "MESH_E_PROTOCOL" });
});
