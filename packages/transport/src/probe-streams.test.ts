/** Probe streams and what the failure detector asks of the transport, the same cases on both makes. */
import { MAX_PROBE_FRAME_BYTES } from "@meshwork/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TransportLimits } from "./limits.js";
import { eventually, nextEvent, record } from "./testing/kit.js";
import { type Make, makes } from "./testing/makes.js";
import { ManualClock } from "./testing/manual-clock.js";
import { type BiChannel, CloseCode, type InboundStream, StreamTag, type Transport } from "./types.js";

const PING = Uint8Array.of(StreamTag.probe, 0, 1, 2, 3, 4, 5, 6, 7, 8);
const PONG = Uint8Array.of(StreamTag.probe, 1, 1, 2, 3, 4, 5, 6, 7, 8);
const QUESTION = Uint8Array.of(StreamTag.probe, 2, 7);
const ANSWER = Uint8Array.of(StreamTag.probe, 3, 8);

const transports: Transport[] = [];
const clock = new ManualClock();

afterEach(async () => {
  let closed = false;
  const closing = Promise.all(transports.splice(0).map((transport) => transport.close())).then(() => {
    closed = true;
  });
  // What waits on the clock that is moved by hand.
  while (!closed) {
    await clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closing;
});

async function create(make: Make, n: number, limits?: Partial<TransportLimits>): Promise<Transport> {
  const transport = await make.create(n, limits);
  transports.push(transport);
  return transport;
}

/** `a` knows where `b` is. */
async function pair(make: Make, limits?: Partial<TransportLimits>): Promise<{ a: Transport; b: Transport }> {
  const [a, b] = [await create(make, 1, limits), await create(make, 2, limits)];
  a.learnAddresses(b.id, b.boundAddresses());
  return { a, b };
}

async function answer({ recv, send }: InboundStream): Promise<void> {
  expect(await recv.next()).toEqual(QUESTION);
  expect(await recv.next()).toBeNull();
  await send?.write(ANSWER);
  await send?.finish();
}

async function opened(from: Transport, to: Transport, frame: Uint8Array): Promise<BiChannel> {
  const channel = await from.openBi(to.id, StreamTag.probe);
  await channel.send.write(frame);
  return channel;
}

async function ask(from: Transport, to: Transport, frame = QUESTION): Promise<Uint8Array | null> {
  const channel = await opened(from, to, frame);
  await channel.send.finish();
  const reply = await channel.recv.next();
  expect(await channel.recv.next()).toBeNull();
  return reply;
}

describe.each(makes())("probe streams on $name", (make) => {
  test("a question of the node's reaches its handler with the first frame still to be read, and its answer the asker", async () => {
    const { a, b } = await pair(make);
    const events = record(b);
    b.handleStreams(StreamTag.probe, answer);
    expect(() => b.handleStreams(StreamTag.probe, answer)).toThrow(expect.objectContaining({ name: "LinkError" }));
    for (let i = 0; i < 3; i++) expect(await ask(a, b)).toEqual(ANSWER);
    expect(a.counters.sent.probe).toEqual({ frames: 3, bytes: 21 });
    await eventually(() => b.counters.sent.probe.frames === 3);
    expect([events.of("probed"), events.of("violation")]).toEqual([[], []]);
    await eventually(() => a.sizes().openProbeStreams === 0 && b.sizes().openProbeStreams === 0);
  });

  test("without a handler a question is refused as of an unknown tag; pings are answered all the same", async () => {
    const { a, b } = await pair(make);
    const refused = await opened(a, b, QUESTION);
    await expect(refused.recv.next()).rejects.toMatchObject({ code: "reset", streamCode: CloseCode.unknownTag });
    expect([b.counters.unknownTags, b.counters.violations]).toEqual([1, 0]);
    expect(await a.probe(b.id, 5_000)).toBeLessThan(5_000);
    expect(await ask(a, b, PING)).toEqual(PONG);
  });

  test("a ping is reported once, as datagram and as stream, and never reaches the handler", async () => {
    const { a, b } = await pair(make);
    const events = record(b);
    b.handleStreams(StreamTag.probe, () => expect.unreachable());
    await a.connect(b.id);
    await a.probe(b.id, 5_000);
    await eventually(() => events.of("probed").length === 1);
    expect(await ask(a, b, PING)).toEqual(PONG);
    expect(events.of("probed").map(({ peerId }) => peerId)).toEqual([a.id, a.id]);
    const [first, second] = events.of("probed");
    expect(second?.atMs).toBeGreaterThanOrEqual(first?.atMs ?? Number.POSITIVE_INFINITY);
  });

  test.each([
    ["a pong", PONG],
    ["a ping that is too short", PING.subarray(0, 9)],
    ["another lead byte", Uint8Array.of(StreamTag.sync, ...PING.subarray(1))],
    ["another lead byte before a question", Uint8Array.of(StreamTag.sync, 2, 7)],
    ["the lead byte alone", PING.subarray(0, 1)],
    ["an empty frame", new Uint8Array(0)],
    ["a frame above the limit", new Uint8Array(MAX_PROBE_FRAME_BYTES + 1).fill(2)],
  ])("%s as first frame is a violation and costs the stream alone", async (_what, frame) => {
    const { a, b } = await pair(make);
    const events = record(b);
    b.handleStreams(StreamTag.probe, () => expect.unreachable());
    const channel = await opened(a, b, frame);
    const refusal = { code: "reset", streamCode: CloseCode.protocolViolation };
    await expect(channel.recv.next()).rejects.toMatchObject(refusal);
    await eventually(() => b.counters.violations === 1);
    expect([events.of("violation").length, events.of("probed").length]).toEqual([1, 0]);
    expect(await a.probe(b.id, 5_000)).toBeLessThan(5_000);
  });

  test("no frame at all is a violation, and so is a stream that cannot be answered", async () => {
    const { a, b } = await pair(make);
    b.handleStreams(StreamTag.probe, () => expect.unreachable());
    const empty = await a.openBi(b.id, StreamTag.probe);
    await empty.send.finish();
    await expect(empty.recv.next()).rejects.toMatchObject({ streamCode: CloseCode.protocolViolation });
    const oneWay = await a.openUni(b.id, StreamTag.probe);
    await oneWay.write(QUESTION).catch(() => {});
    await eventually(() => b.counters.violations === 2);
    expect(b.counters.unknownTags).toBe(1);
  });

  test("the largest frame passes; an answer above the limit, and too many frames, fail at the reader", async () => {
    const { a, b } = await pair(make, { maxProbeFrames: 3 });
    const largest = new Uint8Array(MAX_PROBE_FRAME_BYTES).fill(9);
    largest.set(QUESTION);
    b.handleStreams(StreamTag.probe, async ({ recv, send }) => {
      const question = (await recv.next()) as Uint8Array;
      if (question.length === largest.length) await send?.write(question);
      else if (question[2] === 7) await send?.write(new Uint8Array(MAX_PROBE_FRAME_BYTES + 1));
      else for (let i = 0; i < 4; i++) send?.tryWrite(ANSWER);
      await send?.finish();
    });
    expect(await ask(a, b, largest)).toEqual(largest);
    const failure = { name: expect.stringMatching(/^(DecodeError|FrameTooLargeError)$/) };
    const oversized = await opened(a, b, QUESTION);
    await expect(oversized.recv.next()).rejects.toMatchObject(failure);
    const talkative = await opened(a, b, Uint8Array.of(StreamTag.probe, 2, 8));
    const readAll = async () => {
      while ((await talkative.recv.next()) !== null);
    };
    await expect(readAll()).rejects.toMatchObject(failure);
  });

  test("a thousand questions at once of one peer: held up to the cap, the others are served", async () => {
    const { a: greedy, b } = await pair(make);
    const guest = await create(make, 3);
    guest.learnAddresses(b.id, b.boundAddresses());
    const held: InboundStream[] = [];
    b.handleStreams(StreamTag.probe, (stream) => {
      if (stream.peerId === greedy.id) held.push(stream);
      else return answer(stream);
    });
    await greedy.connect(b.id);
    const streams = await Promise.all(Array.from({ length: 1_000 }, () => opened(greedy, b, QUESTION)));
    await eventually(() => held.length + b.counters.refusedStreams === 1_000);
    expect([held.length, b.counters.refusedStreams, b.sizes().openProbeStreams]).toEqual([128, 872, 128]);
    expect(await ask(guest, b)).toEqual(ANSWER);
    expect(await guest.probe(b.id, 5_000)).toBeLessThan(5_000);
    expect(await greedy.probe(b.id, 5_000)).toBeLessThan(5_000);
    expect(b.counters.violations).toBe(0);
    const outcomes = streams.map(({ recv }) =>
      recv.next().catch(({ streamCode }: { streamCode?: number }) => streamCode),
    );
    // Answered, they make room for the next.
    for (const { recv, send } of held) {
      recv.stop(0);
      await send?.write(ANSWER);
      await send?.finish();
    }
    const codes = await Promise.all(outcomes);
    expect(codes.filter((code) => code === CloseCode.overCapacity)).toHaveLength(872);
    for (const { recv, send } of streams) {
      recv.stop(0);
      send.reset(0);
    }
    await eventually(() => b.sizes().openProbeStreams === 0 && greedy.sizes().openProbeStreams === 0);
    void opened(greedy, b, QUESTION);
    await eventually(() => held.length === 129);
  });
});

describe.each(makes(clock))("probe streams and time on $name", (make) => {
  let a: Transport;
  let b: Transport;

  beforeEach(async () => {
    ({ a, b } = await pair(make));
    await a.connect(b.id);
    await eventually(() => b.isConnected(a.id));
  });

  test("an answer may take its four and a half seconds; what is open after ten is ended", async () => {
    const held: InboundStream[] = [];
    b.handleStreams(StreamTag.probe, async (stream) => {
      expect(await stream.recv.next()).toEqual(QUESTION);
      held.push(stream);
    });
    const [slow, never] = [await opened(a, b, QUESTION), await opened(a, b, QUESTION)];
    await eventually(() => held.length === 2);
    await clock.advance(4_500);
    await held[0]?.send?.write(ANSWER);
    expect(await slow.recv.next()).toEqual(ANSWER);
    const late = never.recv.next().catch((error: unknown) => error);
    const unread = await opened(a, b, QUESTION);
    await eventually(() => held.length === 3);
    await clock.advance(5_499);
    expect([a.sizes().openProbeStreams, b.sizes().openProbeStreams]).toEqual([3, 3]);
    await clock.advance(1);
    expect([a.sizes().openProbeStreams, b.sizes().openProbeStreams]).toEqual([1, 1]);
    // Whichever end was first: nothing more comes, and nothing more can be said.
    expect(await late).toSatisfy((how) => how === null || (how as { name: string }).name === "LinkError");
    await expect(held[1]?.send?.write(ANSWER)).rejects.toMatchObject({ name: "LinkError" });
    expect(await held[1]?.recv.next()).toBeNull();
    await held[2]?.send?.write(ANSWER);
    expect(await unread.recv.next()).toEqual(ANSWER);
  });

  test("pings, and questions that nobody answers, keep no connection open for ever", async () => {
    const events = record(b);
    b.handleStreams(StreamTag.probe, () => {});
    for (let s = 0; s < 19; s++) {
      await clock.advance(1_000);
      await a.probe(b.id, 10_000_000);
      expect(await ask(a, b, PING)).toEqual(PONG);
    }
    expect(events.of("probed")).toHaveLength(38);
    // At 19 s: use, so that the 30 s count from here, not from when it is ended.
    const question = await opened(a, b, QUESTION);
    question.recv.next().catch(() => {});
    await eventually(() => b.sizes().openProbeStreams === 1);
    await clock.advance(28_000);
    expect([a.isConnected(b.id), b.isConnected(a.id)]).toEqual([true, true]);
    const lost = nextEvent(b, (event) => event.kind === "peer-lost");
    await clock.advance(8_000);
    expect(await lost).toMatchObject({ reason: "idle" });
  });

  test("pings alone do not count: the connection goes when its time is over", async () => {
    const events = record(b);
    const lost = nextEvent(b, (event) => event.kind === "peer-lost");
    for (let s = 0; s < 30; s++) {
      await Promise.all([a.probe(b.id, 10_000_000), ask(a, b, PING)]);
      await clock.advance(s < 29 ? 1_000 : 6_000);
    }
    expect(await lost).toMatchObject({ reason: "idle" });
    expect(events.of("probed")).toHaveLength(60);
  });

  test("when a peer was heard last: of the moment of its last byte, and of nothing once it is gone", async () => {
    expect(a.lastHeardMs("0".repeat(64))).toBeUndefined();
    await clock.advance(3_000);
    await a.probe(b.id, 10_000_000);
    await eventually(() => b.lastHeardMs(a.id) === clock.now());
    expect(a.lastHeardMs(b.id)).toBe(clock.now());
    await clock.advance(2_000);
    expect(b.lastHeardMs(a.id)).toBe(clock.now() - 2_000);
    expect(b.peer(a.id)?.lastHeardMs).toBe(b.lastHeardMs(a.id));
    // Half a frame is a sign of life too.
    a.sendGossip(b.id, new Uint8Array(32), Uint8Array.of(1), false);
    await eventually(() => b.lastHeardMs(a.id) === clock.now());
    a.disconnect(b.id, CloseCode.probeTimeout);
    expect(a.lastHeardMs(b.id)).toBeUndefined();
    await eventually(() => b.lastHeardMs(a.id) === undefined);
  });

  test("a connection that ends takes its probe streams and their timer along", async () => {
    const held: InboundStream[] = [];
    b.handleStreams(StreamTag.probe, (stream) => void held.push(stream));
    for (let i = 0; i < 5; i++) await opened(a, b, QUESTION);
    await eventually(() => held.length === 5);
    a.disconnect(b.id, CloseCode.probeTimeout);
    await eventually(() => a.sizes().openProbeStreams === 0 && b.sizes().openProbeStreams === 0);
    await eventually(() => b.sizes().connections === 0 && a.sizes().connections === 0);
    expect(clock.pendingTimers).toBe(0);
  });
});
