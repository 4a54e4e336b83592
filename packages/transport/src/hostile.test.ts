/** Peers that break the rules, on every tag and on both ALPNs: nothing crashes, memory stays bounded, violations are counted. */
import { encodeFrame, encodeHello } from "@meshwork/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryTransport } from "./create.js";
import type { LinkConnection } from "./link.js";
import { MemoryNetwork } from "./memory/network.js";
import { dialByHand, eventually, helloOf, idOf, record } from "./testing/kit.js";
import { ManualClock, settle } from "./testing/manual-clock.js";
import { ALPN_GOSSIP, ALPN_MESHWORK, CloseCode, StreamTag, type Transport } from "./types.js";

const ATTACKER = idOf(66);

function victimOn(
  network: MemoryNetwork,
  limits: Parameters<typeof createMemoryTransport>[1]["limits"] = {},
): Transport {
  return createMemoryTransport(network, { id: idOf(1), hello: helloOf(1), limits });
}

function attackerOn(network: MemoryNetwork, victim: Transport): Promise<LinkConnection> {
  return dialByHand(network.bind({ id: ATTACKER, alpns: [ALPN_MESHWORK, ALPN_GOSSIP] }), victim, helloOf(66));
}

/** Sends `bytes` as one uni stream; a stop by the victim is what we expect, not an error. */
async function throwAt(link: LinkConnection, bytes: Uint8Array): Promise<void> {
  const stream = await link.openUni();
  try {
    await stream.write(bytes);
    await stream.finish();
  } catch {
    // Refused.
  }
}

function collectingHandlers(victim: Transport): { frames: number; failures: number } {
  const seen = { frames: 0, failures: 0 };
  for (const tag of [StreamTag.sync, StreamTag.stats, StreamTag.telemetry, StreamTag.request, StreamTag.message]) {
    victim.handleStreams(tag, async ({ recv, send }) => {
      try {
        for (;;) {
          const frame = await recv.next();
          if (frame === null) break;
          seen.frames += 1;
        }
        await send?.finish();
      } catch {
        seen.failures += 1;
        recv.stop(CloseCode.protocolViolation);
        send?.reset(CloseCode.protocolViolation);
      }
    });
  }
  return seen;
}

test("garbage on every tag: the victim stays up and serves the next peer", async () => {
  const network = new MemoryNetwork();
  const victim = victimOn(network, { maxViolationsPerConnection: 1_000_000 });
  collectingHandlers(victim);
  const link = await attackerOn(network, victim);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 255 }),
      fc.uint8Array({ maxLength: 200 }),
      fc.boolean(),
      async (tag, bytes, bi) => {
        if (!bi) return throwAt(link, Uint8Array.of(tag, ...bytes));
        const stream = await link.openBi();
        try {
          await stream.send.write(Uint8Array.of(tag, ...bytes));
          await stream.send.finish();
        } catch {
          // Refused.
        }
        stream.recv.stop(0);
      },
    ),
    { numRuns: 600 },
  );
  for (let i = 0; i < 300; i++) link.sendDatagram(Uint8Array.from({ length: i % 20 }, (_, j) => (i * j) & 0xff));
  await settle();
  if (victim.peer(ATTACKER) === undefined) expect(victim.counters.connectionsClosed.protocolViolation).toBe(1);
  const friend = createMemoryTransport(network, { id: idOf(2), hello: helloOf(2) });
  friend.learnAddresses(victim.id, victim.boundAddresses());
  await friend.connect(victim.id);
  expect(await friend.probe(victim.id, 1_000)).toBeGreaterThanOrEqual(0);
  expect(victim.counters.unknownTags).toBeGreaterThan(0);
  await Promise.all([victim.close(), friend.close()]);
});

