/** Gossip frames between transports, and between a transport and a peer made by hand. */
import { expect, test } from "vitest";
import { createMemoryTransport } from "./create.js";
import type { LinkConnection, LinkRecvStream } from "./link.js";
import { MemoryNetwork } from "./memory/network.js";
import { dialByHand, eventually, helloOf, idOf, record } from "./testing/kit.js";
import { ManualClock, settle } from "./testing/manual-clock.js";
import { ALPN_GOSSIP, ALPN_MESHWORK, type Transport } from "./types.js";

const TOPIC = new Uint8Array(32).fill(0x10);
const OTHER_TOPIC = new Uint8Array(32).fill(0x11);

async function readToEnd(recv: LinkRecvStream | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = (await recv?.read(65_536)) ?? null;
    if (chunk === null) return Buffer.concat(chunks).toString("hex");
    chunks.push(chunk);
  }
}

function transportOn(
  network: MemoryNetwork,
  n: number,
  more: Parameters<typeof createMemoryTransport>[1]["limits"] = {},
) {
  return createMemoryTransport(network, { id: idOf(n), hello: helloOf(n), limits: more });
}

test("frames wait for the dial, then arrive in order, one event and one count each", async () => {
  const network = new MemoryNetwork();
  const a = transportOn(network, 1);
  const b = transportOn(network, 2);
  const events = record(b);
  a.learnAddresses(b.id, b.boundAddresses());
  for (let i = 0; i < 200; i++) a.sendGossip(b.id, TOPIC, Uint8Array.of(i), false);
  await eventually(() => events.of("gossip").length === 200);
  for (let i = 200; i < 1_000; i++) a.sendGossip(b.id, TOPIC, Uint8Array.of(i & 0xff), false);
  await eventually(() => events.of("gossip").length === 1_000);
  expect(events.of("gossip").map((event) => event.frame[0])).toEqual(Array.from({ length: 1_000 }, (_, i) => i & 0xff));
  expect(events.of("gossip").every((event) => Buffer.compare(event.topic, TOPIC) === 0)).toBe(true);
  expect(a.counters.sent.gossip).toEqual({ frames: 1_000, bytes: 5_000 });
  expect(b.counters.received.gossip).toEqual({ frames: 1_000, bytes: 5_000 });
  expect([a.counters.droppedFrames, a.counters.connectionsOpened.outbound]).toEqual([0, 1]);
  expect([a.sizes().gossipStreamsOut, b.sizes().gossipStreamsIn]).toEqual([1, 1]);
  await Promise.all([a.close(), b.close()]);
});

test("on /meshwork/1 a stream starts with tag and topic frame; it ends after the final frame and a later one opens anew", async () => {
  const network = new MemoryNetwork();
  const a = transportOn(network, 1);
  const link = await dialByHand(network.bind({ id: idOf(2), alpns: [ALPN_MESHWORK] }), a, helloOf(2));
  await eventually(() => a.peer(idOf(2)) !== undefined);
  a.sendGossip(idOf(2), TOPIC, Uint8Array.of(1), false);
  a.sendGossip(idOf(2), TOPIC, Uint8Array.of(2, 3), true);
  a.sendGossip(idOf(2), TOPIC, Uint8Array.of(4), true);
  expect(await readToEnd(await link.acceptUni())).toBe(`0100000020${"10".repeat(32)}0000000101000000020203`);
  expect(await readToEnd(await link.acceptUni())).toBe(`0100000020${"10".repeat(32)}0000000104`);
  await eventually(() => a.sizes().gossipStreamsOut === 0);
  await a.close();
});

test("topics have streams of their own", async () => {
  const network = new MemoryNetwork();
  const a = transportOn(network, 1);
  const b = transportOn(network, 2);
  const events = record(b);
  a.learnAddresses(b.id, b.boundAddresses());
  for (let i = 0; i < 10; i++) a.sendGossip(b.id, i % 2 === 0 ? TOPIC : OTHER_TOPIC, Uint8Array.of(i), false);
  await eventually(() => events.of("gossip").length === 10);
  expect(a.sizes().gossipStreamsOut).toBe(2);
  for (const topic of [TOPIC, OTHER_TOPIC]) {
    const frames = events.of("gossip").filter((event) => event.topic[0] === topic[0]);
    expect(frames.map((event) => event.frame[0])).toEqual(topic === TOPIC ? [0, 2, 4, 6, 8] : [1, 3, 5, 7, 9]);
  }
  await Promise.all([a.close(), b.close()]);
});

test("a foreign peer is dialled on its own ALPN after a refusal, and first there from then on", async () => {
  const network = new MemoryNetwork();
  const a = transportOn(network, 1);
  const foreign = network.bind({ id: idOf(2), alpns: [ALPN_GOSSIP] });
  a.learnAddresses(foreign.id, foreign.boundAddresses());
  a.sendGossip(foreign.id, TOPIC, Uint8Array.of(1), true);
  const link = (await foreign.accept()) as LinkConnection;
  expect(link.alpn).toBe(ALPN_GOSSIP);
  expect(await readToEnd(await link.acceptUni())).toBe(`00000020${"10".repeat(32)}0000000101`);
  expect(a.sizes().foreignPeers).toBe(1);
  expect(a.counters.dialsFailed).toBe(0);
  await expect(a.openBi(foreign.id, 0x10)).rejects.toMatchObject({ code: "MESH_E_UNREACHABLE" });
  await expect(a.probe(foreign.id, 100)).rejects.toMatchObject({ code: "MESH_E_UNREACHABLE" });
  await a.close();
});

