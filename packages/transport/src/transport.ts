/**
 * The transport: peers over a link. Accepts, dials, says hello, hands streams to their handlers and gossip frames to the
 * listener, answers probes. Decisions about connections are the registry's; everything here is wiring, one place per concern.
 *
 * Owner: the node. `close()` ends it within 2 s and leaves neither timer nor handle.
 */
import { type Hello, MeshError } from "@meshwork/protocol";
import { AddressBook } from "./address-book.js";
import { Admission } from "./admission.js";
import { BufferBudget } from "./buffer-budget.js";
import { Channels } from "./channels.js";
import { type Clock, systemClock, withTimeout } from "./clock.js";
import { closeToken } from "./close-tokens.js";
import { Counters } from "./counters.js";
import { Dialer } from "./dialer.js";
import { GossipStreams } from "./gossip-streams.js";
import { Inbound } from "./inbound.js";
import { DEFAULT_LIMITS, type TransportLimits } from "./limits.js";
import { type LinkEndpoint, LinkError } from "./link.js";
import type { PeerConnection } from "./peer-connection.js";
import { Prober } from "./probe.js";
import { ProbeStreams } from "./probe-streams.js";
import { Registry } from "./registry.js";
import { StallWatch } from "./stall-watch.js";
import type { StreamHandler } from "./stream-handler.js";
import {
  ALPN_MESHWORK,
  type BiChannel,
  CloseCode,
  type FramedWriter,
  type PeerInfo,
  StreamTag,
  type Transport,
  type TransportEvent,
} from "./types.js";

export interface TransportOptions {
  readonly endpoint: LinkEndpoint;
  readonly hello: Hello;
  readonly clock?: Clock;
  /** `n` random bytes. Default: the platform's generator. */
  readonly random?: (bytes: number) => Uint8Array;
  readonly limits?: Partial<TransportLimits>;
  /** False leaves accepting to a later `start()`; inbound connections wait in the endpoint meanwhile. Default true. */
  readonly accepting?: boolean;
}

export function createTransport(options: TransportOptions): Transport {
  return new MeshTransport(options);
}

/** What was written last gets this long to be acknowledged before the connections are closed. */
const FLUSH_SETTLE_MS = 30;
const FLUSH_LIMIT_MS = 500;

