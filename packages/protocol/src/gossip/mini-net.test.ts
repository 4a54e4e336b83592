/** Whole swarms on the small deterministic network. Every title names its seed: `new MiniNet(seed)` replays it. */
import { describe, expect, test } from "vitest";
import { BROADCAST_MAX_BYTES, PEER_DATA_MAX_BYTES } from "../wire/gossip-codec.js";
import { type BroadcastResult, MiniNet, TOPIC } from "./testing/mini-net.js";

const SEEDS = [1, 2, 3, 212_312];
const MINUTE_MS = 60_000;

/** `count` nodes that join through node 0, all at once or 50 ms apart. */
function swarm(seed: number, count: number, spacingMs = 0): MiniNet {
  const net = new MiniNet(seed);
  net.addNodes(count);
  net.join(0, []);
  for (let node = 1; node < count; node++) {
    net.join(node, [0]);
    if (spacingMs > 0) net.runFor(spacingMs);
  }
  return net;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);

describe.each(SEEDS)("seed %i", (seed) => {
  test.each([
    [20, 0],
    [20, 50],
    [100, 0],
    [100, 50],
  ])(
    "%i nodes through one contact, %i ms apart: one component within 3 s, views symmetric when quiet",
    (count, spacingMs) => {
      const net = swarm(seed, count, spacingMs);
      net.runFor(3_000);
      expect(net.components()).toEqual([count]);
      net.runFor(3 * MINUTE_MS);
      expect(net.components()).toEqual([count]);
      expect(net.oneSidedLinks()).toEqual([]);
      for (const { index } of net.members()) expect(net.neighbors(index).length).toBeGreaterThanOrEqual(2);
    },
  );

  test("single sender, 100 nodes, 30 rounds: missed 0, LDH < 15, RMR < 0.2 from round 3 on", () => {
    const net = swarm(seed, 100);
    net.runFor(3_000);
    const rounds: BroadcastResult[] = [];
    for (let round = 0; round < 30; round++) rounds.push(net.broadcast(7, `round ${round}`));
    expect(rounds.map(({ missed }) => missed)).toEqual(new Array(30).fill(0));
    expect(most(rounds.map(({ lastDeliveryHop }) => lastDeliveryHop))).toBeLessThan(15);
    const settled = rounds.slice(2).map(({ relativeMessageRedundancy }) => relativeMessageRedundancy);
    expect(median(settled)).toBeLessThan(0.2);
    // The first round floods the whole overlay: a harness that counted no payloads would show here.
    expect(rounds[0]?.relativeMessageRedundancy).toBeGreaterThan(1);
  });

  test("changing senders, 100 nodes: missed 0, LDH < 18, RMR < 1", () => {
    const net = swarm(seed, 100);
    net.runFor(3_000);
    const rounds = Array.from({ length: 30 }, (_, round) => net.broadcast((round * 37) % 100, `round ${round}`));
    expect(rounds.every(({ missed }) => missed === 0)).toBe(true);
    expect(most(rounds.map(({ lastDeliveryHop }) => lastDeliveryHop))).toBeLessThan(18);
    expect(median(rounds.map(({ relativeMessageRedundancy }) => relativeMessageRedundancy))).toBeLessThan(1);
  });

  test("idle is idle: nothing but the shuffle's messages, no growth", () => {
    const net = swarm(seed, 50);
    net.runFor(5 * MINUTE_MS);
    const before = new Map(net.sentByKind);
    const sizesBefore = net.nodes.map(({ router }) => router.sizes().pendingNeighbors! + router.sizes().keepMarks!);
    net.runFor(10 * MINUTE_MS);
    const perNodeMinute = (kind: string) => ((net.sentByKind.get(kind) ?? 0) - (before.get(kind) ?? 0)) / 500;
    expect(perNodeMinute("shuffle")).toBeLessThanOrEqual(7);
    expect(perNodeMinute("shuffle-reply")).toBeLessThanOrEqual(1.5);
    expect(perNodeMinute("neighbor") + perNodeMinute("disconnect")).toBeLessThanOrEqual(0.5);
    expect(perNodeMinute("join") + perNodeMinute("forward-join")).toBe(0);
    const sizes = net.nodes.map(({ router }) => router.sizes().pendingNeighbors! + router.sizes().keepMarks!);
    expect(most(sizes)).toBeLessThanOrEqual(most(sizesBefore) + 10);
  });

  test("a contact that joins its topic 20 s after the others, or is down at first, is found by the retries", () => {
    const late = new MiniNet(seed);
    late.addNodes(10);
    for (let node = 1; node < 10; node++) late.join(node, [0]);
    late.runFor(20_000);
    expect(late.components()).toEqual(new Array(9).fill(1));
    late.join(0, []);
    late.runFor(40_000); // at most 36 s to the next retry
    expect(late.components()).toEqual([10]);

    const down = new MiniNet(seed);
    down.addNodes(10);
    down.crash(0);
    for (let node = 1; node < 10; node++) down.join(node, [0]);
    down.runFor(2_000);
    down.restart(0);
    down.join(0, []);
    down.runFor(7_000); // the retries after 3 and 7 s
    expect(down.components()).toEqual([10]);
  });

  test("an isolated node comes back by itself, even when all it knew in its views is gone", () => {
    const net = swarm(seed, 12);
    net.runFor(2 * MINUTE_MS);
    // All others restart with empty state: node 5 loses its neighbours, and its passive peers do not answer.
    for (let node = 0; node < 12; node++) if (node !== 5) net.crash(node);
    net.runFor(30_000);
    expect([net.neighbors(5), net.nodes[5]!.router.passiveView(TOPIC)]).toEqual([[], []]);
    for (let node = 0; node < 12; node++) if (node !== 5) net.restart(node);
    for (let node = 0; node < 12; node++) if (node !== 5) net.join(node, node === 0 ? [] : [0]);
    net.runFor(40_000);
    expect(net.components()).toEqual([12]);
    expect(net.broadcast(5, "back").missed).toBe(0);
  });

  test("a node that quits is in no active view, is asked no more once tried, and the rest stay together", () => {
    const net = swarm(seed, 30);
    net.runFor(2 * MINUTE_MS);
    const gone = net.nodes[4]!.id;
    net.input(4, { kind: "quit" });
    net.runFor(2_000);
    for (const { index } of net.members()) expect(net.neighbors(index)).not.toContain(4);
    expect(net.components()).toEqual([29]);
    expect(net.broadcast(9, "without four").missed).toBe(0);
    // Nobody checks a passive view; a peer is forgotten when it is asked and cannot be reached (HP13), a second time where it
    // once said that it lives on.
    for (const { index, router } of net.members()) {
      net.input(index, { kind: "peer-lost", peer: gone });
      net.input(index, { kind: "peer-lost", peer: gone });
      expect(router.passiveView(TOPIC)).not.toContain(gone);
    }
  });

  test("a crashed quarter is gone from all active views, and broadcasts reach the rest", () => {
    const net = swarm(seed, 60);
    net.runFor(2 * MINUTE_MS);
    for (let node = 0; node < 15; node++) net.crash(node);
    net.runFor(20_000);
    for (const { index } of net.members())
      for (const neighbor of net.neighbors(index)) expect(neighbor).toBeGreaterThan(14);
    expect(net.components()).toEqual([45]);
    for (let round = 0; round < 3; round++) expect(net.broadcast(20 + round, `after ${round}`).missed).toBe(0);
  });

  test("a node killed and started again at once is a neighbour again, though its old connections are still up", () => {
    const net = swarm(seed, 20);
    net.runFor(MINUTE_MS);
    net.crash(3, 15_000); // its peers find out 15 s later
    net.restart(3);
    net.join(3, [0]);
    net.runFor(2_000);
    expect(net.neighbors(3).length).toBeGreaterThan(0);
    net.runFor(MINUTE_MS);
    expect(net.oneSidedLinks()).toEqual([]);
    expect(net.broadcast(3, "again").missed).toBe(0);
  });
});

