/** The registry's rule for several connections to one peer, on real transports over the memory network. */
import { expect, test } from "vitest";
import { createMemoryTransport } from "./create.js";
import { MemoryNetwork } from "./memory/network.js";
import { dialByHand, eventually, helloOf, idOf, record, seeded } from "./testing/kit.js";
import { ManualClock, settle } from "./testing/manual-clock.js";
import { ALPN_GOSSIP, ALPN_MESHWORK, CloseCode, StreamTag, type Transport } from "./types.js";

const SMALL = idOf(0xa);
const LARGE = idOf(0xb);

function echo(transport: Transport): void {
  transport.handleStreams(StreamTag.request, async ({ recv, send }) => {
    try {
      for (;;) {
        const frame = await recv.next();
        if (frame === null) break;
        await send?.write(frame);
      }
      await send?.finish();
    } catch {
      // The connection went first.
    }
  });
}

function pairOn(network: MemoryNetwork): { a: Transport; b: Transport } {
  const a = createMemoryTransport(network, { id: SMALL, hello: helloOf(1) });
  const b = createMemoryTransport(network, { id: LARGE, hello: helloOf(2) });
  a.learnAddresses(b.id, b.boundAddresses());
  b.learnAddresses(a.id, a.boundAddresses());
  echo(a);
  echo(b);
  return { a, b };
}

test("simultaneous dials closing each other: 100 rounds leave exactly one connection at both ends and lose no frame", async () => {
  let duplicates = 0;
  for (let round = 0; round < 100; round++) {
    const random = seeded(round + 1);
    const clock = new ManualClock();
    const network = new MemoryNetwork({ clock, latencyMs: () => Math.floor(random() * 8) });
    const { a, b } = pairOn(network);
    const events = [record(a), record(b)];
    const lostReplies: number[] = [];

    const exchange = async (from: Transport, to: Transport) => {
      await new Promise<void>((resume) => clock.setTimer(resume, Math.floor(random() * 12)));
      await from.connect(to.id);
      const channel = await from.openBi(to.id, StreamTag.request);
      let replies = 0;
      for (let i = 0; i < 20; i++) {
        await channel.send.write(Uint8Array.of(i));
        const reply = await channel.recv.next();
        if (reply?.[0] === i) replies += 1;
        await new Promise<void>((resume) => clock.setTimer(resume, 5));
      }
      await channel.send.finish();
      expect(await channel.recv.next()).toBeNull();
      if (replies !== 20) lostReplies.push(replies);
    };
    const exchanges = [exchange(a, b), exchange(b, a)];
    for (let i = 0; i < 150; i++) await clock.advance(20);
    await Promise.all(exchanges);

    expect(lostReplies, `round ${round}`).toEqual([]);
    expect([a.sizes().connections, b.sizes().connections], `round ${round}`).toEqual([1, 1]);
    expect([a.peer(b.id)?.connections, b.peer(a.id)?.connections]).toEqual([1, 1]);
    expect([events[0]?.of("peer-lost").length, events[1]?.of("peer-lost").length]).toEqual([0, 0]);
    expect([events[0]?.of("peer-connected").length, events[1]?.of("peer-connected").length]).toEqual([1, 1]);
    if (a.counters.connectionsClosed.duplicate !== 0) {
      duplicates += 1;
      // The survivor is the one that the smaller id dialled.
      expect(a.peer(b.id)?.direction).toBe("outbound");
      expect(b.counters.connectionsClosed.duplicate).toBe(1);
    }
    const closing = Promise.all([a.close(), b.close()]);
    for (let i = 0; i < 50; i++) await clock.advance(50);
    await closing;
  }
  expect(duplicates).toBeGreaterThan(20);
});

test("the channel on the losing connection is told to retire, so that its user moves over", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, latencyMs: () => 1 });
  const { a, b } = pairOn(network);
  const connecting = b.connect(a.id);
  await clock.advance(20);
  await connecting;
  const opening = b.openBi(a.id, StreamTag.request);
  await clock.advance(5);
  const channel = await opening;
  let told = 0;
  channel.onRetired(() => {
    told += 1;
  });
  expect(channel.retired).toBe(false);
  // The smaller id dials by hand what `connect` would not: a second connection, as if both had dialled at once.
  const endpoint = network.bind({ id: idOf(1), alpns: [ALPN_MESHWORK] });
  const third = dialByHand(endpoint, b, helloOf(3));
  await clock.advance(20);
  await third;
  expect([channel.retired, told]).toEqual([false, 0]);
  await expectSimultaneous(clock, network, b);
  async function expectSimultaneous(_: ManualClock, net: MemoryNetwork, target: Transport): Promise<void> {
    const twin = net.bind({ id: SMALL, alpns: [ALPN_MESHWORK] });
    const dial = dialByHand(twin, target, helloOf(1));
    await clock.advance(20);
    await dial;
  }
  expect([channel.retired, told]).toEqual([true, 1]);
  expect(b.peer(a.id)?.direction).toBe("inbound");
  await channel.send.write(Uint8Array.of(1));
  // It may still finish: only the smaller id closes, and this end is the larger.
  expect(b.counters.connectionsClosed.duplicate).toBe(0);
});

