/**
 * What every make of the link must do, as a suite that any make runs. Each case opens its own endpoints; none sleeps.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { LinkBiStream, LinkConnection, LinkEndpoint, LinkRecvStream, LinkSendStream } from "../link.js";
import { eventually } from "./kit.js";

export interface LinkHarness {
  bind(alpns: readonly string[]): Promise<LinkEndpoint>;
  /** An address where nothing listens. */
  deadAddress(): Promise<string>;
}

const ALPN = "/acceptance/1";
const OTHER_ALPN = "/acceptance/2";

function filled(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed + (i >> 8)) & 0xff;
  return bytes;
}

async function readAll(recv: LinkRecvStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await recv.read(65_536);
    if (chunk === null) return Buffer.concat(chunks);
    expect(chunk.length).toBeGreaterThan(0);
    chunks.push(chunk);
  }
}

function must<T>(value: T | null): T {
  if (value === null) throw new Error("the connection is closed");
  return value;
}

export function runLinkAcceptance(name: string, setup: () => LinkHarness): void {
  describe(`link: ${name}`, () => {
    const endpoints: LinkEndpoint[] = [];
    let harness: LinkHarness;

    afterEach(async () => {
      for (const endpoint of endpoints.splice(0)) await endpoint.close(0, "test");
    });

    async function bind(alpns: readonly string[] = [ALPN]): Promise<LinkEndpoint> {
      harness ??= setup();
      const endpoint = await harness.bind(alpns);
      endpoints.push(endpoint);
      return endpoint;
    }

    async function pair(): Promise<{ out: LinkConnection; in: LinkConnection; a: LinkEndpoint; b: LinkEndpoint }> {
      const a = await bind();
      const b = await bind();
      const accepted = b.accept();
      const out = await a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 5_000 });
      return { out, in: must(await accepted), a, b };
    }

    async function uni(): Promise<{
      out: LinkConnection;
      in: LinkConnection;
      send: LinkSendStream;
      recv: LinkRecvStream;
    }> {
      const connections = await pair();
      const send = await connections.out.openUni();
      await send.write(Uint8Array.of(0));
      const recv = must(await connections.in.acceptUni());
      expect(await recv.read(1)).toEqual(Uint8Array.of(0));
      return { ...connections, send, recv };
    }

    test("a connection proves both ids and says ALPN and direction", async () => {
      const { out, in: inbound, a, b } = await pair();
      expect(a.id).toMatch(/^[0-9a-f]{64}$/);
      expect([out.remoteId, inbound.remoteId]).toEqual([b.id, a.id]);
      expect([out.alpn, inbound.alpn]).toEqual([ALPN, ALPN]);
      expect([out.direction, inbound.direction]).toEqual(["outbound", "inbound"]);
      expect(out.key).not.toBe(inbound.key);
      expect(out.path()?.kind).toBe("direct");
      expect(b.boundAddresses()).toContain(out.path()?.address);
      expect(out.rttMs()).toBeGreaterThanOrEqual(0);
    });

    test("an ALPN that the peer does not speak is refused at once", async () => {
      const a = await bind([ALPN, OTHER_ALPN]);
      const b = await bind([ALPN]);
      const startMs = performance.now();
      const dial = a.connect(b.id, b.boundAddresses(), OTHER_ALPN, { timeoutMs: 5_000 });
      await expect(dial).rejects.toMatchObject({ name: "LinkError", code: "refused-alpn" });
      expect(performance.now() - startMs).toBeLessThan(10_000);
    });

    test("an endpoint bound without ALPNs refuses all, until it is given some", async () => {
      const a = await bind();
      const b = await bind([]);
      const dial = () => a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 5_000 });
      await expect(dial()).rejects.toMatchObject({ code: "refused-alpn" });
      b.setAlpns([OTHER_ALPN, ALPN]);
      expect((await dial()).alpn).toBe(ALPN);
      await b.close(0, "over");
      b.setAlpns([ALPN]);
    });

    test("another key at the address is not the peer", async () => {
      const a = await bind();
      const b = await bind();
      const c = await bind();
      const dial = a.connect(c.id, b.boundAddresses(), ALPN, { timeoutMs: 5_000 });
      await expect(dial).rejects.toMatchObject({ code: "wrong-id" });
    });

    test("a dial into nothing is abandoned after the caller's limit", async () => {
      const a = await bind();
      const b = await bind();
      const startMs = performance.now();
      const dial = a.connect(b.id, [await harness.deadAddress()], ALPN, { timeoutMs: 150 });
      await expect(dial).rejects.toMatchObject({ code: "timeout" });
      expect(performance.now() - startMs).toBeLessThan(10_000);
    });

    test("an attempt that succeeds too late is handed to onLate", async () => {
      const a = await bind();
      const b = await bind();
      const late = new Promise<LinkConnection>((resolve) => {
        const dial = a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 0, onLate: resolve });
        dial.catch((error: unknown) => expect(error).toMatchObject({ code: "timeout" }));
      });
      expect((await late).remoteId).toBe(b.id);
    });

    test("an attempt that succeeds too late is closed where nobody wants it", async () => {
      const a = await bind();
      const b = await bind();
      const accepted = b.accept();
      const dial = a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 0 });
      await expect(dial).rejects.toMatchObject({ code: "timeout" });
      expect((await must(await accepted).closed).by).toBe("peer");
    });

    test("one dead and one live address reach the peer", async () => {
      const a = await bind();
      const b = await bind();
      const addresses = [await harness.deadAddress(), ...b.boundAddresses()];
      expect((await a.connect(b.id, addresses, ALPN, { timeoutMs: 5_000 })).remoteId).toBe(b.id);
    });

    test("nonsense is refused by an error, never by an abort", async () => {
      const { out, a, b } = await pair();
      const invalid = { code: "invalid-argument" };
      const options = { timeoutMs: 1_000 };
      await expect(a.connect("no id", b.boundAddresses(), ALPN, options)).rejects.toMatchObject(invalid);
      await expect(a.connect(a.id, a.boundAddresses(), ALPN, options)).rejects.toMatchObject(invalid);
      expect(() => out.close(-1, "x")).toThrow(expect.objectContaining(invalid));
      expect(() => out.close(1, "ü".repeat(10))).toThrow(expect.objectContaining(invalid));
      expect(() => out.close(1, "x".repeat(65))).toThrow(expect.objectContaining(invalid));
      const { send, recv } = await out.openBi();
      await expect(send.write("text" as unknown as Uint8Array)).rejects.toMatchObject(invalid);
      await expect(recv.read(0)).rejects.toMatchObject(invalid);
      await expect(recv.read(-1)).rejects.toMatchObject(invalid);
      await expect(recv.read(Number.NaN)).rejects.toMatchObject(invalid);
      expect(() => recv.stop(-1)).toThrow(expect.objectContaining(invalid));
    });

    test("bytes arrive in order, small writes and large ones", async () => {
      const { send, recv } = await uni();
      const parts = Array.from({ length: 300 }, (_, i) => filled(1 + ((i * 37) % 700), i));
      parts.push(filled(300_000, 1), filled(0, 2), filled(65_536, 3), filled(65_537, 4));
      const reading = readAll(recv);
      for (const part of parts) await send.write(part);
      await send.finish();
      expect(Buffer.compare(await reading, Buffer.concat(parts))).toBe(0);
      expect(await recv.read(10)).toBeNull();
      await expect(send.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "closed" });
    });

    test("a writer may use its buffer again once the write has resolved", async () => {
      const { send, recv } = await uni();
      const buffer = filled(100, 1);
      await send.write(buffer);
      buffer.fill(0);
      await send.finish();
      expect(Buffer.compare(await readAll(recv), filled(100, 1))).toBe(0);
    });

    test("a read brings at most what was asked for", async () => {
      const { send, recv } = await uni();
      await send.write(filled(10, 0));
      const first = must(await recv.read(4));
      expect(first.length).toBeLessThanOrEqual(4);
      await send.finish();
      expect((await readAll(recv)).length).toBe(10 - first.length);
    });

    test("a reader that does not read holds the writer back, and only that stream", async () => {
      const { out, in: inbound, send, recv } = await uni();
      const chunk = filled(65_536, 1);
      let written = 0;
      const writing = (async () => {
        for (let i = 0; i < 160; i++) {
          await send.write(chunk);
          written += 1;
        }
        await send.finish();
      })();
      const other = await out.openUni();
      await other.write(Uint8Array.of(7));
      await other.finish();
      expect(await readAll(must(await inbound.acceptUni()))).toEqual(Buffer.of(7));
      expect(written).toBeLessThan(160);
      expect((await readAll(recv)).length).toBe(160 * chunk.length);
      await writing;
    });

    test("overlapping writes and reads are refused instead of reordered", async () => {
      const { send, recv } = await uni();
      const reading = recv.read(10);
      await expect(recv.read(10)).rejects.toMatchObject({ code: "invalid-argument" });
      await send.write(Uint8Array.of(1));
      expect(await reading).toEqual(Uint8Array.of(1));
      const filling = (async () => {
        for (;;) await send.write(filled(65_536, 0));
      })();
      filling.catch(() => {});
      // Once flow control holds the writer, a second write must be refused.
      let refused: unknown;
      while (refused === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        refused = await Promise.race([
          send.write(Uint8Array.of(1)).then(
            () => undefined,
            (error: unknown) => error,
          ),
          new Promise((resolve) => setTimeout(resolve, 1_000, "hung")),
        ]);
      }
      expect(refused).toMatchObject({ code: "invalid-argument" });
      await send.reset(1);
    });

    test("both directions of a bidirectional stream work and end on their own", async () => {
      const { out, in: inbound } = await pair();
      const ours = await out.openBi();
      await ours.send.write(filled(10, 1));
      const theirs: LinkBiStream = must(await inbound.acceptBi());
      await ours.send.finish();
      expect((await readAll(theirs.recv)).length).toBe(10);
      await theirs.send.write(filled(20, 2));
      await theirs.send.finish();
      expect((await readAll(ours.recv)).length).toBe(20);
    });

    test("more than a hundred streams may be open at once", async () => {
      const { out, in: inbound } = await pair();
      const streams: LinkSendStream[] = [];
      for (let i = 0; i < 150; i++) {
        const stream = await out.openUni();
        await stream.write(Uint8Array.of(i));
        streams.push(stream);
      }
      const seen = new Set<number>();
      for (let i = 0; i < 150; i++) seen.add(must(await must(await inbound.acceptUni()).read(1))[0] as number);
      expect(seen.size).toBe(150);
    });

    test("a reset reaches the reader with its code", async () => {
      const { send, recv } = await uni();
      const reading = expect(recv.read(10)).rejects.toMatchObject({ code: "reset", streamCode: 77 });
      await send.reset(77);
      await reading;
      await expect(send.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "closed" });
    });

    test("stop does not hang behind a pending read, and reaches the writer", async () => {
      const { send, recv } = await uni();
      const reading = expect(recv.read(10)).rejects.toMatchObject({ code: "closed" });
      recv.stop(55);
      await reading;
      const writing = (async () => {
        for (;;) {
          await send.write(filled(1_000, 0));
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await expect(writing).rejects.toMatchObject({ code: "stopped", streamCode: 55 });
    });

    test("reset does not hang behind a write that flow control holds", async () => {
      const { send } = await uni();
      const writing = (async () => {
        for (;;) await send.write(filled(65_536, 0));
      })();
      const refused = expect(writing).rejects.toMatchObject({ name: "LinkError" });
      await Promise.race([refused, new Promise((resolve) => setTimeout(resolve, 200))]);
      await send.reset(1);
      await refused;
    });

    test("datagrams arrive whole; what does not fit is refused", async () => {
      const { out, in: inbound } = await pair();
      const reading = inbound.readDatagram();
      expect(out.sendDatagram(filled(200, 3))).toBe(true);
      expect(Buffer.compare(must(await reading), filled(200, 3))).toBe(0);
      expect(out.sendDatagram(filled(10_000, 3))).toBe(false);
      out.close(0, "bye");
      expect(out.sendDatagram(filled(10, 3))).toBe(false);
    });

    test("both ends learn who closed, with which code and reason", async () => {
      const { out, in: inbound } = await pair();
      out.close(9, "fixed (code 99)");
      out.close(10, "ignored");
      expect(await out.closed).toEqual({ by: "local", code: 9, reason: "fixed (code 99)" });
      expect(await inbound.closed).toEqual({ by: "peer", code: 9, reason: "fixed (code 99)" });
    });

    test("a close with an empty reason keeps its code", async () => {
      const { out, in: inbound } = await pair();
      out.close(3, "");
      expect(await inbound.closed).toEqual({ by: "peer", code: 3, reason: "" });
    });

    test("a close ends everything that is pending, at both ends, and stays ended", async () => {
      const { out, in: inbound } = await pair();
      const stream = await out.openBi();
      await stream.send.write(Uint8Array.of(1));
      const theirs = must(await inbound.acceptBi());
      expect(await theirs.recv.read(1)).toEqual(Uint8Array.of(1));
      const pending = [stream.recv.read(1), theirs.recv.read(1)].map((read) => read.catch((error: unknown) => error));
      const accepts = [out.acceptUni(), inbound.acceptUni(), inbound.acceptBi(), inbound.readDatagram()];
      out.close(1, "bye");
      await inbound.closed;
      for (const error of await Promise.all(pending)) expect(error).toMatchObject({ code: "closed" });
      expect(await Promise.all(accepts)).toEqual([null, null, null, null]);
      for (const end of [out, inbound]) {
        expect(await end.acceptUni()).toBeNull();
        expect(await end.acceptBi()).toBeNull();
        expect(await end.readDatagram()).toBeNull();
        await expect(end.openUni()).rejects.toMatchObject({ name: "LinkError" });
        await expect(end.openBi()).rejects.toMatchObject({ name: "LinkError" });
      }
      await expect(stream.send.write(Uint8Array.of(1))).rejects.toMatchObject({ name: "LinkError" });
    });

    test("two connections between the same ends live side by side", async () => {
      const { out, a, b } = await pair();
      const accepted = b.accept();
      const second = await a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 5_000 });
      const secondIn = must(await accepted);
      out.close(0, "first");
      await out.closed;
      const send = await second.openUni();
      await send.write(filled(3, 0));
      await send.finish();
      expect((await readAll(must(await secondIn.acceptUni()))).length).toBe(3);
    });

    test("closing an endpoint closes its connections with a reason, and ends accept for good", async () => {
      const { in: inbound, out, a, b } = await pair();
      const accepting = a.accept();
      const startMs = performance.now();
      await a.close(6, "over");
      await a.close(7, "again");
      expect(performance.now() - startMs).toBeLessThan(10_000);
      expect(await inbound.closed).toEqual({ by: "peer", code: 6, reason: "over" });
      expect((await out.closed).by).toBe("local");
      expect([await accepting, await a.accept(), await a.accept()]).toEqual([null, null, null]);
      const dial = a.connect(b.id, b.boundAddresses(), ALPN, { timeoutMs: 1_000 });
      await expect(dial).rejects.toMatchObject({ code: "closed" });
      expect(a.id).toMatch(/^[0-9a-f]{64}$/);
    });

    test("a datagram that arrived is acknowledged, whether anybody reads it or not", async () => {
      const { out } = await pair();
      // What the handshake still brings is over when nothing came for a while.
      let before = -1;
      for (let quiet = 0; quiet < 5; quiet++) {
        if (out.stats().receivedPackets !== before) quiet = 0;
        before = out.stats().receivedPackets;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(out.sendDatagram(filled(2, 1))).toBe(true);
      await eventually(() => out.stats().receivedPackets > before);
    });

    test("traffic is counted", async () => {
      const { out, in: inbound } = await pair();
      const before = out.stats().sentPackets;
      const send = await out.openUni();
      await send.write(filled(10, 0));
      await send.finish();
      await readAll(must(await inbound.acceptUni()));
      expect(out.stats().sentPackets).toBeGreaterThan(before);
      expect(inbound.stats().receivedPackets).toBeGreaterThan(0);
    });
  });
}