test("over encoded bytes, with the largest peer data, everything is as it is without, and fits its frames", () => {
  const run = (overWire: boolean) => {
    const net = new MiniNet(42);
    net.overWire = overWire;
    net.addNodes(30);
    for (const { router, index } of net.nodes) router.setOwnData(new Uint8Array(PEER_DATA_MAX_BYTES).fill(index), 0);
    net.join(0, []);
    for (let node = 1; node < 30; node++) net.join(node, [0]);
    net.runFor(3 * MINUTE_MS);
    expect(net.broadcast(3, "x".repeat(BROADCAST_MAX_BYTES)).missed).toBe(0);
    return net;
  };
  const [bytes, objects] = [run(true), run(false)];
  expect([bytes.trace, bytes.events]).toEqual([objects.trace, objects.events]);
  expect(bytes.largestFrameBytes).toBeGreaterThan(4_090 - 39);
});

test("the same seed gives the identical trace, another one another", () => {
  const run = (seed: number) => {
    const net = swarm(seed, 40);
    net.runFor(MINUTE_MS);
    net.crash(7);
    net.broadcast(3, "hello");
    net.runFor(MINUTE_MS);
    return { trace: net.trace, events: net.events, views: net.nodes.map(({ index }) => net.neighbors(index)) };
  };
  const first = run(42);
  expect(run(42)).toEqual(first);
  expect(run(43).trace).not.toBe(first.trace);
  expect(first.events).toBeGreaterThan(1_000);
});
