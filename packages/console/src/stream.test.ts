import { connect } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { entryOf, statsOf } from "../test/fake-node.js";
import { callOf, type Harness, openStream, startHarness, TOKEN } from "../test/harness.js";
import type { ClusterSummary } from "./api-types.js";
import { Delta, RuntimeSnapshot, Snapshot } from "./schemas.js";

const gateway = entryOf("mesh1", "gateway", 1);
const broker = entryOf("mesh2", "broker", 2);

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ limits: { maxStreamClients: 20 } });
  harness.node.join(gateway);
});
afterEach(() => harness.console.close());

test("one snapshot, then deltas of what changed, gapless", async () => {
  const stream = await openStream(harness);
  const first = (await stream.next())!;
  expect(first.event).toBe("snapshot");
  const snapshot = Snapshot.parse(first.data);
  expect(snapshot.nodes.map((node) => node.name).sort()).toEqual([gateway.name, harness.node.name].sort());
  expect(first.id).toMatch(new RegExp(`^[0-9a-f]{12}-${snapshot.seq}$`));

  harness.node.join(broker);
  harness.node.pushStats(statsOf(gateway, { activeViews: { mesh1: [harness.node.id] } }));
  const seen = { nodes: new Set<string | null>(), links: 0, events: 0 };
  let last = snapshot.seq;
  while (!seen.nodes.has(broker.name) || !seen.nodes.has(gateway.name) || seen.links === 0 || seen.events === 0) {
    const message = (await stream.next())!;
    if (message.event !== "delta") continue;
    const delta = Delta.parse(message.data);
    expect(delta.from).toBe(last);
    expect(delta.seq).toBeGreaterThan(last);
    last = delta.seq;
    for (const node of delta.nodes ?? []) seen.nodes.add(node.name);
    seen.links += delta.links?.length ?? 0;
    seen.events += delta.events?.length ?? 0;
  }

  await harness.sendSpans(callOf(gateway.name, broker.name));
  const withMessage = await stream.until((message) => message.data.messages !== undefined);
  expect(withMessage.data.messages).toMatchObject([
    { from: gateway.name, to: broker.name, fromMesh: "mesh1", toMesh: "mesh2", operation: "produce", paired: true },
  ]);
  const withServices = await stream.until((message) => message.data.services?.edges.length > 0);
  expect(withServices.data.services.edges).toMatchObject([{ calls: 1, errors: 0 }]);

  harness.node.depart(broker.id, "left");
  const left = await stream.until((message) =>
    message.data.nodes?.some((node: { id: string }) => node.id === broker.id),
  );
  expect(left.data.nodes.find((node: { id: string }) => node.id === broker.id).state).toBe("left");
  stream.close();
});

test("at most four deltas a second, however much happens", async () => {
  const stream = await openStream(harness);
  await stream.next();
  const startedMs = performance.now();
  const pump = setInterval(() => harness.node.pushStats(statsOf(gateway)), 5);
  let deltas = 0;
  while (deltas < 5) if ((await stream.next())?.event === "delta") deltas += 1;
  clearInterval(pump);
  // Five deltas are at least four whole ticks of 250 ms apart; timers may fire a little early against each other.
  expect(performance.now() - startedMs).toBeGreaterThan(900);
  stream.close();
});

test("a reader that comes back with Last-Event-ID gets what it missed, else a snapshot", async () => {
  const first = await openStream(harness);
  const { id } = (await first.next())!;
  first.close();
  harness.node.join(broker);
  const resumed = await openStream(harness, id);
  const message = (await resumed.next())!;
  expect(message.event).toBe("delta");
  expect(message.data.from).toBe(Number(id.split("-")[1]));
  expect(message.data.nodes.map((node: { name: string }) => node.name)).toContain(broker.name);
  resumed.close();
  const [run, seq] = id.split("-");
  for (const foreign of [`${"0".repeat(12)}-${seq}`, `${run}-999999999`, "nonsense", `${run}-${"9".repeat(30)}`]) {
    const stream = await openStream(harness, foreign);
    expect((await stream.next())?.event).toBe("snapshot");
    stream.close();
  }
});

