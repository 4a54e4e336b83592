/** Batches over real transports on a network inside the process: to the intake, through one who knows it, and not from strangers. */
import { createMemoryTransport, MemoryNetwork, type Transport } from "@meshwork/transport";
import { afterEach, expect, test } from "vitest";
import type { MeshTopic } from "./meshes.js";
import { TelemetryLane } from "./telemetry-lane.js";
import { MAX_SPOOL_BATCHES, TelemetrySpool } from "./telemetry-spool.js";

const network = new MemoryNetwork();
const transports: Transport[] = [];
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

const TOPIC = "11".repeat(32);
const OTHER_TOPIC = "22".repeat(32);
const topicOf = (topic: string): MeshTopic => ({
  mesh: "mesh1",
  topic,
  topicBytes: new Uint8Array(32),
  role: "member",
});
let last = 0;

function peer(type: string, topic = TOPIC) {
  last += 1;
  const id = last.toString(16).padStart(64, "0");
  const transport = createMemoryTransport(network, {
    id,
    hello: {
      protocolVersion: 1,
      bootNonce: last.toString(16).padStart(16, "0"),
      mesh: "mesh1",
      topics: [topic],
      role: "member",
      name: `mesh1.${type}.${id.slice(-6)}`,
    },
  });
  transports.push(transport);
  const lane = new TelemetryLane({
    ...{ self: id, transport, topics: [topicOf(topic)], random: Math.random },
    directories: { entries: () => [], byId: () => undefined },
  });
  lane.open();
  return { id, transport, lane };
}

async function link(from: ReturnType<typeof peer>, to: ReturnType<typeof peer>): Promise<void> {
  from.transport.learnAddresses(to.id, to.transport.boundAddresses());
  await from.transport.connect(to.id);
}

const BATCH = Uint8Array.of(10, 1, 2);

test("a batch reaches the console that the node is linked with", async () => {
  const [node, console] = [peer("broker"), peer("console")];
  const taken: unknown[] = [];
  console.lane.take((kind, body) => taken.push([kind, [...body]]) > 0);
  expect(await node.lane.deliver("traces", BATCH)).toBe("later");
  await link(node, console);
  expect(await node.lane.deliver("traces", BATCH)).toBe("taken");
  expect(taken).toEqual([["traces", [...BATCH]]]);
});

test("who knows no console is helped by one who does, once", async () => {
  const [node, near, far, console] = [peer("broker"), peer("broker"), peer("broker"), peer("console")];
  let taken = 0;
  console.lane.take(() => ++taken > 0);
  await link(node, near);
  await link(near, far);
  await link(far, console);
  expect(await node.lane.deliver("metrics", BATCH)).toBe("later");
  await link(near, console);
  expect(await node.lane.deliver("metrics", BATCH)).toBe("taken");
  expect(taken).toBe(1);
  expect(near.lane.sizes()).toMatchObject({ telemetryPassedOn: 1, telemetryStreams: 0 });
});

test("who shares no topic is refused, and so is what the intake cannot read; no room is no refusal", async () => {
  const [node, stranger, console] = [peer("broker"), peer("broker", OTHER_TOPIC), peer("console")];
  let answer: () => boolean = () => false;
  console.lane.take(() => answer());
  await link(node, console);
  await link(stranger, console);
  expect(await node.lane.deliver("traces", BATCH)).toBe("later");
  answer = () => {
    throw new Error("no OTLP");
  };
  expect(await node.lane.deliver("traces", BATCH)).toBe("refused");
  // A stranger that thinks the console is of its mesh.
  const pushy = new TelemetryLane({
    ...{ self: stranger.id, transport: stranger.transport, random: Math.random },
    topics: [topicOf(OTHER_TOPIC), topicOf(TOPIC)],
    directories: { entries: () => [], byId: () => undefined },
  });
  answer = () => true;
  expect(await pushy.deliver("traces", BATCH)).toBe("refused");
  expect(console.lane.sizes().telemetryRefused).toBe(2);
});

test("the spool keeps what nobody takes within its bound, oldest given up first, and delivers the rest in order", async () => {
  const spool = new TelemetrySpool(() => 0);
  const outcomes: string[] = [];
  const offers = Array.from({ length: MAX_SPOOL_BATCHES + 2 }, (_, at) =>
    spool.offer("traces", Uint8Array.of(at)).then((delivered) => outcomes.push(`${at} ${delivered}`)),
  );
  expect(spool.sizes()).toMatchObject({ telemetrySpoolBatches: MAX_SPOOL_BATCHES, telemetryBatchesGivenUp: 2 });
  const order: number[] = [];
  let refusals = 1;
  spool.attach(async (_, body) => {
    if (refusals-- > 0) return "later";
    order.push(body[0] ?? -1);
    return "taken";
  });
  await Promise.all(offers);
  expect(order).toEqual(Array.from({ length: MAX_SPOOL_BATCHES }, (_, at) => at + 2));
  expect(outcomes.slice(0, 2)).toEqual(["0 false", "1 false"]);
  expect(spool.sizes()).toMatchObject({ telemetrySpoolBatches: 0, telemetrySpoolBytes: 0 });
});

test("what waits when the node ends is given up, and nothing is taken after it", async () => {
  const spool = new TelemetrySpool();
  const waiting = spool.offer("traces", BATCH);
  spool.close();
  expect(await waiting).toBe(false);
  expect(await spool.offer("traces", BATCH)).toBe(false);
});
