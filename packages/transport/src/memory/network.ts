/**
 * A network inside one process: endpoints, dials, ALPN refusal, dials into nothing, silent death. Delivers on microtasks
 * (no flakes), or after `latencyMs()` on the injected clock. Passes the same acceptance suite as the real make.
 */
import { AsyncQueue } from "../async-queue.js";
import { type Clock, systemClock, withTimeout } from "../clock.js";
import type { LinkConnection, LinkEndpoint } from "../link.js";
import { LinkError } from "../link.js";
import { MemoryConnection, type MemorySettings } from "./connection.js";
import type { Carry } from "./stream.js";

/** As iroh: a peer that went silent is noticed after 30 s. */
const IDLE_TIMEOUT_MS = 30_000;
const MAX_PENDING_INBOUND = 256;

export interface MemoryNetworkOptions {
  readonly clock?: Clock;
  /** Delay of each delivery, one way; absent or 0: the next microtask. Order within a connection is kept. */
  readonly latencyMs?: () => number;
  /** Bytes in flight per stream before a write waits. */
  readonly windowBytes?: number;
  readonly maxStreams?: number;
}

export interface MemoryEndpointOptions {
  /** 64 lower-case hex digits. */
  readonly id: string;
  readonly alpns: readonly string[];
}

export class MemoryNetwork {
  readonly clock: Clock;
  readonly settings: MemorySettings;
  readonly #latencyMs: () => number;
  readonly #byAddress = new Map<string, MemoryEndpoint>();
  #lastPort = 10_000;

  constructor(options: MemoryNetworkOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.#latencyMs = options.latencyMs ?? (() => 0);
    this.settings = { windowBytes: options.windowBytes ?? 1 << 20, maxStreams: options.maxStreams ?? 1024 };
  }

  bind(options: MemoryEndpointOptions): LinkEndpoint {
    this.#lastPort += 1;
    const endpoint = new MemoryEndpoint(this, options.id, options.alpns, `127.0.0.1:${this.#lastPort}`);
    this.#byAddress.set(endpoint.address, endpoint);
    return endpoint;
  }

  /** Silence without a close, as SIGKILL: peers notice after the idle limit, dials to it time out. */
  kill(id: string): void {
    for (const endpoint of [...this.#byAddress.values()]) if (endpoint.id === id) endpoint.kill();
  }

  find(address: string): MemoryEndpoint | undefined {
    return this.#byAddress.get(address);
  }

  forget(endpoint: MemoryEndpoint): void {
    if (this.#byAddress.get(endpoint.address) === endpoint) this.#byAddress.delete(endpoint.address);
  }

  /** One direction between two endpoints: in order, delayed, and swallowed once either is dead. */
  carry(from: MemoryEndpoint, to: MemoryEndpoint): Carry {
    const waiting: (() => void)[] = [];
    let lastAtMs = 0;
    const deliver = (action: (() => void) | undefined) => {
      if (!from.dead && !to.dead) action?.();
    };
    return (action) => {
      const delay = this.#latencyMs();
      const now = this.clock.now();
      if (delay <= 0 && waiting.length === 0) {
        queueMicrotask(() => deliver(action));
        return;
      }
      // Each timer delivers the oldest, whatever order the clock fires equal times in.
      lastAtMs = Math.max(now + delay, lastAtMs);
      waiting.push(action);
      this.clock.setTimer(() => deliver(waiting.shift()), lastAtMs - now);
    };
  }
}

export class MemoryEndpoint implements LinkEndpoint {
  readonly id: string;
  readonly address: string;
  dead = false;
  readonly #network: MemoryNetwork;
  #alpns: readonly string[];
  readonly #inbound = new AsyncQueue<LinkConnection>(MAX_PENDING_INBOUND);
  readonly #connections = new Map<MemoryConnection, MemoryConnection>();
  #closed = false;

  constructor(network: MemoryNetwork, id: string, alpns: readonly string[], address: string) {
    this.#network = network;
    this.id = id;
    this.#alpns = alpns;
    this.address = address;
  }

  boundAddresses(): readonly string[] {
    return [this.address];
  }

  setAlpns(alpns: readonly string[]): void {
    this.#alpns = alpns;
  }

  connect(
    remoteId: string,
    addresses: readonly string[],
    alpn: string,
    options: { readonly timeoutMs: number; readonly onLate?: (connection: LinkConnection) => void },
  ): Promise<LinkConnection> {
    if (this.#closed) return Promise.reject(new LinkError("closed", "the endpoint is closed"));
    if (!/^[0-9a-f]{64}$/.test(remoteId) || remoteId === this.id) {
      return Promise.reject(new LinkError("invalid-argument", "the peer's id is not one that can be dialled"));
    }
    if (addresses.length === 0) return Promise.reject(new LinkError("unreachable", "no address is known"));
    const attempt = new Promise<LinkConnection>((resolve, reject) => {
      this.#attempt(remoteId, addresses, alpn, resolve, reject);
    });
    return withTimeout(
      this.#network.clock,
      attempt,
      options.timeoutMs,
      () => new LinkError("timeout", `no answer within ${options.timeoutMs} ms`),
      (late) => {
        if (options.onLate !== undefined && !this.#closed) options.onLate(late);
        else late.close(0, "shutdown");
      },
    );
  }

  /** Settles never where nobody answers: the caller's time-out does. */
  #attempt(
    remoteId: string,
    addresses: readonly string[],
    alpn: string,
    resolve: (connection: LinkConnection) => void,
    reject: (error: LinkError) => void,
  ): void {
    const found = addresses.map((address) => this.#network.find(address)).filter((there) => there !== undefined);
    const target = found.find((there) => there.id === remoteId && !there.dead);
    const answering = target ?? found.find((there) => !there.dead);
    if (answering === undefined || this.dead) return;
    const out = this.#network.carry(this, answering);
    const back = this.#network.carry(answering, this);
    out(() => {
      if (answering.#closed) return;
      if (answering.id !== remoteId) {
        back(() => reject(new LinkError("wrong-id", "another key answered")));
      } else if (!answering.#alpns.includes(alpn)) {
        back(() => reject(new LinkError("refused-alpn", `the peer does not speak ${alpn}`)));
      } else {
        const pair = MemoryConnection.pair(this, answering, alpn, this.#network.settings, out, back);
        // The dialler's end exists before anything the acceptor sends can reach it: `back` keeps the order.
        back(() => {
          this.#adopt(pair.outbound, pair.inbound);
          resolve(pair.outbound);
        });
        answering.#adopt(pair.inbound, pair.outbound);
        if (!answering.#inbound.push(pair.inbound)) pair.inbound.close(0, "over-capacity");
      }
    });
  }

  #adopt(own: MemoryConnection, other: MemoryConnection): void {
    this.#connections.set(own, other);
    void own.closed.then(() => this.#connections.delete(own));
    if (this.#closed) own.close(0, "shutdown");
  }

  accept(): Promise<LinkConnection | null> {
    return this.#inbound.next();
  }

  async close(code: number, reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of [...this.#connections.keys()]) connection.close(code, reason);
    this.#inbound.end(true);
    this.#network.forget(this);
  }

  kill(): void {
    this.dead = true;
    this.#network.forget(this);
    for (const other of this.#connections.values()) {
      this.#network.clock.setTimer(() => other.endWith({ by: "timeout", code: -1, reason: "" }), IDLE_TIMEOUT_MS);
    }
  }
}