class MeshTransport implements Transport {
  readonly id: string;
  readonly counters = new Counters();
  readonly #endpoint: LinkEndpoint;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #buffers: BufferBudget;
  readonly #registry: Registry;
  readonly #admission: Admission;
  readonly #dialer: Dialer;
  readonly #addresses: AddressBook;
  readonly #gossip: GossipStreams;
  readonly #channels: Channels;
  readonly #inbound: Inbound;
  readonly #prober: Prober;
  readonly #probes: ProbeStreams;
  readonly #stalls: StallWatch;
  readonly #listeners = new Set<(event: TransportEvent) => void>();
  readonly #handlers = new Map<number, StreamHandler>();
  #hello: Hello;
  #accepting = false;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: TransportOptions) {
    this.#endpoint = options.endpoint;
    this.id = options.endpoint.id;
    this.#hello = options.hello;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    const random = options.random ?? ((bytes: number) => globalThis.crypto.getRandomValues(new Uint8Array(bytes)));
    this.#addresses = new AddressBook(this.#limits.maxKnownPeers, this.#limits.maxAddressesPerPeer);
    this.#prober = new Prober(this.#clock, random, this.#limits.maxPendingProbes, (peerId, rttMs) =>
      this.#emit({ kind: "pong", peerId, rttMs, atMs: this.#clock.now() }),
    );
    this.#stalls = new StallWatch(this.#clock, this.#limits.stallMs);
    this.#channels = new Channels(this.#clock, this.#limits, this.counters);
    this.#buffers = new BufferBudget(this.#limits.totalBufferBytes);
    this.#registry = new Registry(this.id, this.#clock, this.#limits);
    this.#admission = new Admission({
      endpoint: this.#endpoint,
      clock: this.#clock,
      limits: this.#limits,
      counters: this.counters,
      registry: this.#registry,
      buffers: this.#buffers,
      hello: () => this.#hello,
      isClosing: () => this.#closing !== undefined,
      onAdmitted: (connection, isNews) => this.#onAdmitted(connection, isNews),
      onEnded: (connection, reason) => this.#onEnded(connection, reason),
      onViolation: (peerId, what) => this.#countViolation(peerId, what),
    });
    this.#dialer = new Dialer({
      endpoint: this.#endpoint,
      clock: this.#clock,
      limits: this.#limits,
      addressesOf: (peerId) => this.#addresses.known(peerId),
      establish: (link) => this.#admission.establish(link),
      onLate: (link) => this.#admission.late(link),
      onFailed: (peerId, code) => this.#onDialFailed(peerId, code),
    });
    this.#gossip = new GossipStreams({
      clock: this.#clock,
      limits: this.#limits,
      counters: this.counters,
      stalls: this.#stalls,
      current: (peerId) => this.#registry.current(peerId),
      dial: (peerId) => this.#reach(peerId),
      onFrame: (connection, topic, frame) =>
        this.#emit({ kind: "gossip", peerId: connection.peerId, topic, frame, atMs: this.#clock.now() }),
      onViolation: (connection, what, fatal) => this.#onViolation(connection, what, fatal),
    });
    const inbound = {
      clock: this.#clock,
      limits: this.#limits,
      counters: this.counters,
      channels: this.#channels,
      prober: this.#prober,
      handlerOf: (tag: number) => this.#handlers.get(tag),
      onPing: (peerId: string) => this.#emit({ kind: "probed", peerId, atMs: this.#clock.now() }),
      onViolation: (connection: PeerConnection, what: string, fatal: boolean) =>
        this.#onViolation(connection, what, fatal),
    };
    this.#probes = new ProbeStreams(inbound);
    this.#inbound = new Inbound({ ...inbound, gossip: this.#gossip, probes: this.#probes });
    if (options.accepting !== false) this.start();
  }

  start(): void {
    if (this.#accepting) return;
    this.#accepting = true;
    void this.#admission.acceptLoop();
  }

  boundAddresses(): readonly string[] {
    return this.#endpoint.boundAddresses();
  }

  learnAddresses(peerId: string, addresses: readonly string[]): void {
    if (peerId !== this.id) this.#addresses.learn(peerId, addresses);
  }

  knownAddresses(peerId: string): readonly string[] {
    return this.#addresses.known(peerId);
  }

  knownPeers(): readonly string[] {
    return this.#addresses.peers();
  }

  forgetAddresses(peerId: string): void {
    this.#addresses.forget(peerId);
  }

  #onAdmitted(connection: PeerConnection, isNews: boolean): void {
    const { link, peerId } = connection;
    if (link.direction === "outbound") {
      const path = link.path();
      if (path?.kind === "direct") this.#addresses.learn(peerId, [path.address]);
    }
    this.#inbound.serve(connection);
    if (isNews) this.#emit({ kind: "peer-connected", peer: this.#info(connection), atMs: this.#clock.now() });
    this.#gossip.flush(peerId);
  }

  #onEnded(connection: PeerConnection, reason: string): void {
    const { peerId } = connection;
    this.#gossip.gone(connection);
    this.#probes.gone(connection);
    const isLast = this.#registry.remove(connection);
    const atMs = this.#clock.now();
    this.#emit({ kind: "connection-closed", peerId, reason, atMs });
    if (isLast) {
      this.#prober.fail(new MeshError("MESH_E_UNREACHABLE", `${peerId}: the connection ended`), peerId);
      this.#emit({ kind: "peer-lost", peerId, reason, atMs });
    }
    if (this.#registry.connectionCount === 0) this.#onEmpty?.();
  }

  #onDialFailed(peerId: string, code: string): void {
    this.counters.dialsFailed += 1;
    if (this.#closing === undefined) this.#emit({ kind: "dial-failed", peerId, code, atMs: this.#clock.now() });
  }

  #onViolation(connection: PeerConnection, what: string, fatal: boolean): void {
    connection.violations += 1;
    this.#countViolation(connection.peerId, what);
    if (fatal || connection.violations > this.#limits.maxViolationsPerConnection) {
      connection.close(CloseCode.protocolViolation);
    }
  }

  #countViolation(peerId: string, what: string): void {
    this.counters.violations += 1;
    this.#emit({ kind: "violation", peerId, what, atMs: this.#clock.now() });
  }

  #emit(event: TransportEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A listener's mistake must not end a read loop; it surfaces as an uncaught exception of its own.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** The connection used for sending, dialling where there is none. */
  #reach(peerId: string): Promise<PeerConnection> {
    if (this.#closing !== undefined) return Promise.reject(new MeshError("MESH_E_CLOSED", ""));
    const current = this.#registry.current(peerId);
    if (current !== undefined) return Promise.resolve(current);
    return this.#dialer.dial(peerId).then(
      // The dialled one may have lost to another meanwhile.
      (dialled) => this.#registry.current(peerId) ?? dialled,
      (error: unknown) => {
        const other = this.#registry.current(peerId);
        if (other !== undefined) return other;
        throw error;
      },
    );
  }

  async connect(peerId: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<PeerInfo> {
    options.signal?.throwIfAborted();
    const current = this.#registry.current(peerId);
    if (current !== undefined) return this.#info(current);
    const reached = this.#abortable(this.#reach(peerId), options.signal);
    const connection =
      options.timeoutMs === undefined
        ? await reached
        : await withTimeout(
            this.#clock,
            reached,
            options.timeoutMs,
            () => new MeshError("MESH_E_TIMEOUT", `no connection to ${peerId} within ${options.timeoutMs} ms`),
          );
    return this.#info(connection);
  }

  #abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return work;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(new MeshError("MESH_E_CANCELLED", "", { cause: signal.reason }));
      signal.addEventListener("abort", onAbort, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  #info(connection: PeerConnection): PeerInfo {
    const all = this.#registry.connections(connection.peerId);
    return {
      id: connection.peerId,
      hello: connection.hello,
      alpn: connection.alpn,
      direction: connection.direction,
      // Asked of the binding only when somebody looks: 12 µs that most callers have no use for.
      get path() {
        return connection.link.path();
      },
      get rttMs() {
        return connection.link.rttMs();
      },
      connectedAtMs: connection.setUpAtMs,
      lastHeardMs: all.reduce((latest, other) => Math.max(latest, other.lastHeardMs), connection.lastHeardMs),
      connections: all.length,
    };
  }

  peer(peerId: string): PeerInfo | undefined {
    const current = this.#registry.current(peerId);
    return current === undefined ? undefined : this.#info(current);
  }

  isConnected(peerId: string): boolean {
    return this.#registry.current(peerId) !== undefined;
  }

  lastHeardMs(peerId: string): number | undefined {
    return this.#registry.lastHeardMs(peerId);
  }

  peers(): readonly PeerInfo[] {
    const infos: PeerInfo[] = [];
    for (const peerId of this.#registry.peerIds()) {
      const info = this.peer(peerId);
      if (info !== undefined) infos.push(info);
    }
    return infos;
  }

  hold(peerId: string, _why: string): () => void {
    return this.#registry.hold(peerId);
  }

  disconnect(peerId: string, code: number): void {
    for (const connection of this.#registry.connections(peerId)) {
      // A goodbye lets what is queued (the Disconnect frame itself) arrive; every other reason closes at once.
      if (code === CloseCode.disconnect) connection.drain(code, () => true);
      else connection.close(code);
    }
  }

  sendGossip(peerId: string, topic: Uint8Array, frame: Uint8Array, final: boolean): void {
    if (this.#closing !== undefined) {
      this.counters.droppedFrames += 1;
      return;
    }
    this.#gossip.send(peerId, topic, frame, final);
  }

  openBi(peerId: string, tag: number): Promise<BiChannel> {
    return this.#open(peerId, (connection): Promise<BiChannel> => {
      return tag === StreamTag.probe ? this.#probes.openBi(connection) : this.#channels.openBi(connection, tag);
    });
  }

  openUni(peerId: string, tag: number): Promise<FramedWriter> {
    return this.#open(peerId, (connection) => this.#channels.openUni(connection, tag));
  }

  async #open<T>(peerId: string, open: (connection: PeerConnection) => Promise<T>): Promise<T> {
    const connection = await this.#reach(peerId);
    if (connection.alpn !== ALPN_MESHWORK) {
      throw new MeshError("MESH_E_UNREACHABLE", `${peerId} speaks gossip only`);
    }
    try {
      return await open(connection);
    } catch (error) {
      const next = this.#registry.current(peerId);
      const replaced = error instanceof LinkError && next !== undefined && next !== connection;
      if (replaced && next.alpn === ALPN_MESHWORK) return open(next);
      throw error instanceof MeshError
        ? error
        : new MeshError("MESH_E_UNREACHABLE", `${peerId}: the connection ended`, { cause: error });
    }
  }

  handleStreams(tag: number, handler: StreamHandler): void {
    if (tag === StreamTag.gossip || !Number.isInteger(tag) || tag < 0 || tag > 0xff) {
      throw new LinkError("invalid-argument", `stream tag ${tag} cannot be handled`);
    }
    if (this.#handlers.has(tag)) throw new LinkError("invalid-argument", `stream tag ${tag} has a handler`);
    this.#handlers.set(tag, handler);
  }

  async probe(peerId: string, timeoutMs: number): Promise<number> {
    const connection = this.#registry.current(peerId);
    if (connection === undefined) throw new MeshError("MESH_E_UNREACHABLE", `${peerId}: no connection`);
    if (connection.alpn !== ALPN_MESHWORK) throw new MeshError("MESH_E_UNREACHABLE", `${peerId} speaks gossip only`);
    return this.#prober.probe(peerId, timeoutMs, (ping) => this.#inbound.sendProbe(connection, ping));
  }

  ping(peerId: string): boolean {
    const connection = this.#registry.current(peerId);
    if (connection === undefined || connection.closing || connection.alpn !== ALPN_MESHWORK) return false;
    this.#inbound.sendProbe(connection, this.#prober.ping(peerId));
    this.counters.pingsUnanswered = this.#prober.unanswered;
    return true;
  }

  beat(peerId: string): boolean {
    const connection = this.#registry.current(peerId);
    if (connection === undefined || connection.closing || connection.alpn !== ALPN_MESHWORK) return false;
    return (!connection.needsPong() && this.#inbound.sendBeat(connection)) || this.ping(peerId);
  }

  sizes(): Readonly<Record<string, number>> {
    return {
      peers: this.#registry.peerCount,
      connections: this.#registry.connectionCount,
      holds: this.#registry.holdCount,
      dials: this.#dialer.size,
      foreignPeers: this.#dialer.foreignSize,
      knownPeers: this.#addresses.size,
      gossipStreamsOut: this.#gossip.laneCount,
      gossipStreamsIn: this.#gossip.inboundCount,
      gossipWaitingFrames: this.#gossip.waitingFrames,
      bufferedBytes: this.#buffers.usedBytes,
      probes: this.#prober.size,
      openProbeStreams: this.#probes.size,
      pendingHellos: this.#admission.pendingHellos,
      watchedQueues: this.#stalls.size,
      listeners: this.#listeners.size,
      handlers: this.#handlers.size,
    };
  }

  onEvent(listener: (event: TransportEvent) => void): () => void {
    const own = (event: TransportEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  setHello(hello: Hello): void {
    this.#hello = hello;
  }

  close(_reason?: string): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    // Not in the constructor of `#closing`: everything below must see it set.
    await Promise.resolve();
    this.#prober.fail(new MeshError("MESH_E_CLOSED", ""));
    const deadlineMs = this.#clock.now() + this.#limits.closeMs;
    await this.#flush();
    const emptied = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      if (this.#registry.connectionCount === 0) resolve();
    });
    const leftMs = Math.max(1, deadlineMs - this.#clock.now());
    await withTimeout(
      this.#clock,
      Promise.all([this.#endpoint.close(CloseCode.shutdown, closeToken(CloseCode.shutdown)), emptied]),
      leftMs,
      () => new Error("slow close"),
    ).catch(() => {});
    this.#registry.stop();
    this.#stalls.stop();
    this.#probes.stop();
    this.#listeners.clear();
    this.#handlers.clear();
  }

  /** Lets queued gossip (a leave) reach the wire: half a second at most, and none at all where nothing is queued. */
  async #flush(): Promise<void> {
    if (this.#registry.connectionCount === 0) return;
    const sleep = (ms: number) => new Promise<void>((resolve) => this.#clock.setTimer(resolve, ms));
    const deadlineMs = this.#clock.now() + FLUSH_LIMIT_MS;
    while (!this.#gossip.idle && this.#clock.now() < deadlineMs) await sleep(5);
    await sleep(FLUSH_SETTLE_MS);
  }
}
