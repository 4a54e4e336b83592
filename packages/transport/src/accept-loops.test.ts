/** Loops that read from a link, over a link that answers as a closed one does: at once and for ever. */
import { encodeFrame, encodeHello } from "@meshwork/protocol";
import { expect, test } from "vitest";
import type { LinkBiStream, LinkCloseReason, LinkConnection, LinkEndpoint } from "./link.js";
import { helloOf, idOf, record } from "./testing/kit.js";
import { settle } from "./testing/manual-clock.js";
import { createTransport } from "./transport.js";
import { ALPN_GOSSIP, ALPN_MESHWORK } from "./types.js";

/** `null` to every question, counted. After a thousand it stops answering, so that a spinning loop fails instead of hanging. */
function closedChannel(): { asked: () => number; ask: () => Promise<null> } {
  let asked = 0;
  return {
    asked: () => asked,
    ask: () => {
      asked += 1;
      return asked > 1_000 ? new Promise(() => {}) : Promise.resolve(null);
    },
  };
}

function closedConnection(alpn: string): { link: LinkConnection; asked: () => number[] } {
  const [uni, bi, datagram] = [closedChannel(), closedChannel(), closedChannel()];
  let end: (reason: LinkCloseReason) => void = () => {};
  const closed = new Promise<LinkCloseReason>((resolve) => {
    end = resolve;
  });
  const refuse = () => Promise.reject(new Error("closed"));
  const link: LinkConnection = {
    key: 1,
    remoteId: idOf(2),
    alpn,
    direction: "inbound",
    openUni: refuse,
    openBi: refuse,
    acceptUni: uni.ask,
    acceptBi: bi.ask,
    sendDatagram: () => false,
    readDatagram: datagram.ask,
    rttMs: () => undefined,
    path: () => undefined,
    stats: () => ({ sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 }),
    close: (code, reason) => end({ by: "local", code, reason }),
    closed,
  };
  return { link, asked: () => [uni.asked(), bi.asked(), datagram.asked()] };
}

test("a loop that spins on a closed channel: every accept loop ends with the first null", async () => {
  const gossip = closedConnection(ALPN_GOSSIP);
  const meshwork = closedConnection(ALPN_MESHWORK);
  const accepts = closedChannel();
  const waiting = [gossip.link, meshwork.link];
  const endpoint: LinkEndpoint = {
    id: idOf(1),
    boundAddresses: () => [],
    setAlpns: () => {},
    connect: () => Promise.reject(new Error("unused")),
    accept: () => {
      const next = waiting.shift();
      return next === undefined ? accepts.ask() : Promise.resolve(next);
    },
    close: async () => {},
  };
  const transport = createTransport({ endpoint, hello: helloOf(1) });
  await settle(10);
  expect(accepts.asked()).toBe(1);
  expect(gossip.asked()).toEqual([1, 1, 0]);
  // No hello comes from a closed connection: asked once for the hello's stream, and given up.
  expect(meshwork.asked()).toEqual([0, 1, 0]);
  gossip.link.close(0, "");
  await transport.close();
});

test("a connection that ended while its hello came through is not registered", async () => {
  const frame = encodeFrame(encodeHello(helloOf(2)));
  const base = closedConnection(ALPN_MESHWORK).link;
  let end: (reason: LinkCloseReason) => void = () => {};
  const stream: LinkBiStream = {
    recv: { read: async () => frame, stop: () => {} },
    send: {
      write: async () => {},
      // The close is known before the exchange has returned.
      finish: async () => end({ by: "lost", code: -1, reason: "" }),
      reset: async () => {},
    },
  };
  const streams = [stream];
  const link: LinkConnection = {
    ...base,
    acceptBi: async () => streams.shift() ?? base.acceptBi(),
    closed: new Promise((resolve) => {
      end = resolve;
    }),
  };
  const waiting = [link];
  const accepts = closedChannel();
  const endpoint: LinkEndpoint = {
    id: idOf(1),
    boundAddresses: () => [],
    setAlpns: () => {},
    connect: () => Promise.reject(new Error("unused")),
    accept: () => {
      const next = waiting.shift();
      return next === undefined ? accepts.ask() : Promise.resolve(next);
    },
    close: async () => {},
  };
  const transport = createTransport({ endpoint, hello: helloOf(1) });
  const events = record(transport);
  await settle(10);
  expect(transport.counters.received.hello.frames).toBe(1);
  expect([transport.sizes().connections, transport.sizes().peers, transport.peers()]).toEqual([0, 0, []]);
  expect(events.all).toEqual([]);
  expect(transport.counters.connectionsClosed.lost).toBe(1);
  await transport.close();
});
