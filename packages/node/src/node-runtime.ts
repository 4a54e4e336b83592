/**
 * A running node: owns every part and their order of life. Parts know each other only through what is handed in here.
 * Ended by `close()`: leave, drain, close connections, flush telemetry, each with a bound.
 */

import { formatSeed, MeshError, parseSeedList } from "@meshwork/protocol";
import { ATTR, SPAN, type Telemetry } from "@meshwork/telemetry";
import { ALPN_GOSSIP, StreamTag, type Transport, type TransportEvent } from "@meshwork/transport";
import { advertisedAddresses } from "./advertised-addresses.js";
import { BoundedChannel } from "./bounded-channel.js";
import { Directories } from "./directories.js";
import { GossipDriver } from "./gossip-driver.js";
import { Handlers } from "./handlers.js";
import type { Identity } from "./identity.js";
import { MemberLinks } from "./member-links.js";
import { MembershipDriver } from "./membership-driver.js";
import type { Hash, MeshTopic } from "./meshes.js";
import { Messenger } from "./messenger.js";
import { type NodeMetrics, observeNode } from "./node-metrics.js";
import { NodeSpans } from "./node-spans.js";
import { NodeStatsSource, totals } from "./node-stats.js";
import type { ResolvedOptions } from "./options.js";
import { Prober } from "./prober.js";
import { decodeRemoteDirectory, encodeRemoteDirectory } from "./remote-directory.js";
import { SeedDialer } from "./seeds.js";
import { decodeStats, encodeSubscription, StatsServer } from "./stats-server.js";
import type {
  Handler,
  MeshNode,
  NodeDirectory,
  NodeStats,
  RemoteDirectoryEntry,
  Reply,
  RequestOptions,
  Target,
} from "./types.js";

const LOAD_SAMPLE_INTERVAL_MS = 10_000;
const DRAIN_MS = 1_000;
const TELEMETRY_FLUSH_MS = 2_000;
const DIRECTORY_OPERATION = "mesh.directory";
const DEFAULT_STATS_INTERVAL_MS = 1_000;

export interface NodeRuntimeOptions {
  readonly options: ResolvedOptions;
  readonly identity: Identity;
  readonly bootNonce: string;
  readonly name: string;
  readonly transport: Transport;
  readonly telemetry: Telemetry;
  readonly topics: readonly MeshTopic[];
  readonly hash: Hash;
  readonly now: () => number;
}

export class NodeRuntime implements MeshNode {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
  readonly observes: readonly string[];
  readonly directory: NodeDirectory;
  readonly closed: Promise<void>;
  bootMs = 0;
  bootTraceId = "";

  readonly #parts: NodeRuntimeOptions;
  readonly #directories: Directories;
  readonly #gossip: GossipDriver;
  readonly #membership: MembershipDriver;
  readonly #messenger: Messenger;
  readonly #handlers = new Handlers();
  readonly #seeds: SeedDialer;
  readonly #prober: Prober;
  readonly #memberLinks: MemberLinks;
  readonly #stats: NodeStatsSource;
  readonly #statsServer: StatsServer;
  readonly #spans: NodeSpans;
  readonly #metrics: NodeMetrics;
  readonly #neighborHolds = new Map<string, () => void>();
  readonly #unsubscribe: () => void;
  #loadTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #tellClosed: () => void = () => {};

