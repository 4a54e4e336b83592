/** Peers that abuse probe streams: what they may hold stays bounded, violations are counted, others are served meanwhile. */
import { encodeFrame, MAX_PROBE_FRAME_BYTES } from "@meshwork/protocol";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { createMemoryTransport } from "./create.js";
import type { TransportLimits } from "./limits.js";
import type { LinkBiStream, LinkConnection } from "./link.js";
import { LinkError } from "./link.js";
import { MemoryNetwork } from "./memory/network.js";
import { dialByHand, helloOf, idOf, record } from "./testing/kit.js";
import { ManualClock, settle } from "./testing/manual-clock.js";
import { ALPN_MESHWORK, CloseCode, StreamTag, type Transport } from "./types.js";

const QUESTION = Uint8Array.of(StreamTag.probe, 2, 7);

let clock: ManualClock;
let network: MemoryNetwork;
let victim: Transport;
let friend: Transport;
let link: LinkConnection;
let handled: Uint8Array[];

async function start(limits: Partial<TransportLimits> = {}): Promise<void> {
  clock = new ManualClock();
  network = new MemoryNetwork({ clock, maxStreams: 2_000 });
  handled = [];
  victim = createMemoryTransport(network, { id: idOf(1), hello: helloOf(1), limits });
  victim.handleStreams(StreamTag.probe, async ({ recv, send }) => {
    const frame = (await recv.next()) as Uint8Array;
    handled.push(frame);
    await send?.write(frame);
    await send?.finish();
    await recv.next();
  });
  friend = createMemoryTransport(network, { id: idOf(2), hello: helloOf(2) });
  friend.learnAddresses(victim.id, victim.boundAddresses());
  const dialling = dialByHand(network.bind({ id: idOf(66), alpns: [ALPN_MESHWORK] }), victim, helloOf(66));
  await settle();
  link = await dialling;
  await friend.connect(victim.id);
}

afterEach(async () => {
  const closing = Promise.all([victim.close(), friend.close()]);
  await clock.advance(2_000);
  await closing;
  expect(clock.pendingTimers).toBe(0);
  expect([victim.sizes().openProbeStreams, victim.sizes().bufferedBytes]).toEqual([0, 0]);
});

async function throwAt(bytes: Uint8Array, finish = true): Promise<LinkBiStream> {
  const stream = await link.openBi();
  try {
    await stream.send.write(bytes);
    if (finish) await stream.send.finish();
  } catch (error) {
    expect(error).toBeInstanceOf(LinkError);
  }
  return stream;
}

function tagged(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(StreamTag.probe), ...parts]);
}

/** The bytes that come back, or the code of the reset. */
async function outcome(stream: LinkBiStream): Promise<Uint8Array | number | undefined> {
  try {
    return (await stream.recv.read(65_536)) ?? new Uint8Array(0);
  } catch (error) {
    return (error as LinkError).streamCode;
  }
}

async function friendIsServed(): Promise<void> {
  expect(await friend.probe(victim.id, 1_000)).toBeGreaterThanOrEqual(0);
  const channel = await friend.openBi(victim.id, StreamTag.probe);
  await channel.send.write(QUESTION);
  await channel.send.finish();
  expect(await channel.recv.next()).toEqual(QUESTION);
  expect(await channel.recv.next()).toBeNull();
}

test("random bytes as first frame: a pong, the handler, or a violation, as its kind says", async () => {
  await start({ maxViolationsPerConnection: 1_000_000 });
  const frames = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: MAX_PROBE_FRAME_BYTES - 4, maxLength: MAX_PROBE_FRAME_BYTES + 4 }),
    fc.tuple(fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 12 })).map(([kind, rest]) => {
      return Uint8Array.of(StreamTag.probe, kind, ...rest);
    }),
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map((nonce) => Uint8Array.of(StreamTag.probe, 0, ...nonce)),
  );
  const events = record(victim);
  const seen = { pongs: 0, questions: 0, violations: 0 };
  const property = fc.asyncProperty(frames, async (frame) => {
    const result = await outcome(await throwAt(tagged(encodeFrame(frame))));
    const isOurs = frame[0] === StreamTag.probe && frame.length <= MAX_PROBE_FRAME_BYTES;
    if (isOurs && frame[1] === 0 && frame.length === 10) {
      seen.pongs += 1;
      expect(result).toEqual(encodeFrame(Uint8Array.of(StreamTag.probe, 1, ...frame.subarray(2))));
    } else if (isOurs && (frame[1] ?? 0) >= 2) {
      seen.questions += 1;
      expect(result).toEqual(encodeFrame(frame));
    } else {
      seen.violations += 1;
      expect(result).toBe(CloseCode.protocolViolation);
    }
  });
  await fc.assert(property, { numRuns: 500, seed: 20_261_121 });
  expect(Math.min(seen.pongs, seen.questions, seen.violations)).toBeGreaterThan(50);
  expect(events.of("probed")).toHaveLength(seen.pongs);
  expect(handled).toHaveLength(seen.questions);
  expect(victim.counters.violations).toBe(seen.violations);
  await friendIsServed();
});