test("a superseded connection left open: the older is closed at both ends and counted once at each", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a, b } = pairOn(network);
  const events = record(b);
  const connecting = a.connect(b.id);
  await clock.advance(1);
  await connecting;
  await clock.advance(10_000);
  // The same process dials again (it has lost its end without b noticing).
  const twin = network.bind({ id: SMALL, alpns: [ALPN_MESHWORK] });
  const dial = dialByHand(twin, b, helloOf(1));
  await settle();
  const second = await dial;
  expect(b.peer(a.id)?.connections).toBe(2);
  await clock.advance(2_100);
  expect(b.peer(a.id)?.connections).toBe(1);
  expect(b.counters.connectionsClosed.superseded).toBe(1);
  expect(a.counters.connectionsClosed.superseded).toBe(1);
  expect(a.sizes().connections).toBe(0);
  expect(b.sizes().connections).toBe(1);
  expect(events.of("connection-closed").map((event) => event.reason)).toEqual(["superseded"]);
  expect(events.of("peer-lost")).toEqual([]);
  let closed = false;
  void second.closed.then(() => {
    closed = true;
  });
  await clock.advance(100);
  expect(closed).toBe(false);
});

test("closing the old connection removing the new registry entry: the newcomer stays, and is used", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a, b } = pairOn(network);
  const events = record(b);
  const connecting = a.connect(b.id);
  await settle();
  await connecting;
  await clock.advance(10_000);
  const twin = network.bind({ id: SMALL, alpns: [ALPN_MESHWORK] });
  const dial = dialByHand(twin, b, helloOf(1));
  await settle();
  const second = await dial;
  await clock.advance(2_100);
  expect(events.of("connection-closed")).toHaveLength(1);
  expect(events.of("peer-lost")).toEqual([]);
  expect(b.peer(SMALL)?.connections).toBe(1);
  const opening = b.openUni(SMALL, StreamTag.message);
  const accepted = second.acceptUni();
  await settle();
  await opening;
  expect(await accepted).not.toBeNull();
  expect(b.counters.connectionsOpened).toEqual({ inbound: 2, outbound: 0 });
});

test("a peer that was killed and came back refused in favour of its corpse: a new boot nonce replaces at once", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a, b } = pairOn(network);
  const events = record(b);
  // Dialled by b, the larger id, so that the rule for simultaneous dials would speak for the corpse's connection or the new one alike.
  const connecting = a.connect(b.id);
  await settle();
  await connecting;
  network.kill(SMALL);
  await clock.advance(100);
  expect(b.peer(SMALL)?.connections).toBe(1);
  const reborn = createMemoryTransport(network, { id: SMALL, hello: helloOf(99) });
  reborn.learnAddresses(b.id, b.boundAddresses());
  const redial = reborn.connect(b.id);
  await settle();
  await redial;
  expect(b.peer(SMALL)?.hello?.bootNonce).toBe(helloOf(99).bootNonce);
  expect(b.peer(SMALL)?.connections).toBe(1);
  expect(b.counters.connectionsClosed.superseded).toBe(1);
  expect(events.of("peer-lost")).toEqual([]);
  expect(events.of("peer-connected").map((event) => event.peer.hello?.bootNonce)).toEqual([
    helloOf(1).bootNonce,
    helloOf(99).bootNonce,
  ]);
  expect(reborn.peer(b.id)?.connections).toBe(1);
});

test("a corpse that the peer itself had dialled gives way as well", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a, b } = pairOn(network);
  const connecting = b.connect(a.id);
  await settle();
  await connecting;
  network.kill(SMALL);
  const reborn = createMemoryTransport(network, { id: SMALL, hello: helloOf(99) });
  reborn.learnAddresses(b.id, b.boundAddresses());
  const redial = reborn.connect(b.id);
  await settle();
  await redial;
  expect([b.peer(SMALL)?.direction, b.peer(SMALL)?.connections]).toEqual(["inbound", 1]);
});

