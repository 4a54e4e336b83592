/** The network alone, with programs that only write down what they hear. One way takes 10 ms throughout. */
import { expect, test } from "vitest";
import { World } from "../core/world.js";
import type { LossReason, Program } from "./net.js";
import { Network } from "./network.js";
import { type NetProfile, QUIC } from "./profile.js";

class Listener implements Program {
  readonly heard: string[] = [];
  readonly #world: World;
  held = true;
  constructor(world: World) {
    this.#world = world;
  }
  onFrame(from: number, lane: number, payload: unknown): void {
    this.#note(`${String(payload)} from ${from} on ${lane}`);
  }
  onDatagram(from: number, payload: unknown): void {
    this.#note(`datagram ${String(payload)} from ${from}`);
  }
  onConnected(peer: number, life: number): void {
    this.#note(`connected ${peer} life ${life}`);
  }
  onLost(peer: number, why: LossReason): void {
    this.#note(`lost ${peer}: ${why}`);
  }
  onDialFailed(peer: number): void {
    this.#note(`dial failed ${peer}`);
  }
  holds(): boolean {
    return this.held;
  }
  #note(what: string): void {
    this.heard.push(`${Math.round(this.#world.nowMs)} ${what}`);
  }
}

function pair(profile: Partial<NetProfile> = {}) {
  const world = new World(1);
  const network = new Network(world, { ...QUIC, latencyMinMs: 10, latencyMaxMs: 10, jitterMs: 0, ...profile });
  const programs = [0, 1].map((index) => {
    network.attach(world.addHost());
    const program = new Listener(world);
    network.start(index, program);
    return program;
  });
  return { world, network, a: programs[0]!, b: programs[1]! };
}

/** As `pair`, connected, with nothing heard since. */
function connected(profile: Partial<NetProfile> = {}) {
  const net = pair(profile);
  net.network.send(0, 1, 0, "hello", 10);
  net.world.runUntil(1_000);
  net.a.heard.length = 0;
  net.b.heard.length = 0;
  return net;
}

test("a first frame costs two round trips and its way", () => {
  const { world, network, a, b } = pair();
  network.send(0, 1, 0, "hello", 10);
  world.runFor(1_000);
  expect(a.heard).toEqual(["40 connected 1 life 1"]);
  expect(b.heard).toEqual(["30 connected 0 life 1", "50 hello from 0 on 0"]);
  network.send(1, 0, 0, "back", 10);
  world.runFor(1_000);
  expect(a.heard.at(-1)).toBe("1010 back from 1 on 0");
});

test("two dials at once end as one connection", () => {
  const { world, network, a, b } = pair();
  network.send(0, 1, 0, "one", 10);
  network.send(1, 0, 0, "two", 10);
  world.runFor(1_000);
  expect(a.heard).toEqual(["30 connected 1 life 1", "40 two from 1 on 0"]);
  expect(b.heard).toEqual(["30 connected 0 life 1", "40 one from 0 on 0"]);
  expect(network.sizes().connectionEnds).toBe(2);
});

