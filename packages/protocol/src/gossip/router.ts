/**
 * The gossip router: all topics of one node behind one face. Pure: inputs in, outputs out; the driver owns connections,
 * timers and clock. Rules RT1–RT4 of RULES.md.
 *
 * What the driver has to know:
 * - a `schedule` output comes back as `{ kind: "timer", timer }` for the same topic; timers of a topic that was quit may come, they are ignored;
 * - `disconnect-peer` means: send what is queued, then close; sends to that peer that follow open a new connection;
 * - `peerLost` is called when no connection to the peer is left, or a dial failed. The end of a connection that the router itself
 *   asked to close may be reported or not: the router does not count it as a loss.
 *
 * Owner: the node (or simulator), for its whole life.
 */
import { BoundedSet } from "./bounded-set.js";
import { type GossipConfig, gossipConfig } from "./config.js";
import type { GossipInput, GossipOutput, RoutedOutput } from "./events.js";
import type { PeerRtt } from "./plumtree.js";
import { TopicState } from "./topic-state.js";

/** Peers heard from or being closed at once. Both are bounded by the driver's connections; this is what a faulty driver costs. */
const PEERS_CAPACITY = 4_096;
const CLOSING_CAPACITY = 64;
const NOBODY: readonly string[] = [];

export interface GossipRouterOptions {
  /** Own id, 64 hex digits. */
  readonly self: string;
  readonly config?: Partial<GossipConfig>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** BLAKE3-256 (32 bytes). */
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  /** Absent: waits for a grafted message are fixed (GT1). */
  readonly rttMs?: PeerRtt;
}

export class GossipRouter {
  readonly self: string;
  readonly config: GossipConfig;
  readonly #random: () => number;
  readonly #hash: (bytes: Uint8Array) => Uint8Array;
  readonly #rttMs: PeerRtt;
  /** Added by the first join of a topic, removed by quit. */
  readonly #topics = new Map<string, TopicState>();
  /** RT2. Removed by the topics' disconnects, by quit, by the end of the connection, or as the oldest. */
  readonly #peerTopics = new Map<string, Set<string>>();
  /** Peers whose connection we asked to close. Removed by its end, by the next message from or to them, or as the oldest. */
  readonly #closing = new BoundedSet(CLOSING_CAPACITY);
  #ownData: Uint8Array | undefined;

  constructor(options: GossipRouterOptions) {
    this.self = options.self;
    this.config = gossipConfig(options.config);
    this.#random = options.random;
    this.#hash = options.hash;
    this.#rttMs = options.rttMs ?? (() => undefined);
  }

  /**
   * One input of one topic. Anything but `join` is ignored when the topic is not joined (RT1); a broadcast then reaches nobody.
   * Throws `MESH_E_BROADCAST_TOO_LARGE`, before anything has changed.
   */
  handle(topic: string, input: GossipInput, nowMs: number): RoutedOutput[] {
    const state = this.#topics.get(topic) ?? (input.kind === "join" ? this.#open(topic, input.options) : undefined);
    if (state === undefined) return [];
    if (input.kind === "message") {
      if (input.from === this.self) return []; // ID1
      this.#heard(input.from, topic);
    }
    const outputs: GossipOutput[] = [];
    state.handle(input, nowMs, outputs);
    const routed: RoutedOutput[] = [];
    if (input.kind === "quit") {
      this.#topics.delete(topic);
      this.#route(topic, outputs, routed);
      this.#forgetTopic(topic, routed);
    } else {
      this.#route(topic, outputs, routed);
    }
    return routed;
  }

