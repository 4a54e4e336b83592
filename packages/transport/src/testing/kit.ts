/** Small things that tests of the transport share: ids, hellos, recorded events, a seeded generator, a peer made by hand. */
import type { Hello } from "@meshwork/protocol";
import { systemClock } from "../clock.js";
import { exchangeHello } from "../hello.js";
import { DEFAULT_LIMITS } from "../limits.js";
import type { LinkConnection, LinkEndpoint } from "../link.js";
import { ALPN_MESHWORK, type Transport, type TransportEvent } from "../types.js";

/** The `n`-th id; ids compare as their numbers. */
export function idOf(n: number): string {
  return n.toString(16).padStart(64, "0");
}

export function helloOf(bootNonce: number, more: Partial<Hello> = {}): Hello {
  return {
    protocolVersion: 1,
    bootNonce: bootNonce.toString(16).padStart(16, "0"),
    mesh: "mesh1",
    topics: [],
    role: "member",
    name: `mesh1.test.${bootNonce}`,
    ...more,
  };
}

export type EventOf<K extends TransportEvent["kind"]> = Extract<TransportEvent, { kind: K }>;

export interface Recorder {
  readonly all: readonly TransportEvent[];
  of<K extends TransportEvent["kind"]>(kind: K): EventOf<K>[];
}

export function record(transport: Transport): Recorder {
  const all: TransportEvent[] = [];
  transport.onEvent((event) => all.push(event));
  return { all, of: (kind) => all.filter((event): event is EventOf<typeof kind> => event.kind === kind) };
}

/** Resolves with the first event that matches; rejects after `limitMs` of real time. */
export function nextEvent(
  transport: Transport,
  matches: (event: TransportEvent) => boolean,
  limitMs = 10_000,
): Promise<TransportEvent> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the event did not come")), limitMs);
    const remove = transport.onEvent((event) => {
      if (!matches(event)) return;
      clearTimeout(timer);
      remove();
      resolve(event);
    });
  });
}

/** Numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A connection that said its hello by hand: for peers that then misbehave. */
export async function dialByHand(endpoint: LinkEndpoint, target: Transport, hello: Hello): Promise<LinkConnection> {
  const link = await endpoint.connect(target.id, target.boundAddresses(), ALPN_MESHWORK, { timeoutMs: 5_000 });
  const ignore = () => {};
  await exchangeHello(link, hello, systemClock, DEFAULT_LIMITS, { onSent: ignore, onReceived: ignore });
  return link;
}

/** Looks every few milliseconds until `holds` is true; for states that no event announces. */
export async function eventually(holds: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not reached within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
