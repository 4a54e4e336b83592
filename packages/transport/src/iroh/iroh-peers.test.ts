/** Peers over real QUIC: simultaneous dials, and a peer that is killed and comes back, in a process of its own. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { createIrohTransport } from "../create.js";
import { eventually, helloOf, record } from "../testing/kit.js";
import { StreamTag, type Transport } from "../types.js";

const transports: Transport[] = [];
const children: ChildProcessByStdio<null, Readable, Readable>[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

async function create(n: number): Promise<Transport> {
  const secretKey = crypto.getRandomValues(new Uint8Array(32));
  const transport = await createIrohTransport({ secretKey, hello: helloOf(n) });
  transports.push(transport);
  return transport;
}

test("simultaneous dials over QUIC leave one connection at both ends and lose no frame", async () => {
  // One after the other: what is under way on the connection that gives way has two seconds, which many at once on a busy machine exceed.
  const rounds: number[] = [];
  for (let round = 0; round < 10; round++) {
    const [a, b] = [await create(2 * round + 1), await create(2 * round + 2)];
    a.learnAddresses(b.id, b.boundAddresses());
    b.learnAddresses(a.id, a.boundAddresses());
    for (const transport of [a, b]) {
      transport.handleStreams(StreamTag.request, async ({ recv, send }) => {
        for (let frame = await recv.next(); frame !== null; frame = await recv.next()) await send?.write(frame);
        await send?.finish();
      });
    }
    const lost = [record(a), record(b)];
    const exchange = async (from: Transport, to: Transport) => {
      const channel = await from.openBi(to.id, StreamTag.request);
      for (let i = 0; i < 50; i++) {
        await channel.send.write(Uint8Array.of(i));
        expect(await channel.recv.next()).toEqual(Uint8Array.of(i));
      }
      await channel.send.finish();
      expect(await channel.recv.next()).toBeNull();
    };
    await Promise.all([exchange(a, b), exchange(b, a)]);
    await eventually(() => a.sizes().connections === 1 && b.sizes().connections === 1);
    expect(lost.flatMap((events) => events.of("peer-lost"))).toEqual([]);
    rounds.push(a.counters.connectionsOpened.inbound + a.counters.connectionsOpened.outbound);
    await Promise.all([a.close(), b.close()]);
  }
  expect(rounds).toHaveLength(10);
}, 30_000);

/** A node in a process of its own that dials the parent and stays. */
function startChild(
  parent: Transport,
  secretKey: Uint8Array,
  bootNonce: number,
): ChildProcessByStdio<null, Readable, Readable> {
  const code = `
    import { createIrohTransport } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
    const transport = await createIrohTransport({
      secretKey: Uint8Array.from(${JSON.stringify([...secretKey])}),
      hello: ${JSON.stringify(helloOf(bootNonce))},
    });
    transport.learnAddresses(${JSON.stringify(parent.id)}, ${JSON.stringify(parent.boundAddresses())});
    await transport.connect(${JSON.stringify(parent.id)});
    transport.hold(${JSON.stringify(parent.id)}, "test");
    // Nothing of a live child may outlive the test by long.
    setTimeout(() => process.exit(9), 60_000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return child;
}

test("a peer that was killed and came back is served at once, over QUIC", async () => {
  const parent = await create(1);
  const events = record(parent);
  const secretKey = crypto.getRandomValues(new Uint8Array(32));
  const first = startChild(parent, secretKey, 101);
  await eventually(() => events.of("peer-connected").length === 1, 15_000);
  const peerId = events.of("peer-connected")[0]?.peer.id as string;
  first.kill("SIGKILL");
  startChild(parent, secretKey, 102);
  await eventually(() => events.of("peer-connected").length === 2, 15_000);
  expect(parent.peer(peerId)?.hello?.bootNonce).toBe(helloOf(102).bootNonce);
  await eventually(() => parent.sizes().connections === 1);
  expect(events.of("peer-lost")).toEqual([]);
  expect(parent.counters.connectionsClosed.superseded).toBe(1);
  expect(await parent.probe(peerId, 5_000)).toBeLessThan(5_000);
}, 30_000);