test("a reader from before the kept removals gets a snapshot, not an incomplete delta", async () => {
  const first = await openStream(harness);
  const { id } = (await first.next())!;
  first.close();
  // Each round makes a link and drops it: more removals than are kept.
  for (let round = 0; round < 60; round += 1) {
    const peers = Array.from({ length: 20 }, (_, i) => entryOf("mesh1", "x", 1_000 + round * 20 + i).id);
    harness.node.pushStats(statsOf(gateway, { activeViews: { mesh1: peers } }));
    if (round === 0) await harness.get("/api/nodes");
    harness.node.pushStats(statsOf(gateway, { activeViews: { mesh1: [] } }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(harness.console.sizes().removals).toBeLessThanOrEqual(2_048);
  const stream = await openStream(harness, id);
  expect((await stream.next())?.event).toBe("snapshot");
  stream.close();
});

test("twenty readers at once, the next is told so; all end with the console within a second", async () => {
  const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(harness)));
  for (const stream of streams) expect((await stream.next())?.event).toBe("snapshot");
  await expect(openStream(harness)).rejects.toMatchObject({ status: 503 });
  harness.node.join(broker);
  for (const stream of streams)
    await stream.until((message) => message.data.nodes?.some((node: { id: string }) => node.id === broker.id));
  streams[0]!.close();
  await vi.waitFor(async () => expect((await harness.get<ClusterSummary>("/api/cluster")).streamClients).toBe(19));
  const startedMs = performance.now();
  await harness.console.close();
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  // Ended, not reset: reading to the end does not throw.
  const drain = async (stream: (typeof streams)[number]) => {
    while ((await stream.next()) !== undefined);
  };
  await Promise.all(streams.slice(1).map((stream) => drain(stream)));
  expect(harness.console.sizes().streamClients).toBe(0);
});

test("a reader that does not read costs one message, stalls nobody, and is coalesced when it wakes", async () => {
  // Large rows fill the socket's buffers soon.
  const padding = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, i) => [`kind-${i}`, { sent: i, received: i, sentBytes: i, receivedBytes: i }]),
  );
  const big = () => statsOf(gateway, { frames: padding, framesSent: Math.floor(performance.now()) });
  harness.node.pushStats(big());
  const { port } = harness.console;
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  const fast = await openStream(harness);
  await fast.next();
  const pump = setInterval(() => harness.node.pushStats(big()), 20);
  let fastDeltas = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < 2_500) if ((await fast.next())?.event === "delta") fastDeltas += 1;
  expect(fastDeltas).toBeGreaterThan(4);
  clearInterval(pump);
  let text = "";
  socket.setEncoding("utf8");
  const woken = new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      text += chunk;
      // Anything sent after it woke proves that it was served on.
      if (text.includes('"woken"')) resolve();
    });
  });
  socket.resume();
  harness.node.pushStats(
    statsOf(gateway, { frames: { woken: { sent: 1, received: 1, sentBytes: 1, receivedBytes: 1 } } }),
  );
  await woken;
  const slowDeltas = text.split("event: delta").length - 1;
  expect(slowDeltas).toBeLessThanOrEqual(fastDeltas + 3);
  socket.destroy();
  fast.close();
});

test("a stream of what nodes hold brings sizes and nothing else, and makes nodes send figures", async () => {
  const stream = await openStream(harness, undefined, "?only=runtime");
  const first = RuntimeSnapshot.parse((await stream.next())!.data);
  expect(first.runtime.find(({ name }) => name === gateway.name)).toMatchObject({ sizes: null, statsAgeMs: null });
  harness.node.pushStats(statsOf(gateway, { sizes: { handlers: 3 } }));
  const sizes = new Map<string | null, Record<string, number> | null>();
  for (let last = first.seq; sizes.get(gateway.name) == null || sizes.get(harness.node.name) == null; ) {
    const message = (await stream.next())!;
    if (message.event !== "delta") continue;
    const { runtime, ...delta } = Delta.parse(message.data);
    expect(Object.keys(delta).sort()).toEqual(["atMs", "from", "seq"]);
    expect(delta.from).toBe(last);
    last = delta.seq;
    for (const row of runtime!) sizes.set(row.name, row.sizes);
  }
  expect(sizes.get(gateway.name)).toEqual({ handlers: 3 });
  expect(sizes.get(harness.node.name)).toMatchObject({ "console.streamClients": 1 });
  stream.close();
});
