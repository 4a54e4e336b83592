/** The simulator's network under the link's acceptance suite, and what only a network with faults can show. */

import type { LinkConnection, LinkEndpoint } from "@meshwork/transport";
import { runLinkAcceptance } from "@meshwork/transport/testing";
import { expect, test } from "vitest";
import { SimulatedLinks } from "./links.js";

const ALPN = "/simulated/1";

runLinkAcceptance("simulator, 10 ms each way", () => {
  const links = new SimulatedLinks(1, { latencyMinMs: 10, latencyMaxMs: 10, jitterMs: 0 });
  return { bind: async (alpns) => links.bind(alpns), deadAddress: async () => links.deadAddress() };
});

let seed = 1;
runLinkAcceptance("simulator, 1 to 50 ms and 20 ms of jitter", () => {
  const links = new SimulatedLinks(++seed, { latencyMinMs: 1, latencyMaxMs: 50, jitterMs: 20 });
  return { bind: async (alpns) => links.bind(alpns), deadAddress: async () => links.deadAddress() };
});

interface Pair {
  readonly links: SimulatedLinks;
  readonly a: LinkEndpoint;
  readonly b: LinkEndpoint;
  readonly out: LinkConnection;
  readonly in: LinkConnection;
}

function must<T>(value: T | null): T {
  if (value === null) throw new Error("the connection is closed");
  return value;
}

async function connected(seed: number): Promise<Pair> {
  const links = new SimulatedLinks(seed, { latencyMinMs: 10, latencyMaxMs: 10, jitterMs: 0 });
  const a = links.bind([ALPN]);
  const b = links.bind([ALPN]);
  const accepted = b.accept();
  const out = await a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 5_000 });
  return { links, a, b, out, in: must(await accepted) };
}

test("seed 1: a dial takes one round trip, and so does a question on a stream", async () => {
  const { links, out, in: inbound } = await connected(1);
  expect([links.world.nowMs, out.rttMs(), inbound.rttMs()]).toEqual([20, 20, 20]);
  const question = await out.openBi();
  await question.send.write(Uint8Array.of(1));
  const answer = must(await inbound.acceptBi());
  await answer.recv.read(1);
  await answer.send.write(Uint8Array.of(2));
  expect(await question.recv.read(1)).toEqual(Uint8Array.of(2));
  expect(links.world.nowMs).toBe(40);
});

test("seed 2: loss delays streams and takes datagrams", async () => {
  const { links, out, in: inbound } = await connected(2);
  links.network.paths.loss = 0.3;
  for (let count = 0; count < 200; count++) expect(out.sendDatagram(Uint8Array.of(count))).toBe(true);
  const stream = await out.openUni();
  for (let count = 0; count < 200; count++) await stream.write(Uint8Array.of(count));
  await stream.finish();
  const recv = must(await inbound.acceptUni());
  const bytes: number[] = [];
  for (let chunk = await recv.read(1_000); chunk !== null; chunk = await recv.read(1_000)) bytes.push(...chunk);
  expect(bytes).toEqual(Array.from({ length: 200 }, (_, index) => index));
  expect(links.world.nowMs).toBeGreaterThan(100);
  inbound.close(0, "over");
  const arrived = inbound.stats().receivedPackets - 201;
  expect(arrived).toBeGreaterThan(80);
  expect(arrived).toBeLessThan(180);
});

test("seed 3: a killed peer is silence: its connection is timed out after 25 to 31 s, a dial to it fails", async () => {
  const { links, a, b, out } = await connected(3);
  links.network.kill(links.hostOf(b));
  links.wake();
  expect(await out.closed).toMatchObject({ by: "timeout" });
  expect(links.world.nowMs).toBeGreaterThan(25_000);
  expect(links.world.nowMs).toBeLessThan(31_100);
  const dial = a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 60_000 });
  await expect(dial).rejects.toMatchObject({ code: "unreachable" });
});

test("seed 4: a cut path holds a stream up and lets it go on", async () => {
  const { links, out, in: inbound } = await connected(4);
  links.network.paths.partition((host) => host);
  links.world.after(10_000, () => links.network.paths.join());
  const stream = await out.openUni();
  await stream.write(Uint8Array.of(7));
  expect(await must(await inbound.acceptUni()).read(1)).toEqual(Uint8Array.of(7));
  expect(links.world.nowMs).toBeGreaterThan(10_000);
});

test("seed 5: what is over is forgotten", async () => {
  const { links, out, in: inbound } = await connected(5);
  for (let count = 0; count < 50; count++) {
    const ours = await out.openBi();
    await ours.send.write(Uint8Array.of(1));
    await ours.send.finish();
    const theirs = must(await inbound.acceptBi());
    expect([await theirs.recv.read(9), await theirs.recv.read(9)]).toEqual([Uint8Array.of(1), null]);
    await theirs.send.finish();
    expect(await ours.recv.read(9)).toBeNull();
  }
  links.world.runFor(1_000);
  expect(links.network.sizes()).toMatchObject({ lanes: 0, connectionEnds: 2 });
});
