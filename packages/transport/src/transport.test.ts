/** The transport's face, the same cases on both makes. */
import { afterEach, describe, expect, test } from "vitest";
import type { TransportLimits } from "./limits.js";
import { LinkError } from "./link.js";
import { eventually, helloOf, nextEvent, record } from "./testing/kit.js";
import { makes } from "./testing/makes.js";
import { CloseCode, StreamTag, type Transport } from "./types.js";

describe.each(makes())("transport on $name", (make) => {
  const transports: Transport[] = [];

  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
  });

  async function create(n: number, limits?: Partial<TransportLimits>): Promise<Transport> {
    const transport = await make.create(n, limits);
    transports.push(transport);
    return transport;
  }

  async function pair(limits?: Partial<TransportLimits>): Promise<{ a: Transport; b: Transport }> {
    const [a, b] = [await create(1, limits), await create(2, limits)];
    a.learnAddresses(b.id, b.boundAddresses());
    return { a, b };
  }

  test("connect tells who the peer is, at both ends", async () => {
    const { a, b } = await pair();
    const events = record(b);
    const peer = await a.connect(b.id);
    expect(peer).toMatchObject({
      id: b.id,
      hello: helloOf(2),
      alpn: "/meshwork/1",
      direction: "outbound",
      connections: 1,
    });
    expect(peer.path?.kind).toBe("direct");
    await eventually(() => events.of("peer-connected").length === 1);
    expect(events.of("peer-connected")[0]?.peer).toMatchObject({ id: a.id, hello: helloOf(1), direction: "inbound" });
    expect(a.peers().map((info) => info.id)).toEqual([b.id]);
    expect(a.knownAddresses(b.id).length).toBeGreaterThan(0);
    for (const transport of [a, b]) {
      expect(transport.counters.sent.hello.frames).toBe(1);
      expect(transport.counters.received.hello).toEqual(
        transport === a ? b.counters.sent.hello : a.counters.sent.hello,
      );
    }
  });

  test("a transport that does not accept yet keeps its callers waiting, and serves them once started", async () => {
    const a = await create(1);
    const b = await make.create(2, { helloTimeoutMs: 10_000 }, { accepting: false });
    transports.push(b);
    a.learnAddresses(b.id, b.boundAddresses());
    const connecting = a.connect(b.id);
    const early = await Promise.race([connecting, new Promise((resolve) => setTimeout(resolve, 50, "waiting"))]);
    expect(early).toBe("waiting");
    b.start();
    b.start();
    expect((await connecting).id).toBe(b.id);
    expect(b.counters.connectionsOpened.inbound).toBe(1);
  });

  test("concurrent connects, streams and gossip share one dial", async () => {
    const { a, b } = await pair();
    a.sendGossip(b.id, new Uint8Array(32), Uint8Array.of(1), false);
    const channels = Array.from({ length: 5 }, () => a.openUni(b.id, StreamTag.message));
    await Promise.all([a.connect(b.id), a.connect(b.id), ...channels]);
    expect(a.counters.connectionsOpened).toEqual({ inbound: 0, outbound: 1 });
    expect(a.sizes().dials).toBe(0);
  });

  test("requests and replies over one long-lived channel, counted exactly once", async () => {
    const { a, b } = await pair();
    b.handleStreams(StreamTag.request, async ({ recv, send, peerId, tag }) => {
      expect([peerId, tag]).toEqual([a.id, StreamTag.request]);
      for (let frame = await recv.next(); frame !== null; frame = await recv.next()) await send?.write(frame);
      await send?.finish();
    });
    const channel = await a.openBi(b.id, StreamTag.request);
    for (let i = 0; i < 300; i++) {
      const frame = new Uint8Array(1 + ((i * 53) % 3_000)).fill(i & 0xff);
      await channel.send.write(frame);
      expect(Buffer.compare((await channel.recv.next()) as Uint8Array, frame)).toBe(0);
    }
    const large = new Uint8Array(700_000).map((_, i) => i % 253);
    void channel.send.write(large);
    expect(Buffer.compare((await channel.recv.next()) as Uint8Array, large)).toBe(0);
    await channel.send.finish();
    expect(await channel.recv.next()).toBeNull();
    expect(a.counters.sent.request.frames).toBe(301);
    await eventually(() => b.counters.sent.request.frames === 301);
    expect(b.counters.received.request).toEqual(a.counters.sent.request);
    expect(a.counters.received.request).toEqual(b.counters.sent.request);
  });

  test("a server that speaks first is heard: the tag announces the stream without a frame", async () => {
    const { a, b } = await pair();
    b.handleStreams(StreamTag.stats, async ({ send }) => {
      for (let i = 0; i < 3; i++) await send?.write(Uint8Array.of(i));
      await send?.finish();
    });
    const channel = await a.openBi(b.id, StreamTag.stats);
    for (let i = 0; i < 3; i++) expect(await channel.recv.next()).toEqual(Uint8Array.of(i));
    expect(await channel.recv.next()).toBeNull();
    await channel.send.finish();
  });

  test("one-way frames arrive in order, and a thousand sent are a thousand received", async () => {
    const { a, b } = await pair();
    const got: number[] = [];
    b.handleStreams(StreamTag.message, async ({ recv, send }) => {
      expect(send).toBeUndefined();
      for (let frame = await recv.next(); frame !== null; frame = await recv.next()) got.push(frame[0] as number);
    });
    const stream = await a.openUni(b.id, StreamTag.message);
    for (let i = 0; i < 1_000; i++) expect(stream.tryWrite(Uint8Array.of(i & 0xff))).toBe(true);
    await stream.finish();
    await eventually(() => got.length === 1_000);
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => i & 0xff));
    expect(a.counters.sent.message).toEqual({ frames: 1_000, bytes: 5_000 });
    expect(b.counters.received.message).toEqual({ frames: 1_000, bytes: 5_000 });
  });

  test("streams of an unknown tag are reset with unknownTag and counted", async () => {
    const { a, b } = await pair();
    const channel = await a.openBi(b.id, 0x7f);
    await channel.send.write(Uint8Array.of(1));
    await expect(channel.recv.next()).rejects.toMatchObject({ code: "reset", streamCode: CloseCode.unknownTag });
    expect(b.counters.unknownTags).toBe(1);
    expect(b.peer(a.id)).toBeDefined();
  });

  test("extensions have tags of their own, one handler each; gossip has none", async () => {
    const { a, b } = await pair();
    const seen: number[] = [];
    b.handleStreams(0x80, ({ tag }) => {
      seen.push(tag);
    });
    expect(() => b.handleStreams(0x80, () => {})).toThrow(LinkError);
    expect(() => b.handleStreams(StreamTag.gossip, () => {})).toThrow(LinkError);
    const stream = await a.openUni(b.id, 0x80);
    await stream.write(Uint8Array.of(1));
    await eventually(() => seen.length === 1);
  });

  test("a handler whose stream fails under it costs that stream only", async () => {
    const { a, b } = await pair();
    const ended: string[] = [];
    b.handleStreams(StreamTag.request, async ({ recv }) => {
      try {
        for (;;) await recv.next();
      } finally {
        ended.push("ended");
      }
    });
    const channel = await a.openBi(b.id, StreamTag.request);
    await channel.send.write(Uint8Array.of(1));
    await eventually(() => b.counters.received.request.frames === 1);
    channel.send.reset(9);
    await eventually(() => ended.length === 1);
    await expect(channel.recv.next()).rejects.toMatchObject({ code: "reset" });
    expect(a.peer(b.id)).toBeDefined();
  });

  test("a probe gives the round trip, needs no handler, and counts as a frame each way", async () => {
    const { a, b } = await pair();
    await expect(a.probe(b.id, 1_000)).rejects.toMatchObject({ code: "MESH_E_UNREACHABLE" });
    await a.connect(b.id);
    const before = b.peer(a.id)?.lastHeardMs ?? 0;
    for (let i = 0; i < 10; i++) expect(await a.probe(b.id, 5_000)).toBeLessThan(5_000);
    expect(a.counters.sent.probe).toEqual({ frames: 10, bytes: 100 });
    expect(a.counters.received.probe).toEqual({ frames: 10, bytes: 100 });
    expect(b.peer(a.id)?.lastHeardMs).toBeGreaterThan(before);
  });

  test("a beat is heard without an answer of the peer's code, and every four seconds asks for one", async () => {
    const { a, b } = await pair();
    await a.connect(b.id);
    const probed: string[] = [];
    b.onEvent((event) => {
      if (event.kind === "probed") probed.push(event.peerId);
    });
    let pongs = 0;
    a.onEvent((event) => {
      if (event.kind === "pong") pongs++;
    });
    const before = a.lastHeardMs(b.id) ?? 0;
    // The question before the beat dates what comes after it.
    expect(a.beat(b.id)).toBe(true);
    await eventually(() => probed.length === 1);
    await eventually(() => (a.lastHeardMs(b.id) ?? 0) > before);
    expect(a.counters.received.probe.frames).toBe(0);
    expect(pongs).toBe(0);
    const startedMs = performance.now();
    await eventually(() => a.beat(b.id) && pongs > 0);
    // On a slow machine a second question may be under way.
    const askedAtMost = 1 + Math.ceil((performance.now() - startedMs) / 4_000);
    expect(a.counters.received.probe.frames).toBeLessThanOrEqual(askedAtMost);
  });

  test("a ping that nobody waits for comes back as an event, and its absence as a count", async () => {
    const { a, b } = await pair();
    expect(a.ping(b.id)).toBe(false);
    await a.connect(b.id);
    const pongs: number[] = [];
    a.onEvent((event) => {
      if (event.kind === "pong" && event.peerId === b.id) pongs.push(event.rttMs);
    });
    expect(a.ping(b.id)).toBe(true);
    await eventually(() => pongs.length === 1);
    expect(a.counters.pingsUnanswered).toBe(0);
    expect(a.sizes().probes).toBe(0);
    a.disconnect(b.id, CloseCode.shutdown);
    await eventually(() => a.sizes().probes === 0);
  });

  test("a connect that is given up early does not hurt the dial that others wait for", async () => {
    const { a, b } = await pair();
    const abort = new AbortController();
    const given = expect(a.connect(b.id, { signal: abort.signal })).rejects.toMatchObject({ code: "MESH_E_CANCELLED" });
    const hasty = expect(a.connect(b.id, { timeoutMs: 0 })).rejects.toMatchObject({ code: "MESH_E_TIMEOUT" });
    const patient = a.connect(b.id);
    abort.abort();
    await Promise.all([given, hasty]);
    expect((await patient).id).toBe(b.id);
    await expect(a.connect(b.id, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  test("who cannot be reached is a clear error, told once", async () => {
    const a = await create(1, { dialTimeoutMs: 200 });
    const b = await create(2);
    const events = record(a);
    await expect(a.connect(b.id)).rejects.toMatchObject({ code: "MESH_E_UNREACHABLE" });
    a.learnAddresses(b.id, ["127.0.0.1:1"]);
    await expect(a.openBi(b.id, StreamTag.request)).rejects.toMatchObject({ code: "MESH_E_UNREACHABLE" });
    await expect(a.connect(a.id)).rejects.toMatchObject({ code: "MESH_E_UNREACHABLE" });
    expect(events.of("dial-failed").map((event) => event.code)).toEqual(["unreachable", "timeout", "invalid-argument"]);
    expect([a.counters.dialsFailed, a.sizes().dials, a.sizes().connections]).toEqual([3, 0, 0]);
  });

  test("closing says shutdown to the peers, fails what is pending, and answers within its bound", async () => {
    const { a, b } = await pair();
    const events = record(b);
    const own = record(a);
    b.handleStreams(StreamTag.request, async ({ recv }) => {
      while ((await recv.next()) !== null);
    });
    const channel = await a.openBi(b.id, StreamTag.request);
    await channel.send.write(Uint8Array.of(1));
    let retired = 0;
    channel.onRetired(() => {
      retired += 1;
    });
    const pending = channel.recv.next().catch((error: unknown) => error);
    a.sendGossip(b.id, new Uint8Array(32), Uint8Array.of(42), true);
    const lost = nextEvent(b, (event) => event.kind === "peer-lost");
    const startMs = performance.now();
    await a.close();
    expect(performance.now() - startMs).toBeLessThan(2_500);
    expect(await lost).toMatchObject({ peerId: a.id, reason: "shutdown" });
    // What was queued before went out first.
    expect(events.of("gossip").map((event) => event.frame[0])).toEqual([42]);
    expect(await pending).toMatchObject({ name: "LinkError" });
    expect([retired, channel.retired]).toEqual([1, true]);
    expect(own.of("peer-lost")).toHaveLength(1);
    await expect(a.connect(b.id)).rejects.toMatchObject({ code: "MESH_E_CLOSED" });
    await expect(channel.send.write(Uint8Array.of(1))).rejects.toBeInstanceOf(Error);
    a.sendGossip(b.id, new Uint8Array(32), Uint8Array.of(1), false);
    await a.close();
    const sizes = Object.entries(a.sizes()).filter(([name, size]) => size !== 0 && name !== "knownPeers");
    expect(sizes).toEqual([]);
    expect(a.counters.connectionsClosed.shutdown).toBe(1);
    await eventually(() => b.counters.connectionsClosed.shutdown === 1);
  });

  test("fifty peers come and go: every collection is as small as before", async () => {
    const hub = await create(1);
    hub.handleStreams(StreamTag.request, async ({ recv, send }) => {
      for (let frame = await recv.next(); frame !== null; frame = await recv.next()) await send?.write(frame);
      await send?.finish();
    });
    const before = hub.sizes();
    for (let i = 0; i < 50; i++) {
      const guest = await make.create(100 + i);
      guest.learnAddresses(hub.id, hub.boundAddresses());
      const channel = await guest.openBi(hub.id, StreamTag.request);
      await channel.send.write(Uint8Array.of(i));
      expect(await channel.recv.next()).toEqual(Uint8Array.of(i));
      guest.sendGossip(hub.id, new Uint8Array(32).fill(i), Uint8Array.of(i), false);
      hub.sendGossip(guest.id, new Uint8Array(32).fill(i), Uint8Array.of(i), false);
      await guest.close();
    }
    await eventually(() => hub.sizes().connections === 0);
    await eventually(() => hub.sizes().watchedQueues === 0);
    expect(hub.sizes()).toEqual(before);
  });
});