  /** RT3: no connection to this peer is left, or a dial to it failed. */
  peerLost(peer: string, nowMs: number): RoutedOutput[] {
    if (this.#closing.delete(peer)) return [];
    this.#peerTopics.delete(peer);
    const routed: RoutedOutput[] = [];
    for (const [topic, state] of this.#topics) {
      const outputs: GossipOutput[] = [];
      state.handle({ kind: "peer-lost", peer }, nowMs, outputs);
      this.#route(topic, outputs, routed);
    }
    return routed;
  }

  /** No connection to this peer is left, and none was wanted: it stays what it is to the topics. */
  peerIdle(peer: string): void {
    this.#closing.delete(peer);
    this.#peerTopics.delete(peer);
  }

  /** RT3: PeerData handed to peers with the next Join, Neighbor or Shuffle. Kept for topics joined later. */
  setOwnData(data: Uint8Array | undefined, nowMs: number): RoutedOutput[] {
    this.#ownData = data;
    const routed: RoutedOutput[] = [];
    for (const topic of this.#topics.keys()) routed.push(...this.handle(topic, { kind: "own-data", data }, nowMs));
    return routed;
  }

  /** The neighbours. A view of the state: copy it to keep it. */
  activeView(topic: string): readonly string[] {
    return this.#topics.get(topic)?.swarm.active.values() ?? NOBODY;
  }

  /** A view of the state: copy it to keep it. */
  passiveView(topic: string): readonly string[] {
    return this.#topics.get(topic)?.swarm.passive.values() ?? NOBODY;
  }

  eagerPeers(topic: string): readonly string[] {
    return [...(this.#topics.get(topic)?.tree.peers.eager ?? NOBODY)];
  }

  lazyPeers(topic: string): readonly string[] {
    return [...(this.#topics.get(topic)?.tree.peers.lazy ?? NOBODY)];
  }

  /** Whether the topic has been joined here (and not quit); says nothing about neighbours. */
  joined(topic: string): boolean {
    return this.#topics.has(topic);
  }

  topics(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** Entries held, summed over the topics: for metrics and for tests that look for leaks. */
  sizes(): Record<string, number> {
    const sizes: Record<string, number> = {
      topics: this.#topics.size,
      peerTopics: this.#peerTopics.size,
      closing: this.#closing.size,
    };
    for (const state of this.#topics.values()) {
      for (const [name, size] of Object.entries(state.sizes())) sizes[name] = (sizes[name] ?? 0) + size;
    }
    return sizes;
  }

  #open(topic: string, options: { activeViewCapacity?: number } | undefined): TopicState {
    const capacity = options?.activeViewCapacity;
    const config =
      capacity === undefined ? this.config : gossipConfig({ ...this.config, activeViewCapacity: capacity });
    const state = new TopicState({
      self: this.self,
      config,
      random: this.#random,
      hash: this.#hash,
      ownData: this.#ownData,
      rttMs: this.#rttMs,
    });
    this.#topics.set(topic, state);
    return state;
  }

  /** RT2 */
  #heard(peer: string, topic: string): void {
    this.#closing.delete(peer);
    const topics = this.#peerTopics.get(peer);
    if (topics !== undefined) {
      topics.add(topic);
      return;
    }
    if (this.#peerTopics.size >= PEERS_CAPACITY) {
      for (const oldest of this.#peerTopics.keys()) {
        this.#peerTopics.delete(oldest);
        break;
      }
    }
    this.#peerTopics.set(peer, new Set([topic]));
  }

  #route(topic: string, outputs: readonly GossipOutput[], routed: RoutedOutput[]): void {
    for (const output of outputs) {
      if (output.kind === "disconnect-peer" && !this.#release(output.peer, topic)) continue;
      if (output.kind === "send") this.#closing.delete(output.to);
      routed.push({ topic, output });
    }
  }

  /** RT2: true when the connection may be closed now. */
  #release(peer: string, topic: string): boolean {
    const topics = this.#peerTopics.get(peer);
    if (topics === undefined) return false;
    topics.delete(topic);
    if (topics.size > 0) return false;
    this.#peerTopics.delete(peer);
    if (this.#needed(peer, topic)) return false;
    this.#closing.add(peer);
    return true;
  }

  /** Whether a topic other than `except` has the peer as neighbour or awaits its answer. */
  #needed(peer: string, except: string): boolean {
    for (const [topic, state] of this.#topics) {
      if (topic !== except && (state.swarm.active.has(peer) || state.swarm.isPending(peer))) return true;
    }
    return false;
  }

  /** Peers that were heard on this topic alone, without being neighbours: nobody needs them now. Visits all peers; quitting is rare. */
  #forgetTopic(topic: string, routed: RoutedOutput[]): void {
    for (const [peer, topics] of this.#peerTopics) {
      if (topics.has(topic) && this.#release(peer, topic)) {
        routed.push({ topic, output: { kind: "disconnect-peer", peer } });
      }
    }
  }
}