test("random bytes in place of frames end with their streams; the next peer is served", async () => {
  await start({ maxViolationsPerConnection: 1_000_000 });
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, finish) => {
    await throwAt(tagged(bytes), finish);
  });
  await fc.assert(property, { numRuns: 500, seed: 20_261_121 });
  await settle();
  expect(victim.sizes().openProbeStreams).toBeLessThanOrEqual(128);
  await friendIsServed();
  await clock.advance(10_000);
  expect([victim.sizes().openProbeStreams, victim.sizes().bufferedBytes]).toEqual([0, 0]);
});

test("a thousand streams with half a frame: held up to the cap and for five seconds", async () => {
  await start();
  const streams: LinkBiStream[] = [];
  const half = encodeFrame(new Uint8Array(MAX_PROBE_FRAME_BYTES).fill(2)).subarray(0, MAX_PROBE_FRAME_BYTES);
  for (let i = 0; i < 1_000; i++) streams.push(await throwAt(tagged(half), false));
  await settle();
  expect([victim.sizes().openProbeStreams, victim.counters.refusedStreams]).toEqual([128, 872]);
  // Each holds one unfinished frame, in a buffer that has doubled up to it.
  expect(victim.sizes().bufferedBytes).toBeGreaterThan(0);
  expect(victim.sizes().bufferedBytes).toBeLessThanOrEqual(128 * 2 * MAX_PROBE_FRAME_BYTES);
  await friendIsServed();
  await clock.advance(4_999);
  expect(victim.sizes().openProbeStreams).toBe(128);
  await clock.advance(1);
  expect([victim.sizes().openProbeStreams, victim.sizes().bufferedBytes]).toEqual([0, 0]);
  expect(handled).toEqual([QUESTION]);
});

test("a thousand streams stuffed with empty frames: none is kept, and the connection goes", async () => {
  await start();
  const stuffed = tagged(encodeFrame(QUESTION), new Uint8Array(60_000));
  for (let i = 0; i < 1_000; i++) {
    try {
      await throwAt(stuffed, false);
    } catch {
      // The connection is closed on us.
      break;
    }
  }
  expect(await link.closed).toMatchObject({ by: "peer", code: CloseCode.protocolViolation });
  expect(victim.counters.violations).toBeGreaterThan(100);
  expect(handled).toEqual([]);
  await friendIsServed();
});

test("who never takes the answer, or asks and resets, holds a stream for ten seconds at most", async () => {
  await start();
  const streams: LinkBiStream[] = [];
  for (let i = 0; i < 100; i++) streams.push(await throwAt(tagged(encodeFrame(QUESTION)), false));
  for (const { send } of streams.slice(50)) await send.reset(0);
  await settle();
  expect(handled).toHaveLength(100);
  await clock.advance(9_999);
  expect(victim.sizes().openProbeStreams).toBe(50);
  await clock.advance(1);
  expect(victim.sizes().openProbeStreams).toBe(0);
  await friendIsServed();
});

test("half a ping again and again does not keep a connection from being idle", async () => {
  await start();
  let isClosed = false;
  void link.closed.then(() => {
    isClosed = true;
  });
  for (let second = 0; second < 40 && !isClosed; second++) {
    await throwAt(tagged(Uint8Array.of(0, 0, 0, 10, StreamTag.probe, 0)), false);
    await clock.advance(1_000);
    if (second < 29) expect(victim.sizes().openProbeStreams).toBe(Math.min(second + 1, 4));
  }
  expect(isClosed).toBe(true);
  expect(await link.closed).toMatchObject({ by: "peer", code: CloseCode.idle });
});