test("redials of connected peers: whatever is asked for goes over the one connection", async () => {
  const network = new MemoryNetwork();
  const { a, b } = pairOn(network);
  const topic = new Uint8Array(32);
  await Promise.all(Array.from({ length: 20 }, () => a.connect(b.id)));
  for (let i = 0; i < 50; i++) {
    await a.connect(b.id);
    await b.connect(a.id);
    a.sendGossip(b.id, topic, Uint8Array.of(i), i % 10 === 0);
    b.sendGossip(a.id, topic, Uint8Array.of(i), false);
    await (await a.openBi(b.id, StreamTag.request)).send.finish();
    await b.probe(a.id, 1_000);
  }
  expect(a.counters.connectionsOpened).toEqual({ inbound: 0, outbound: 1 });
  expect(b.counters.connectionsOpened).toEqual({ inbound: 1, outbound: 0 });
  await Promise.all([a.close(), b.close()]);
});

test("a winner that dies while the loser drains brings the loser back", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a, b } = pairOn(network);
  const events = record(b);
  const connecting = a.connect(b.id);
  await settle();
  await connecting;
  await clock.advance(10_000);
  const opening = a.openBi(b.id, StreamTag.request);
  await settle();
  const channel = await opening;
  await channel.send.write(Uint8Array.of(1));
  const twin = network.bind({ id: SMALL, alpns: [ALPN_MESHWORK] });
  const dial = dialByHand(twin, b, helloOf(1));
  await settle();
  (await dial).close(0, "shutdown");
  await clock.advance(5_000);
  expect(b.peer(SMALL)?.connections).toBe(1);
  expect(events.of("peer-lost")).toEqual([]);
  expect(a.sizes().connections).toBe(1);
});

test("on the gossip ALPN the newest is used for sending and all are read", async () => {
  const network = new MemoryNetwork();
  const a = createMemoryTransport(network, { id: SMALL, hello: helloOf(1) });
  const foreign = network.bind({ id: LARGE, alpns: [ALPN_GOSSIP] });
  const events = record(a);
  const options = { timeoutMs: 1_000 };
  const first = await foreign.connect(a.id, a.boundAddresses(), ALPN_GOSSIP, options);
  const second = await foreign.connect(a.id, a.boundAddresses(), ALPN_GOSSIP, options);
  await eventually(() => a.peer(LARGE)?.connections === 2);
  a.sendGossip(LARGE, new Uint8Array(32).fill(7), Uint8Array.of(1, 2), true);
  const stream = await second.acceptUni();
  const bytes = await stream?.read(1_000);
  expect(Buffer.from(bytes as Uint8Array).toString("hex")).toBe(`00000020${"07".repeat(32)}000000020102`);
  for (const link of [first, second]) {
    const send = await link.openUni();
    await send.write(Uint8Array.from([0, 0, 0, 32, ...new Uint8Array(32).fill(9), 0, 0, 0, 1, 5]));
    await send.finish();
  }
  await eventually(() => events.of("gossip").length === 2);
  expect(a.peer(LARGE)?.hello).toBeUndefined();
  expect(a.counters.received.gossip).toEqual({ frames: 2, bytes: 10 });
  first.close(0, "close from disconnect");
  await eventually(() => a.peer(LARGE)?.connections === 1);
  expect(events.of("peer-lost")).toEqual([]);
  expect(a.counters.connectionsClosed.peer).toBe(1);
  second.close(0, "close from disconnect");
  await eventually(() => events.of("peer-lost").length === 1);
  await a.close();
});

test("connections per peer are capped", async () => {
  const network = new MemoryNetwork();
  const a = createMemoryTransport(network, { id: SMALL, hello: helloOf(1) });
  const foreign = network.bind({ id: LARGE, alpns: [ALPN_GOSSIP] });
  for (let i = 0; i < 10; i++) {
    await foreign.connect(a.id, a.boundAddresses(), ALPN_GOSSIP, { timeoutMs: 1_000 });
  }
  await eventually(() => a.counters.connectionsClosed.overCapacity === 6);
  expect(a.peer(LARGE)?.connections).toBe(4);
  await a.close();
});

test("connections in all are capped: an idle one gives way, where none is idle the newcomer is closed", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const a = createMemoryTransport(network, { id: SMALL, hello: helloOf(1), limits: { maxConnections: 8 } });
  const events = record(a);
  const dial = async (n: number) => {
    const endpoint = network.bind({ id: idOf(1_000 + n), alpns: [ALPN_MESHWORK] });
    const dialling = dialByHand(endpoint, a, helloOf(n));
    await settle();
    return dialling;
  };
  for (let n = 0; n < 8; n++) await dial(n);
  const refused = await dial(8);
  expect((await refused.closed).reason).toBe("overCapacity");
  expect(a.sizes().connections).toBe(8);
  const held = idOf(1_000);
  a.hold(held, "test");
  await clock.advance(6_000);
  await dial(9);
  await settle();
  expect(a.sizes().connections).toBe(8);
  expect(a.peer(held)).toBeDefined();
  expect(a.peer(idOf(1_009))).toBeDefined();
  expect(events.of("peer-lost").map((event) => event.peerId)).toEqual([idOf(1_001)]);
});