test("garbage as hello is a violation and costs the connection, at either end", async () => {
  const network = new MemoryNetwork();
  const victim = victimOn(network);
  const events = record(victim);
  const endpoint = network.bind({ id: ATTACKER, alpns: [ALPN_MESHWORK] });
  const shots = [
    encodeFrame(Uint8Array.from({ length: 100 }, (_, i) => i * 7)),
    encodeFrame(new Uint8Array(0)),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3),
    Uint8Array.of(0, 0, 0, 10, 1),
    new Uint8Array(0),
  ];
  for (const shot of shots) {
    const link = await endpoint.connect(victim.id, victim.boundAddresses(), ALPN_MESHWORK, { timeoutMs: 1_000 });
    const stream = await link.openBi();
    await stream.send.write(shot);
    await stream.send.finish();
    expect(await link.closed).toEqual({ by: "peer", code: CloseCode.protocolViolation, reason: "protocolViolation" });
  }
  await eventually(() => events.of("violation").length === shots.length);
  expect(victim.peers()).toEqual([]);
  expect(victim.counters.violations).toBe(shots.length);
  // The victim dials, the peer answers with nonsense.
  victim.learnAddresses(ATTACKER, endpoint.boundAddresses());
  const dial = victim.connect(ATTACKER);
  const answering = (async () => {
    const link = (await endpoint.accept()) as LinkConnection;
    const stream = await link.acceptBi();
    await stream?.send.write(encodeFrame(Uint8Array.of(1, 2, 3)));
    return link.closed;
  })();
  await expect(dial).rejects.toMatchObject({ code: "MESH_E_PROTOCOL" });
  expect((await answering).reason).toBe("protocolViolation");
  expect([victim.counters.dialsFailed, victim.sizes().pendingHellos]).toEqual([1, 0]);
  expect(victim.counters.violations).toBe(shots.length + 1);
  await victim.close();
});

test("a peer that is gone the moment its hello is through leaves no entry behind", async () => {
  const network = new MemoryNetwork();
  const victim = victimOn(network);
  const endpoint = network.bind({ id: ATTACKER, alpns: [ALPN_MESHWORK] });
  victim.learnAddresses(ATTACKER, endpoint.boundAddresses());
  for (let i = 0; i < 20; i++) {
    (await attackerOn(network, victim)).close(0, "");
    await eventually(() => victim.counters.connectionsOpened.inbound === i + 1 && victim.sizes().connections === 0);
    const dial = victim.connect(ATTACKER).catch(() => {});
    const link = (await endpoint.accept()) as LinkConnection;
    const stream = await link.acceptBi();
    await stream?.recv.read(1_000);
    await stream?.send.write(encodeFrame(encodeHello(helloOf(i))));
    link.close(0, "");
    await dial;
  }
  await eventually(() => victim.sizes().connections === 0 && victim.sizes().peers === 0);
  await victim.close();
});

test("a hello that never comes is given up after its limit; too many of them at once are refused", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const victim = victimOn(network, { maxPendingHellos: 5 });
  const endpoint = network.bind({ id: ATTACKER, alpns: [ALPN_MESHWORK] });
  const links: LinkConnection[] = [];
  for (let i = 0; i < 8; i++) {
    const dialling = endpoint.connect(victim.id, victim.boundAddresses(), ALPN_MESHWORK, { timeoutMs: 1_000 });
    await settle();
    links.push(await dialling);
  }
  expect(victim.sizes().pendingHellos).toBe(5);
  await clock.advance(4_900);
  expect(victim.sizes().pendingHellos).toBe(5);
  await clock.advance(200);
  const reasons = await Promise.all(links.map(async (link) => (await link.closed).reason));
  expect(reasons.filter((reason) => reason === "helloTimeout")).toHaveLength(5);
  expect(reasons.filter((reason) => reason === "overCapacity")).toHaveLength(3);
  expect([victim.sizes().pendingHellos, victim.sizes().connections, clock.pendingTimers]).toEqual([0, 0, 0]);
});

test("garbage on the gossip ALPN: an oversized frame costs the stream, a bad header the connection", async () => {
  const network = new MemoryNetwork();
  const victim = victimOn(network);
  const events = record(victim);
  const endpoint = network.bind({ id: ATTACKER, alpns: [ALPN_GOSSIP] });
  const link = await endpoint.connect(victim.id, victim.boundAddresses(), ALPN_GOSSIP, { timeoutMs: 1_000 });
  const header = encodeFrame(new Uint8Array(32).fill(1));
  await throwAt(link, Buffer.concat([header, encodeFrame(new Uint8Array(4_097))]));
  await eventually(() => events.of("violation").length === 1);
  await throwAt(link, Buffer.concat([header, Uint8Array.of(0, 0, 0, 9, 1)]));
  await eventually(() => events.of("violation").length === 2);
  const bi = await link.openBi();
  await bi.send.write(Uint8Array.of(1));
  await eventually(() => events.of("violation").length === 3);
  expect(victim.peer(ATTACKER)).toBeDefined();
  await throwAt(link, Buffer.concat([header, encodeFrame(Uint8Array.of(1))]));
  await eventually(() => events.of("gossip").length === 1);
  // A header may be longer one day, but never shorter.
  await throwAt(link, Buffer.concat([encodeFrame(new Uint8Array(40)), encodeFrame(Uint8Array.of(2))]));
  await eventually(() => events.of("gossip").length === 2);
  await throwAt(link, encodeFrame(new Uint8Array(31)));
  expect((await link.closed).reason).toBe("protocolViolation");
  await eventually(() => events.of("peer-lost").length === 1);
  await victim.close();
});