  constructor(parts: NodeRuntimeOptions) {
    const { options, identity, transport, telemetry, topics, now } = parts;
    this.#parts = parts;
    this.id = identity.id;
    this.name = parts.name;
    this.mesh = options.mesh;
    this.type = options.type;
    this.observes = options.observe;
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#directories = new Directories({
      meshes: topics,
      self: identity.id,
      now,
      random: Math.random,
      stalenessMs: options.stalenessMs,
      hash: parts.hash,
      onExpired: (mesh, removed, durationMs) =>
        this.#spans.event(SPAN.stalenessPruned, {
          [ATTR.meshId]: mesh,
          [ATTR.removed]: removed,
          [ATTR.durationMs]: durationMs,
        }),
    });
    this.directory = this.#directories;
    this.#spans = new NodeSpans(telemetry, (id) => this.#directories.byId(id)?.name);
    this.#stats = new NodeStatsSource({
      identity: { id: this.id, name: this.name, mesh: this.mesh, type: this.type },
      transport,
      telemetry,
      sharedProcess: options.sharedProcess,
      cpuBudgetCores: options.cpuBudgetCores,
      ramBudgetBytes: options.ramBudgetBytes,
      now,
      activeViews: () => Object.fromEntries(topics.map(({ mesh }) => [mesh, this.#gossip.activeView(mesh)])),
      directorySize: () => this.#directories.size,
      sizes: () => this.#sizes(),
    });
    this.#metrics = observeNode(
      telemetry,
      transport,
      () => this.#stats.read(),
      () => this.#directorySizes(),
    );
    this.#gossip = new GossipDriver({
      self: identity.id,
      transport,
      topics,
      hash: parts.hash,
      random: Math.random,
      now,
      events: {
        neighborUp: (mesh, peerId) => this.#neighborUp(mesh, peerId),
        neighborDown: (mesh, peerId) => this.#neighborDown(mesh, peerId),
        received: (mesh, content, deliveredFrom) => this.#membership.received(mesh, content, deliveredFrom),
      },
    });
    this.#membership = new MembershipDriver({
      identity,
      bootNonce: parts.bootNonce,
      options,
      topics,
      transport,
      directories: this.#directories,
      now,
      random: Math.random,
      hash: parts.hash,
      broadcast: (mesh, content) => this.#gossip.broadcast(mesh, content),
      neighbors: (mesh) => this.#gossip.activeView(mesh),
      contacts: (mesh, peers) => this.#gossip.contacts(mesh, peers),
      framesSoFar: () => totals(transport.counters),
      onSynced: (mesh, entries, durationMs) =>
        this.#spans.event(SPAN.directorySynced, {
          [ATTR.meshId]: mesh,
          [ATTR.entries]: entries,
          [ATTR.durationMs]: durationMs,
        }),
    });
    this.#messenger = new Messenger({
      transport,
      telemetry,
      directories: this.#directories,
      handlers: this.#handlers,
      onRequest: (side, operation, outcome, durationMs) => {
        if (side === "client") this.#metrics.request(operation, outcome, durationMs);
      },
    });
    this.#seeds = new SeedDialer({ transport, topics, random: Math.random, events: this.#seedEvents() });
    this.#memberLinks = new MemberLinks({
      self: identity.id,
      topics,
      transport,
      directories: this.#directories,
      neighbors: (mesh) => this.#gossip.activeView(mesh),
      join: (mesh, peers) => this.#gossip.join(mesh, peers),
      random: Math.random,
    });
    this.#prober = new Prober({
      transport,
      now,
      onRtt: (_peerId, rttMs) => this.#metrics.rtt(rttMs),
      onFailure: () => this.#metrics.probeFailed(),
      onDead: (peerId, silentMs) =>
        this.#spans.event(SPAN.peerSuspected, {
          [ATTR.peerId]: peerId,
          [ATTR.reason]: `silent for ${Math.round(silentMs)} ms`,
        }),
    });
    this.#statsServer = new StatsServer(
      () => this.#stats.read(),
      (watched) => this.#stats.watched(watched),
    );
    this.#unsubscribe = transport.onEvent((event) => this.#onTransportEvent(event));
    // Where the departed were reached is of no use: each respawn would leave its addresses behind.
    this.#directories.onChange((change) => {
      if (change.kind === "left" || change.kind === "expired") transport.forgetAddresses(change.entry.id);
    });
  }

  /** Fourth boot step: the topics are open and what comes in finds its owner. */
  startGossip(): void {
    const { transport } = this.#parts;
    this.#messenger.start();
    transport.handleStreams(StreamTag.stats, (stream) => this.#statsServer.accept(stream));
    transport.handleStreams(StreamTag.sync, (stream) => this.#membership.acceptSync(stream));
    this.#handlers.register(
      DIRECTORY_OPERATION,
      () => ({ body: encodeRemoteDirectory(this.#directories.entries(), this.#parts.now()) }),
      true,
    );
    this.#gossip.start();
  }

  /** After the last boot step. */
  ready(boot: { readonly bootMs: number; readonly bootTraceId: string }): void {
    this.bootMs = boot.bootMs;
    this.bootTraceId = boot.bootTraceId;
    this.#directories.start();
    this.#membership.start();
    this.#prober.start();
    this.#memberLinks.start();
    this.#seeds.start(this.#parts.options.seeds);
    this.#loadTimer = setInterval(() => this.#membership.loadSampled(this.#stats.load()), LOAD_SAMPLE_INTERVAL_MS);
    this.#loadTimer.unref();
  }

  get addresses(): readonly string[] {
    return advertisedAddresses(this.#parts.transport.boundAddresses());
  }

  get seed(): string {
    const address = this.addresses[0];
    if (address === undefined) throw new MeshError("MESH_E_CLOSED", this.name);
    return formatSeed({ id: this.id, address });
  }

  handle(operation: string, handler: Handler): () => void {
    return this.#handlers.register(operation, handler);
  }

  async request(
    target: Target,
    operation: string,
    body?: Uint8Array | string,
    options?: RequestOptions,
  ): Promise<Reply> {
    this.#guardOpen();
    return this.#messenger.request(target, operation, body, options);
  }

  async send(target: Target, operation: string, body?: Uint8Array | string, options?: RequestOptions): Promise<void> {
    this.#guardOpen();
    return this.#messenger.send(target, operation, body, options);
  }

  join(seeds: readonly string[]): void {
    this.#guardOpen();
    this.#seeds.start(parseSeedList(seeds.join(",")));
  }

  neighbors(mesh = this.mesh): readonly string[] {
    return this.#gossip.activeView(mesh);
  }

  stats(): NodeStats {
    return this.#stats.read();
  }

  watchStats(
    target: Target,
    options: { intervalMs?: number; signal?: AbortSignal } = {},
  ): AsyncIterableIterator<NodeStats> {
    this.#guardOpen();
    const entry = this.#directories.select(target);
    this.#parts.transport.learnAddresses(entry.id, entry.record.addresses);
    let stop = () => {};
    const channel = new BoundedChannel<NodeStats>({ max: 4, onEnd: () => stop() });
    const follow = async () => {
      try {
        const stream = await this.#parts.transport.openBi(entry.id, StreamTag.stats);
        const release = this.#parts.transport.hold(entry.id, "stats");
        let ended = false;
        stop = () => {
          if (ended) return;
          ended = true;
          release();
          stream.send.finish().catch(() => {});
          stream.recv.stop(0);
        };
        options.signal?.addEventListener("abort", () => channel.end(), { once: true });
        if (options.signal?.aborted) channel.end();
        await stream.send.write(encodeSubscription(options.intervalMs ?? DEFAULT_STATS_INTERVAL_MS));
        for (;;) {
          const frame = await stream.recv.next();
          if (frame === null || ended) break;
          channel.push(decodeStats(frame));
        }
      } catch {
        // The peer is gone or the watch was ended: the loop ends, which is what it was told.
      } finally {
        channel.end();
      }
    };
    void follow();
    return channel;
  }

  async directoryOf(target: Target, options?: RequestOptions): Promise<readonly RemoteDirectoryEntry[]> {
    if (typeof target === "string" && this.#directories.resolve(target).id === this.id) {
      return decodeRemoteDirectory(encodeRemoteDirectory(this.#directories.entries(), this.#parts.now()));
    }
    return decodeRemoteDirectory((await this.#messenger.request(target, DIRECTORY_OPERATION, undefined, options)).body);
  }

  close(reason = "closed"): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(reason: string): Promise<void> {
    const { telemetry, transport, identity } = this.#parts;
    await telemetry.withSpan(SPAN.nodeStopping, { attributes: { [ATTR.reason]: reason } }, async () => {
      clearInterval(this.#loadTimer);
      this.#seeds.stop();
      this.#prober.stop();
      this.#memberLinks.stop();
      this.#membership.leave();
      await this.#messenger.drain(DRAIN_MS);
      this.#gossip.quit();
      this.#statsServer.stop();
      this.#membership.stop();
      this.#directories.stop();
      for (const release of this.#neighborHolds.values()) release();
      this.#neighborHolds.clear();
      await transport.close("shutdown");
      this.#unsubscribe();
    });
    await telemetry.shutdown(TELEMETRY_FLUSH_MS);
    identity.release();
    this.#tellClosed();
  }

  #guardOpen(): void {
    if (this.#closing !== undefined) throw new MeshError("MESH_E_CLOSED", this.name);
  }

  #onTransportEvent(event: TransportEvent): void {
    this.#spans.onTransportEvent(event);
    this.#gossip.onTransportEvent(event);
    if (event.kind === "peer-lost") this.#messenger.peerLost(event.peerId);
  }

  #neighborUp(mesh: MeshTopic, peerId: string): void {
    const key = `${mesh.topic}/${peerId}`;
    if (!this.#neighborHolds.has(key))
      this.#neighborHolds.set(key, this.#parts.transport.hold(peerId, `neighbor ${mesh.mesh}`));
    // Peers of other makes know no probes: silence is no sign there, and QUIC alone tells of their end.
    if (this.#parts.transport.peer(peerId)?.alpn !== ALPN_GOSSIP) this.#prober.watch(peerId);
    this.#membership.neighborUp(mesh, peerId);
  }

  #neighborDown(mesh: MeshTopic, peerId: string): void {
    const key = `${mesh.topic}/${peerId}`;
    this.#neighborHolds.get(key)?.();
    this.#neighborHolds.delete(key);
    const elsewhere = this.#parts.topics.some(({ mesh: name }) => this.#gossip.activeView(name).includes(peerId));
    if (!elsewhere) this.#prober.unwatch(peerId);
    this.#membership.neighborDown(mesh, peerId);
  }

  #seedEvents(): ConstructorParameters<typeof SeedDialer>[0]["events"] {
    return {
      found: (peer, shared) => {
        this.#spans.event(SPAN.peerDiscovered, { [ATTR.peerId]: peer.id, [ATTR.peerSource]: "seed" });
        for (const mesh of shared) this.#gossip.join(mesh, [peer.id]);
      },
      retry: (seed, attempt, delayMs, reason) =>
        this.#spans.event(SPAN.seedRetry, {
          [ATTR.seed]: formatSeed(seed),
          [ATTR.attempt]: attempt,
          [ATTR.delayMs]: Math.round(delayMs),
          [ATTR.reason]: reason,
        }),
      giveUp: (seed, attempts, reason) =>
        this.#spans.event(SPAN.seedGiveup, { [ATTR.seed]: formatSeed(seed), [ATTR.attempt]: attempts }, reason),
      mismatch: (seed, error) => {
        this.#spans.event(
          SPAN.seedGiveup,
          { [ATTR.seed]: formatSeed(seed), [ATTR.reason]: "mesh_mismatch" },
          error.message,
        );
        process.emitWarning(error.message, { code: error.code });
      },
    };
  }

  #directorySizes(): Record<string, number> {
    return Object.fromEntries(this.#parts.topics.map(({ mesh }) => [mesh, this.#directories.of(mesh)?.size ?? 0]));
  }

  #sizes(): Record<string, number> {
    return {
      ...this.#parts.transport.sizes(),
      ...this.#gossip.sizes(),
      ...this.#directories.sizes(),
      ...this.#membership.sizes(),
      ...this.#messenger.sizes(),
      handlers: this.#handlers.size,
      neighborHolds: this.#neighborHolds.size,
      probed: this.#prober.size,
      seedsPending: this.#seeds.pending,
      statsSubscribers: this.#statsServer.size,
    };
  }
}