test("an id remembered as foreign that speaks /meshwork/1 now is reached all the same, and forgotten", async () => {
  const network = new MemoryNetwork();
  const a = transportOn(network, 1);
  const before = network.bind({ id: idOf(2), alpns: [ALPN_GOSSIP] });
  a.learnAddresses(before.id, before.boundAddresses());
  await a.connect(before.id);
  await before.close(0, "over");
  await eventually(() => a.peer(idOf(2)) === undefined);
  const b = createMemoryTransport(network, { id: idOf(2), hello: helloOf(2), alpns: [ALPN_MESHWORK] });
  a.learnAddresses(b.id, b.boundAddresses());
  expect((await a.connect(b.id)).alpn).toBe(ALPN_MESHWORK);
  expect(a.sizes().foreignPeers).toBe(0);
  await Promise.all([a.close(), b.close()]);
});

test("a dial into nothing fails after its limit: frames are dropped and counted, nothing stays behind", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const a = transportOn(network, 1, { dialQueueFrames: 10 });
  const events = record(a);
  a.learnAddresses(idOf(2), ["127.0.0.1:1"]);
  for (let i = 0; i < 15; i++) a.sendGossip(idOf(2), TOPIC, Uint8Array.of(i), false);
  expect([a.sizes().gossipWaitingFrames, a.counters.droppedFrames, a.sizes().dials]).toEqual([10, 5, 1]);
  await clock.advance(4_900);
  expect(events.of("dial-failed")).toEqual([]);
  await clock.advance(200);
  expect(events.of("dial-failed").map((event) => event.code)).toEqual(["timeout"]);
  expect([a.sizes().gossipWaitingFrames, a.counters.droppedFrames, a.sizes().dials]).toEqual([0, 15, 0]);
  expect([a.counters.dialsFailed, clock.pendingTimers]).toEqual([1, 0]);
});

test("a frame that the peer would refuse is dropped alone; the stream goes on", async () => {
  const network = new MemoryNetwork();
  const a = transportOn(network, 1);
  const b = transportOn(network, 2);
  const events = record(b);
  a.learnAddresses(b.id, b.boundAddresses());
  a.sendGossip(b.id, TOPIC, new Uint8Array(4_095), false);
  a.sendGossip(b.id, TOPIC, new Uint8Array(4_096), false);
  a.sendGossip(b.id, TOPIC, new Uint8Array(10_000), false);
  a.sendGossip(b.id, TOPIC, Uint8Array.of(1), false);
  await eventually(() => events.of("gossip").length === 2);
  expect(events.of("gossip").map((event) => event.frame.length)).toEqual([4_095, 1]);
  expect(a.counters.droppedFrames).toBe(2);
  expect(a.sizes().gossipStreamsOut).toBe(1);
  await Promise.all([a.close(), b.close()]);
});

/** A peer that says hello and then never reads. */
async function stuckPeer(network: MemoryNetwork, target: Transport, n: number): Promise<LinkConnection> {
  const dialling = dialByHand(network.bind({ id: idOf(n), alpns: [ALPN_MESHWORK] }), target, helloOf(n));
  await settle();
  return dialling;
}

test("a stuck reader is dropped after the stall limit and never blocks others", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, windowBytes: 16_384 });
  const a = transportOn(network, 1);
  const b = transportOn(network, 2);
  const heardByB = record(b);
  const events = record(a);
  a.learnAddresses(b.id, b.boundAddresses());
  const connecting = a.connect(b.id);
  await settle();
  await connecting;
  const stuck = await stuckPeer(network, a, 3);
  const frame = new Uint8Array(4_000);
  for (let i = 0; i < 1_000; i++) {
    a.sendGossip(idOf(3), TOPIC, frame, false);
    if (i % 10 === 0) a.sendGossip(b.id, TOPIC, Uint8Array.of(i & 0xff), false);
  }
  await settle();
  expect(heardByB.of("gossip")).toHaveLength(100);
  // The queue is bounded: 1 MiB of 4 MB waits, the rest is dropped and counted.
  expect(a.counters.droppedFrames).toBeGreaterThan(700);
  await clock.advance(4_500);
  expect(a.peer(idOf(3))).toBeDefined();
  await clock.advance(2_000);
  expect(a.peer(idOf(3))).toBeUndefined();
  expect(events.of("peer-lost")).toMatchObject([{ peerId: idOf(3), reason: "stalled" }]);
  expect(await stuck.closed).toMatchObject({ by: "peer", reason: "stalled" });
  expect(a.peer(b.id)).toBeDefined();
  expect(a.counters.sent.gossip.frames + a.counters.droppedFrames).toBe(1_100);
  expect([a.sizes().gossipStreamsOut, a.sizes().watchedQueues]).toEqual([1, 0]);
});

test("a slow reader that moves is not dropped", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, windowBytes: 8_192 });
  const a = transportOn(network, 1);
  const slow = await stuckPeer(network, a, 3);
  for (let i = 0; i < 20; i++) a.sendGossip(idOf(3), TOPIC, new Uint8Array(4_000), false);
  const accepting = slow.acceptUni();
  await settle();
  const recv = await accepting;
  let bytes = 0;
  for (let i = 0; i < 100 && bytes <= 80_000; i++) {
    await clock.advance(1_500);
    bytes += (await recv?.read(8_192))?.length ?? 0;
  }
  expect(bytes).toBeGreaterThan(80_000);
  expect(a.peer(idOf(3))).toBeDefined();
});

test("a peer whose stream limit is used up is dropped like one that does not read", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, maxStreams: 2 });
  const a = transportOn(network, 1);
  const events = record(a);
  await stuckPeer(network, a, 3);
  for (let i = 0; i < 5; i++) a.sendGossip(idOf(3), new Uint8Array(32).fill(i), Uint8Array.of(1), false);
  await clock.advance(7_000);
  expect(events.of("peer-lost")).toMatchObject([{ reason: "stalled" }]);
});