test("an unused connection is closed after 30 s; a held or used one is not", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a, b } = pairOn(network);
  const connecting = a.connect(b.id);
  await settle();
  await connecting;
  const releases = [a.hold(b.id, "neighbor"), b.hold(a.id, "neighbor")];
  await clock.advance(120_000);
  expect(a.sizes().connections).toBe(1);
  for (const release of releases) release();
  for (let i = 0; i < 6; i++) {
    await clock.advance(20_000);
    a.sendGossip(b.id, new Uint8Array(32), Uint8Array.of(1), false);
    await settle();
  }
  expect(a.sizes().connections).toBe(1);
  // Probes are no use: they keep nothing open.
  const probing = a.probe(b.id, 1_000);
  await settle();
  await probing;
  await clock.advance(36_000);
  expect([a.sizes().connections, b.sizes().connections]).toEqual([0, 0]);
  expect((a.counters.connectionsClosed.idle ?? 0) + (b.counters.connectionsClosed.idle ?? 0)).toBeGreaterThanOrEqual(1);
  expect(a.sizes().holds).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});

test("a quiet stream keeps its connection, but not for ever", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a, b } = pairOn(network);
  const opening = a.openBi(b.id, StreamTag.request);
  await settle();
  await opening;
  await clock.advance(120_000);
  expect(a.sizes().connections).toBe(1);
  await clock.advance(240_000);
  expect(a.sizes().connections).toBe(0);
});

test("when a peer was heard last is the latest of its open connections, whichever is used for sending", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const { a } = pairOn(network);
  const endpoint = network.bind({ id: idOf(7), alpns: [ALPN_GOSSIP] });
  const dial = async () => {
    const dialling = endpoint.connect(a.id, a.boundAddresses(), ALPN_GOSSIP, { timeoutMs: 1_000 });
    await settle();
    return dialling;
  };
  const speak = async (link: Awaited<ReturnType<typeof dial>>) => {
    await (await link.openUni()).write(Uint8Array.of(0, 0, 0, 32));
    await settle();
  };
  const older = await dial();
  await clock.advance(1_000);
  const newer = await dial();
  expect([a.peer(idOf(7))?.connections, a.lastHeardMs(idOf(7))]).toEqual([2, 1_000]);
  await clock.advance(500);
  await speak(older);
  expect(a.lastHeardMs(idOf(7))).toBe(1_500);
  expect(a.peer(idOf(7))?.lastHeardMs).toBe(1_500);
  await clock.advance(500);
  await speak(newer);
  expect(a.lastHeardMs(idOf(7))).toBe(2_000);
  newer.close(0, "");
  await settle();
  expect(a.lastHeardMs(idOf(7))).toBe(1_500);
  older.close(0, "");
  await settle();
  expect(a.lastHeardMs(idOf(7))).toBeUndefined();
});

test("disconnect with a goodbye lets the last frames arrive; with another code it is at once", async () => {
  const network = new MemoryNetwork({ latencyMs: () => 2 });
  const { a, b } = pairOn(network);
  const events = record(b);
  await a.connect(b.id);
  for (let i = 0; i < 5; i++) a.sendGossip(b.id, new Uint8Array(32), Uint8Array.of(i), i === 4);
  a.disconnect(b.id, CloseCode.disconnect);
  await eventually(() => events.of("peer-lost").length === 1);
  expect(events.of("gossip")).toHaveLength(5);
  expect(events.of("peer-lost")[0]?.reason).toBe("disconnect");
  await a.connect(b.id);
  a.disconnect(b.id, CloseCode.probeTimeout);
  await eventually(() => events.of("peer-lost").length === 2);
  expect(events.of("peer-lost")[1]?.reason).toBe("probeTimeout");
  await Promise.all([a.close(), b.close()]);
});

test("closing leaves no timer behind, whatever was under way", async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, windowBytes: 4_096 });
  const { a, b } = pairOn(network);
  const opening = a.openBi(b.id, StreamTag.request);
  await settle();
  await opening;
  a.hold(b.id, "test");
  for (let i = 0; i < 50; i++) a.sendGossip(b.id, new Uint8Array(32), new Uint8Array(4_000), false);
  a.learnAddresses(idOf(9), ["127.0.0.1:1"]);
  const failures = [a.probe(b.id, 60_000), a.connect(idOf(9))].map((work) => work.catch((error: unknown) => error));
  a.disconnect(b.id, CloseCode.disconnect);
  const closing = Promise.all([a.close(), b.close()]);
  await clock.advance(2_100);
  await closing;
  // The dial into nothing is the link's own and has its own limit.
  await clock.advance(3_000);
  await Promise.all(failures);
  expect(clock.pendingTimers).toBe(0);
});
