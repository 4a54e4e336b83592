/**
 * A running node: owns every part and their order of life. Parts know each other only through what is handed in here.
 * Ended by `close()`: leave, drain, close connections, flush telemetry, each with a bound.
 */

import { type DirectoryChange, formatSeed, MeshError, parseSeedList } from "@meshwork/protocol";
import { ATTR, SPAN, type Telemetry } from "@meshwork/telemetry";
import { ALPN_GOSSIP, StreamTag, type Transport, type TransportEvent } from "@meshwork/transport";
import { watchAddresses } from "./address-watch.js";
import { advertisedAddresses } from "./advertised-addresses.js";
import { BoundedChannel } from "./bounded-channel.js";
import { Directories } from "./directories.js";
import { GossipDriver } from "./gossip-driver.js";
import { Handlers } from "./handlers.js";
import type { Identity } from "./identity.js";
import { MemberLinks } from "./member-links.js";
import { MembershipDriver } from "./membership-driver.js";
import { membershipMachines } from "./membership-machines.js";
import type { Hash, MeshTopic } from "./meshes.js";
import { Messenger } from "./messenger.js";
import { type NodeMetrics, observeNode } from "./node-metrics.js";
import { NodeReports } from "./node-reports.js";
import { NodeSpans } from "./node-spans.js";
import { NodeStatsSource } from "./node-stats.js";
import type { ResolvedOptions } from "./options.js";
import { ownDescription } from "./own-description.js";
import { type ProfileOptions, profileOf } from "./profile-client.js";
import { profileHandler } from "./profile-server.js";
import type { NodeProfile } from "./profile-types.js";
import { PROFILE_OPERATION } from "./profile-wire.js";
import { decodeRemoteDirectory, encodeRemoteDirectory } from "./remote-directory.js";
import { SeedDialer } from "./seeds.js";
import { SilentConnections } from "./silent-connections.js";
import { decodeStats, encodeSubscription, StatsServer } from "./stats-server.js";
import { type TakeTelemetry, TelemetryLane } from "./telemetry-lane.js";
import type { TelemetrySpool } from "./telemetry-spool.js";
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
import type { Verifier } from "./verifier.js";