test("ten thousand streams of unknown tags: refused one by one, then the connection goes", async () => {
  const network = new MemoryNetwork();
  const victim = victimOn(network);
  const link = await attackerOn(network, victim);
  await eventually(() => victim.peer(ATTACKER) !== undefined);
  let opened = 0;
  try {
    for (; opened < 10_000; opened++) {
      const stream = await link.openUni();
      await stream.write(Uint8Array.of(0x7f));
    }
  } catch {
    // Closed on us.
  }
  expect((await link.closed).reason).toBe("protocolViolation");
  expect(opened).toBeLessThan(10_000);
  expect(victim.counters.unknownTags).toBeGreaterThan(100);
  await eventually(() => victim.sizes().connections === 0);
  await victim.close();
});

test("ten thousand gossip streams: read up to the cap, nothing stays behind", async () => {
  const network = new MemoryNetwork({ maxStreams: 20_000 });
  const victim = victimOn(network, { maxViolationsPerConnection: 1_000_000 });
  const link = await attackerOn(network, victim);
  await eventually(() => victim.peer(ATTACKER) !== undefined);
  for (let i = 0; i < 10_000; i++) {
    const stream = await link.openUni();
    await stream.write(Uint8Array.from([1, 0, 0, 0, 32, ...new Uint8Array(32).fill(i & 0xff)])).catch(() => {});
  }
  await eventually(() => victim.counters.droppedFrames === 0 && victim.sizes().gossipStreamsIn === 256);
  link.close(0, "");
  await eventually(() => victim.sizes().gossipStreamsIn === 0);
  expect(victim.sizes().connections).toBe(0);
  await victim.close();
});

test("headers that never finish are given up after their limit", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const victim = victimOn(network);
  const events = record(victim);
  const dialling = attackerOn(network, victim);
  await settle();
  const link = await dialling;
  for (let i = 0; i < 50; i++) {
    const stream = await link.openUni();
    await stream.write(Uint8Array.of(StreamTag.gossip, 0, 0, 0));
    const probe = await link.openBi();
    await probe.send.write(Uint8Array.of(StreamTag.probe, 0, 0));
  }
  await settle();
  expect(victim.sizes().gossipStreamsIn).toBe(50);
  await clock.advance(5_100);
  expect(victim.sizes().gossipStreamsIn).toBe(0);
  expect(events.of("violation").length).toBeGreaterThanOrEqual(50);
});

test("frames that never finish are held up to the peer's budget, not beyond", async () => {
  const network = new MemoryNetwork({ windowBytes: 1 << 20 });
  const limits = { peerBufferBytes: 4 << 20, maxViolationsPerConnection: 1_000_000 };
  const victim = victimOn(network, limits);
  const seen = collectingHandlers(victim);
  const link = await attackerOn(network, victim);
  // 100 streams, each with 1 MB of a frame that is announced as 4 MB.
  const part = new Uint8Array(1 << 20);
  part.set([StreamTag.request, 0, 0x40, 0, 0]);
  for (let i = 0; i < 100; i++) {
    const stream = await link.openBi();
    stream.send.write(part).catch(() => {});
  }
  await eventually(() => seen.failures >= 90);
  expect(seen.frames).toBe(0);
  expect(victim.sizes().bufferedBytes).toBeLessThanOrEqual(limits.peerBufferBytes);
  link.close(0, "");
  await eventually(() => victim.sizes().bufferedBytes === 0);
  await victim.close();
});

test("a peer cannot answer another peer's probe, nor guess one", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const victim = victimOn(network);
  const dialling = attackerOn(network, victim);
  await settle();
  const link = await dialling;
  const silent = dialByHand(network.bind({ id: idOf(5), alpns: [ALPN_MESHWORK] }), victim, helloOf(5));
  await settle();
  const quiet = await silent;
  const probing = victim.probe(idOf(5), 1_000).catch((error: unknown) => error);
  const datagram = quiet.readDatagram();
  await settle();
  const ping = (await datagram) as Uint8Array;
  link.sendDatagram(Uint8Array.of(ping[0] as number, 1, ...ping.subarray(2)));
  link.sendDatagram(Uint8Array.of(2, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  await clock.advance(999);
  expect(victim.sizes().probes).toBe(1);
  await clock.advance(2);
  expect(await probing).toMatchObject({ code: "MESH_E_TIMEOUT" });
  expect(victim.sizes().probes).toBe(0);
});