test("frames on a lane keep their order whatever is lost, and hold up no other lane", () => {
  const { world, network, b } = connected();
  network.paths.loss = 0.4;
  for (let index = 0; index < 200; index++) network.send(0, 1, index % 2, `${index}`, 10);
  world.runFor(60_000);
  const frames = b.heard.map((line) => line.split(" "));
  const arrived = (lane: string) => frames.filter((words) => words[5] === lane);
  for (const lane of ["0", "1"]) {
    expect(arrived(lane).map((words) => Number(words[1]) >> 1)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
  }
  // Each lane waits for its own losses: they do not move in step.
  expect(arrived("0").map((words) => words[0])).not.toEqual(arrived("1").map((words) => words[0]));
  expect(Number(frames.at(-1)![0])).toBeGreaterThan(1_000 + 50);
});

test("datagrams are lost, doubled and reordered, and nothing brings them back", () => {
  const { world, network, b } = connected();
  network.paths.loss = 0.2;
  network.paths.duplication = 0.1;
  network.paths.jitterMs = 100;
  for (let index = 0; index < 1_000; index++) network.datagram(0, 1, index, 10);
  world.runFor(10_000);
  const got = b.heard.map((line) => Number(line.split(" ")[2]));
  expect(new Set(got).size).toBeLessThan(900);
  expect(got.length).toBeGreaterThan(new Set(got).size);
  expect(got).not.toEqual([...got].sort((x, y) => x - y));
});

test("a killed process says nothing: its peer notices after 25 to 30 s, a dial to it fails after 5 s", () => {
  const { world, network, a } = connected();
  network.kill(1);
  world.runFor(24_000);
  expect(a.heard).toEqual([]);
  world.runFor(8_000);
  expect(a.heard).toHaveLength(1);
  expect(a.heard[0]).toMatch(/^(2[6-9]|3[01])\d{3} lost 1: timeout$/);
  network.send(0, 1, 0, "anybody", 10);
  const dialledAtMs = world.nowMs;
  world.runFor(6_000);
  expect(a.heard.at(-1)).toBe(`${dialledAtMs + 5_000} dial failed 1`);
});

test("the next life of a process is known by its first connection", () => {
  const { world, network, a } = connected();
  network.kill(1);
  network.send(0, 1, 0, "into the void", 10);
  world.runFor(1_000);
  const again = new Listener(world);
  network.start(1, again);
  network.send(1, 0, 0, "again", 10);
  world.runFor(1_000);
  expect(a.heard).toEqual(["2030 connected 1 life 2", "2050 again from 1 on 0"]);
  expect(again.heard).toEqual(["2040 connected 0 life 1"]);
});

test("a cut shorter than the time-out only delays, a longer one loses the connection at both ends", () => {
  const { world, network, a, b } = connected();
  network.paths.partition((host) => host);
  network.send(0, 1, 0, "late", 10);
  world.runFor(5_000);
  network.paths.join();
  world.runFor(10_000);
  expect(a.heard).toEqual([]);
  expect(b.heard).toHaveLength(1);
  network.paths.partition((host) => host);
  world.runFor(40_000);
  expect(a.heard.at(-1)).toMatch(/lost 1: timeout$/);
  expect(b.heard.at(-1)).toMatch(/lost 0: timeout$/);
});

test("a one-way cut lets the other way through until the cut-off end gives up", () => {
  const { world, network, a, b } = connected();
  network.paths.cut(0, 1);
  network.send(0, 1, 0, "no", 10);
  network.send(1, 0, 0, "yes", 10);
  world.runFor(10_000);
  expect(a.heard).toEqual(["1010 yes from 1 on 0"]);
  expect(b.heard).toEqual([]);
  world.runFor(70_000);
  expect(b.heard).toHaveLength(1);
  expect(a.heard.at(-1)).toMatch(/lost 1: timeout$/);
});

test("an end hears why it lost a connection: closed by the other, or given up there before", () => {
  const closed = connected();
  closed.network.close(0, 1);
  closed.world.runFor(1_000);
  expect(closed.b.heard).toEqual(["1010 lost 0: closed"]);
  const cut = connected();
  cut.network.paths.cut(0, 1);
  cut.world.runFor(32_000);
  expect(cut.b.heard.at(-1)).toMatch(/lost 0: timeout$/);
  cut.network.paths.mend(0, 1);
  cut.network.send(0, 1, 0, "still there?", 10);
  cut.world.runFor(1_000);
  expect(cut.a.heard).toEqual(["33020 lost 1: reset"]);
});

test("a frozen process handles what came when it thaws; one frozen for more than 30 s has lost its connections", () => {
  const { world, network, a, b } = connected();
  network.freeze(1);
  network.send(0, 1, 0, "wait", 10);
  world.runFor(2_000);
  expect(b.heard).toEqual([]);
  network.thaw(1);
  world.runFor(10);
  expect([a.heard, b.heard]).toEqual([[], ["3000 wait from 0 on 0"]]);
  network.freeze(1);
  world.runFor(35_000);
  expect(a.heard.at(-1)).toMatch(/lost 1: timeout$/);
  network.thaw(1);
  expect(b.heard.at(-1)).toMatch(/lost 0: timeout$/);
});

test("a clogged path holds frames back, a flapping one comes and goes", () => {
  const { world, network, b } = connected();
  network.paths.clog(0, 1, 500);
  network.send(0, 1, 0, "clogged", 10);
  world.runFor(1_000);
  expect(b.heard).toEqual(["1510 clogged from 0 on 0"]);
  network.paths.flap(0, 1, 100, 100, world.nowMs + 1_000);
  expect(network.paths.blocked(0, 1)).toBe(true);
  world.runFor(150);
  expect(network.paths.blocked(0, 1)).toBe(false);
  world.runFor(2_000);
  expect(network.paths.faulty).toBe(false);
});

test("a connection that nobody holds and nothing uses goes without a word", () => {
  const { world, network, a, b } = connected();
  world.runFor(60_000);
  expect(network.connected(0, 1)).toBe(true);
  a.held = false;
  b.held = false;
  world.runFor(60_000);
  expect([network.connected(0, 1), network.connected(1, 0), a.heard, b.heard]).toEqual([false, false, [], []]);
});