const LOAD_SAMPLE_INTERVAL_MS = 10_000;
const DRAIN_MS = 1_000;
const MESH_FLUSH_MS = 500;
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
  readonly spool: TelemetrySpool;
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
  readonly #memberLinks: MemberLinks;
  readonly #silent: SilentConnections;
  readonly #stats: NodeStatsSource;
  readonly #statsServer: StatsServer;
  readonly #telemetryLane: TelemetryLane;
  readonly #spans: NodeSpans;
  readonly #reports: NodeReports;
  readonly #verifier: Verifier;
  readonly #metrics: NodeMetrics;
  readonly #neighborHolds = new Map<string, () => void>();
  readonly #unsubscribe: () => void;
  #loadTimer: NodeJS.Timeout | undefined;
  #unwatchAddresses = () => {};
  #ownLoad: { readonly cpuUsedCores: number; readonly rssBytes: number } | undefined;
  #failure: MeshError | undefined;
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
    const { machines, verifier } = membershipMachines({
      ...parts,
      random: Math.random,
      lastHeardMs: (peerId) => transport.lastHeardMs(peerId),
      describe: ownDescription({
        ...parts,
        neighbors: () => this.#gossip.neighbors(this.mesh),
        load: () => this.#ownLoad,
      }),
    });
    this.#verifier = verifier;
    this.#directories = new Directories({
      byMesh: new Map([...machines].map(([mesh, { directory }]) => [mesh, directory])),
      self: identity.id,
      now,
      random: Math.random,
    });
    this.directory = this.#directories;
    this.#spans = new NodeSpans(telemetry, (id) => this.#directories.byId(id)?.name);
    this.#reports = new NodeReports(this.#spans);
    this.#stats = new NodeStatsSource({
      identity: { id: this.id, name: this.name, mesh: this.mesh, type: this.type },
      transport,
      telemetry,
      sharedProcess: options.sharedProcess,
      cpuBudgetCores: options.cpuBudgetCores,
      ramBudgetBytes: options.ramBudgetBytes,
      now,
      activeViews: () => Object.fromEntries(topics.map(({ mesh }) => [mesh, this.#gossip.neighbors(mesh)])),
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
      isDeparted: (peerId) => this.#membership.isDeparted(peerId),
    });
    this.#membership = new MembershipDriver({
      topics,
      machines,
      transport,
      now,
      // Peers of other makes know no probes: silence is no sign there, and QUIC alone tells of their end.
      isForeign: (peerId) => transport.peer(peerId)?.alpn === ALPN_GOSSIP,
      gossip: this.#gossip,
      events: {
        change: (change) => this.#changed(change),
        synced: (mesh, entries, durationMs) => this.#reports.synced(mesh, entries, durationMs),
        rtt: (rttMs) => this.#metrics.rtt(rttMs),
        mismatch: (mesh, peerId) => this.#reports.contactMismatch(mesh, peerId, transport.peer(peerId)),
        duplicateIdentity: (bootNonce) => this.#onDuplicateIdentity(bootNonce),
      },
    });
    this.#silent = new SilentConnections(transport);
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
      neighbors: (mesh) => this.#gossip.neighbors(mesh),
      join: (mesh, peers) => this.#gossip.join(mesh, peers),
      random: Math.random,
    });
    this.#statsServer = new StatsServer(
      () => this.#stats.read(),
      (watched) => this.#stats.watched(watched),
    );
    this.#telemetryLane = new TelemetryLane({
      self: identity.id,
      transport,
      topics,
      directories: this.#directories,
      random: Math.random,
    });
    this.#unsubscribe = transport.onEvent((event) => this.#onTransportEvent(event));
  }

  /** Fourth boot step: the topics are open and what comes in finds its owner. */
  startGossip(): void {
    const { transport } = this.#parts;
    this.#messenger.start();
    transport.handleStreams(StreamTag.stats, (stream) => this.#statsServer.accept(stream));
    this.#telemetryLane.open();
    this.#membership.open();
    this.#handlers.register(
      DIRECTORY_OPERATION,
      () => ({
        body: encodeRemoteDirectory(this.#directories.entries(), this.#parts.now(), this.#directories.departed()),
      }),
      true,
    );
    this.#handlers.register(PROFILE_OPERATION, this.#profileHandler(), true);
    this.#gossip.start();
  }

  /** After the last boot step. */
  ready(boot: { readonly bootMs: number; readonly bootTraceId: string }): void {
    this.bootMs = boot.bootMs;
    this.bootTraceId = boot.bootTraceId;
    this.#membership.start();
    this.#memberLinks.start();
    this.#seeds.start(this.#parts.options.seeds);
    this.#parts.spool.attach((kind, body) => this.#telemetryLane.deliver(kind, body));
    this.#loadTimer = setInterval(() => this.#sampleLoad(), LOAD_SAMPLE_INTERVAL_MS);
    this.#loadTimer.unref();
    this.#unwatchAddresses = watchAddresses(
      this.#parts.transport.boundAddresses(),
      () => this.addresses,
      () => this.#addressesChanged(),
    );
  }

  #addressesChanged(): void {
    this.#gossip.tellAddresses();
    this.#membership.changed();
    this.#silent.onOwnAddresses();
  }

  get addresses(): readonly string[] {
    return advertisedAddresses(this.#parts.transport.boundAddresses());
  }

  get seed(): string {
    const address = this.addresses[0];
    if (address === undefined) throw new MeshError("MESH_E_CLOSED", this.name);
    return formatSeed({ id: this.id, address });
  }

  get failure(): MeshError | undefined {
    return this.#failure;
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
    return this.#gossip.neighbors(mesh);
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
      return decodeRemoteDirectory(
        encodeRemoteDirectory(this.#directories.entries(), this.#parts.now(), this.#directories.departed()),
      );
    }
    return decodeRemoteDirectory((await this.#messenger.request(target, DIRECTORY_OPERATION, undefined, options)).body);
  }

  async profileOf(target: string, options: ProfileOptions): Promise<NodeProfile> {
    this.#guardOpen();
    return profileOf(this, target, options);
  }

  takeTelemetry(take: TakeTelemetry): () => void {
    return this.#telemetryLane.take(take);
  }

  close(reason = "closed"): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(reason: string): Promise<void> {
    const { telemetry, transport, identity, spool } = this.#parts;
    // What goes over the mesh goes while there is one.
    if (spool.isUsed) await telemetry.flush(MESH_FLUSH_MS);
    await telemetry.withSpan(SPAN.nodeStopping, { attributes: { [ATTR.reason]: reason } }, async () => {
      clearInterval(this.#loadTimer);
      this.#unwatchAddresses();
      this.#seeds.stop();
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
    spool.close();
    await telemetry.shutdown(TELEMETRY_FLUSH_MS);
    identity.release();
    this.#tellClosed();
  }

  #profileHandler(): Handler {
    const { options, transport, topics } = this.#parts;
    return profileHandler({
      profiling: options.profiling,
      topic: topics.find(({ mesh }) => mesh === this.mesh)?.topic ?? "",
      boundAddresses: () => transport.boundAddresses(),
      peer: (id) => transport.peer(id),
      stats: () => this.#stats.read(),
    });
  }

  #guardOpen(): void {
    if (this.#closing !== undefined) throw new MeshError("MESH_E_CLOSED", this.name);
  }

  #onTransportEvent(event: TransportEvent): void {
    this.#spans.onTransportEvent(event);
    if (event.kind === "peer-connected") this.#parts.spool.nudge();
    this.#membership.onTransportEvent(event);
    this.#gossip.onTransportEvent(event);
    if (event.kind === "peer-lost") this.#messenger.peerLost(event.peerId);
  }

  #neighborUp(mesh: MeshTopic, peerId: string): void {
    const key = `${mesh.topic}/${peerId}`;
    if (!this.#neighborHolds.has(key))
      this.#neighborHolds.set(key, this.#parts.transport.hold(peerId, `neighbor ${mesh.mesh}`));
    this.#membership.neighborUp(mesh, peerId);
  }

  #neighborDown(mesh: MeshTopic, peerId: string): void {
    const key = `${mesh.topic}/${peerId}`;
    this.#neighborHolds.get(key)?.();
    this.#neighborHolds.delete(key);
    this.#membership.neighborDown(mesh, peerId);
  }

  #seedEvents(): ConstructorParameters<typeof SeedDialer>[0]["events"] {
    const reports = this.#reports;
    return {
      found: (seed, peer, shared) => {
        reports.seedFound(peer);
        for (const mesh of shared) {
          // Who only observes a mesh leads into it once, and is no place to look for it later.
          if (peer.hello === undefined || peer.hello.mesh === mesh.mesh) this.#membership.remember(mesh, seed);
          this.#gossip.join(mesh, [peer.id]);
        }
      },
      retry: (seed, attempt, delayMs, reason) => reports.seedRetry(seed, attempt, delayMs, reason),
      giveUp: (seed, attempts, reason) => {
        reports.seedGivenUp(seed, attempts, reason);
        // As a target of healing it is still tried now and then.
        for (const mesh of this.#parts.topics) this.#membership.remember(mesh, seed);
      },
      mismatch: (seed, error) => reports.seedMismatch(seed, error),
    };
  }

  /** Where the departed were reached is of no use: each respawn would leave its addresses behind. */
  #changed(change: DirectoryChange): void {
    const gone = change.kind === "left" || change.kind === "expired" || change.kind === "dead";
    if (gone) this.#parts.transport.forgetAddresses(change.entry.id);
    this.#silent.onChange(change);
    this.#reports.changed(change);
    this.#directories.changed(change);
  }

  #sampleLoad(): void {
    const { cpuBudgetCores, ramBudgetBytes, sharedProcess } = this.#parts.options;
    // In a shared process no figure belongs to this node: its class is left at what is said of unknown load.
    if (sharedProcess) return;
    const load = this.#stats.load();
    this.#ownLoad = load;
    this.#membership.loadSampled(load.cpuUsedCores / cpuBudgetCores, load.rssBytes / ramBudgetBytes);
  }

  #onDuplicateIdentity(bootNonce: string): void {
    if (this.#closing !== undefined) return;
    this.#failure = this.#reports.duplicateIdentity(bootNonce);
    void this.close("duplicate_identity");
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
      silentConnections: this.#silent.size,
      neighborHolds: this.#neighborHolds.size,
      verifierKeys: this.#verifier.size,
      seedsPending: this.#seeds.pending,
      statsSubscribers: this.#statsServer.size,
      ...this.#telemetryLane.sizes(),
      ...this.#parts.spool.sizes(),
    };
  }
}
