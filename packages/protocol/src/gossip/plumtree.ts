/**
 * Plumtree: broadcast over the neighbours as a spanning tree that repairs itself. Rules PT1–PT10 of RULES.md, a literal port
 * of iroh-gossip 0.101.0's `proto/plumtree.rs` but for the cures behind flags.
 *
 * Everything that happens goes through `handle`. Invariants, asserted at its end:
 *   1. the own id is neither eager nor lazy;
 *   2. no peer is both;
 *   3. cache, received ids and missing messages are within their bounds.
 * Owner: TopicState, one per joined topic; it ends with the topic.
 */
import { MeshError } from "../errors.js";
import { bytesToHex } from "../ids.js";
import { type GossipScope, IHAVE_MAX_PER_FRAME, type TopicMessage } from "../wire/gossip-codec.js";
import { BoundedSet } from "./bounded-set.js";
import type { GossipConfig } from "./config.js";
import { EagerLazy } from "./eager-lazy.js";
import type { GossipOutput } from "./events.js";
import { graftTimeoutMs } from "./graft-timeout.js";
import { type GossipMessage, MessageCache } from "./message-cache.js";
import { MissingMessages } from "./missing-messages.js";

export type TreeMessage = Extract<TopicMessage, { kind: "gossip" | "prune" | "graft" | "ihave" }>;

export type TreeInput =
  | { readonly kind: "neighbor-up"; readonly peer: string }
  | { readonly kind: "neighbor-down"; readonly peer: string }
  | { readonly kind: "message"; readonly from: string; readonly message: TreeMessage }
  | { readonly kind: "broadcast"; readonly content: Uint8Array; readonly scope: GossipScope["kind"] }
  | { readonly kind: "ihave-timer" }
  | { readonly kind: "graft-timer"; readonly messageId: string }
  | { readonly kind: "evict-timer" }
  | { readonly kind: "quit" };

/** The round trip to a neighbour as the driver's transport measures it; undefined where it is not known. */
export type PeerRtt = (peer: string) => number | undefined;

/** A timer handed in this much before it is due is taken for genuine: drivers' clocks and timers differ by a millisecond or two. */
const TIMER_SLACK_MS = 50;
const ROUND_MAX = 0xffff;

export interface PlumtreeOptions {
  readonly self: string;
  readonly config: GossipConfig;
  /** BLAKE3-256. */
  readonly hash: (content: Uint8Array) => Uint8Array;
  readonly rttMs: PeerRtt;
}

interface IHave {
  readonly id: string;
  readonly round: number;
}

export class Plumtree {
  readonly peers: EagerLazy;
  readonly #self: string;
  readonly #config: GossipConfig;
  readonly #hash: (content: Uint8Array) => Uint8Array;
  readonly #rttMs: PeerRtt;
  readonly #cache: MessageCache;
  readonly #missing: MissingMessages;
  /** Ids with a first graft timer under way. Removed when it fires or the message comes. */
  readonly #graftTimers: BoundedSet;
  /** IHaves not sent yet, per lazy peer. Emptied after `ihaveDispatchDelayMs`. */
  readonly #lazyQueue = new Map<string, IHave[]>();
  #ihaveTimerArmed = false;
  #evictDueMs: number | undefined;

  constructor(options: PlumtreeOptions) {
    const { config } = options;
    this.#self = options.self;
    this.#config = config;
    this.#hash = options.hash;
    this.#rttMs = options.rttMs;
    this.peers = new EagerLazy(config.eagerLazyWithinActive);
    this.#cache = new MessageCache(config);
    this.#missing = new MissingMessages(config.missingCapacity, config.announcersPerMessageCapacity);
    this.#graftTimers = new BoundedSet(config.missingCapacity);
  }

  sizes(): Record<
    | "eagerPeers"
    | "lazyPeers"
    | "receivedIds"
    | "cachedMessages"
    | "cachedBytes"
    | "missing"
    | "graftTimers"
    | "lazyQueued",
    number
  > {
    let lazyQueued = 0;
    for (const queue of this.#lazyQueue.values()) lazyQueued += queue.length;
    return {
      eagerPeers: this.peers.eager.size,
      lazyPeers: this.peers.lazy.size,
      receivedIds: this.#cache.receivedIds,
      cachedMessages: this.#cache.cachedMessages,
      cachedBytes: this.#cache.cachedBytes,
      missing: this.#missing.size,
      graftTimers: this.#graftTimers.size,
      lazyQueued,
    };
  }

  /** Throws `MESH_E_BROADCAST_TOO_LARGE` for a broadcast that no frame could carry, before anything has changed. */
  handle(input: TreeInput, nowMs: number, out: GossipOutput[]): void {
    switch (input.kind) {
      case "neighbor-up":
        this.peers.neighborUp(input.peer);
        break;
      case "neighbor-down":
        this.#onNeighborDown(input.peer);
        break;
      case "message":
        this.#onMessage(input.from, input.message, nowMs, out);
        break;
      case "broadcast":
        this.#broadcast(input.content, input.scope, nowMs, out);
        break;
      case "ihave-timer":
        this.#sendIHaves(out);
        break;
      case "graft-timer":
        this.#onGraftTimer(input.messageId, out);
        break;
      case "evict-timer":
        this.#onEvictTimer(nowMs, out);
        break;
      case "quit":
        this.#sendAnnounced(out);
        break;
    }
    this.#assertInvariants();
  }

  #onMessage(from: string, message: TreeMessage, nowMs: number, out: GossipOutput[]): void {
    switch (message.kind) {
      case "gossip":
        this.#onGossip(from, message, nowMs, out);
        break;
      case "prune":
        this.peers.toLazy(from); // PT9
        break;
      case "graft":
        this.#onGraft(from, message.id, out);
        break;
      case "ihave":
        this.#onIHave(from, message.messages, out);
        break;
    }
  }

  /** PT2. Announcements still queued for the peer would reopen a connection to it. */
  #onNeighborDown(peer: string): void {
    this.peers.neighborDown(peer);
    this.#missing.forgetPeer(peer);
    if (this.#config.eagerLazyWithinActive) this.#lazyQueue.delete(peer);
  }

  /** PT3 */
  #broadcast(content: Uint8Array, scope: GossipScope["kind"], nowMs: number, out: GossipOutput[]): void {
    const limitBytes = this.#config.broadcastMaxBytes;
    if (content.length > limitBytes) {
      throw new MeshError("MESH_E_BROADCAST_TOO_LARGE", `${content.length} bytes, the limit is ${limitBytes}`);
    }
    const id = bytesToHex(this.#hash(content));
    if (scope === "neighbors") {
      this.#eagerPush({ kind: "gossip", id, content, scope: { kind: "neighbors" } }, undefined, out);
      return;
    }
    const message: GossipMessage = { kind: "gossip", id, content, scope: { kind: "swarm", round: 0 } };
    this.#remember(message, nowMs, out);
    this.#lazyPush(id, 0, undefined, out);
    this.#eagerPush(message, undefined, out);
  }

  /** PT4 */
  #onGossip(from: string, message: GossipMessage, nowMs: number, out: GossipOutput[]): void {
    const { id, content, scope } = message;
    if (bytesToHex(this.#hash(content)) !== id) return;
    if (this.#cache.hasReceived(id)) {
      this.peers.toLazy(from);
      out.push({ kind: "send", to: from, message: { kind: "prune" } });
      return;
    }
    if (scope.kind === "swarm") {
      const round = Math.min(scope.round + 1, ROUND_MAX);
      const forwarded: GossipMessage = { kind: "gossip", id, content, scope: { kind: "swarm", round } };
      this.#remember(forwarded, nowMs, out);
      this.#eagerPush(forwarded, from, out);
      this.#lazyPush(id, round, from, out);
      this.#graftTimers.delete(id);
      this.#optimise(from, id, round, out);
    }
    out.push({ kind: "received", content, deliveredFrom: from, scope });
  }

  #eagerPush(message: GossipMessage, except: string | undefined, out: GossipOutput[]): void {
    for (const peer of this.peers.eager) if (peer !== except) out.push({ kind: "send", to: peer, message });
  }

  /** PT5, queueing. Above the bound an announcement is left out: the peer hears of the message from its other neighbours. */
  #lazyPush(id: string, round: number, except: string | undefined, out: GossipOutput[]): void {
    if (this.peers.lazy.size === 0) return;
    const announcement: IHave = { id, round };
    for (const peer of this.peers.lazy) {
      if (peer === except) continue;
      const queue = this.#lazyQueue.get(peer);
      if (queue === undefined) this.#lazyQueue.set(peer, [announcement]);
      else if (queue.length < this.#config.lazyQueuePerPeerCapacity) queue.push(announcement);
    }
    if (this.#ihaveTimerArmed || this.#lazyQueue.size === 0) return;
    this.#ihaveTimerArmed = true;
    out.push({ kind: "schedule", afterMs: this.#config.ihaveDispatchDelayMs, timer: { kind: "send-ihave" } });
  }

  /** PT5, sending */
  #sendIHaves(out: GossipOutput[]): void {
    this.#ihaveTimerArmed = false;
    for (const [to, queue] of this.#lazyQueue) {
      for (let start = 0; start < queue.length; start += IHAVE_MAX_PER_FRAME) {
        const messages = queue.length <= IHAVE_MAX_PER_FRAME ? queue : queue.slice(start, start + IHAVE_MAX_PER_FRAME);
        out.push({ kind: "send", to, message: { kind: "ihave", messages } });
      }
    }
    this.#lazyQueue.clear();
  }

  /** PT10. Nobody grafts from who is gone: with lazy neighbours alone its goodbye would reach nobody. */
  #sendAnnounced(out: GossipOutput[]): void {
    for (const [to, queue] of this.#lazyQueue) {
      for (const { id } of queue) {
        const message = this.#cache.cached(id);
        if (message !== undefined) out.push({ kind: "send", to, message });
      }
    }
    this.#lazyQueue.clear();
  }

  /** PT6 */
  #onIHave(from: string, messages: readonly IHave[], out: GossipOutput[]): void {
    if (!this.peers.accepts(from)) return;
    const count = Math.min(messages.length, IHAVE_MAX_PER_FRAME);
    for (let index = 0; index < count; index++) {
      const { id, round } = messages[index]!;
      if (this.#cache.hasReceived(id)) continue;
      this.#missing.announce(id, from, round);
      if (this.#graftTimers.has(id)) continue;
      this.#graftTimers.add(id);
      const { graftFirstTimeoutMs, graftFirstRoundTrips } = this.#config;
      this.#scheduleGraft(id, graftFirstTimeoutMs, graftFirstRoundTrips, from, out);
    }
  }

  /** PT7 */
  #onGraftTimer(id: string, out: GossipOutput[]): void {
    this.#graftTimers.delete(id);
    if (this.#cache.hasReceived(id)) return;
    const first = this.#missing.takeFirst(id);
    if (first === undefined) return;
    this.peers.toEager(first.peer);
    out.push({ kind: "send", to: first.peer, message: { kind: "graft", id, round: first.round } });
    const { graftNextTimeoutMs, graftNextRoundTrips } = this.#config;
    this.#scheduleGraft(id, graftNextTimeoutMs, graftNextRoundTrips, first.peer, out);
  }

  /** GT1 */
  #scheduleGraft(messageId: string, leastMs: number, roundTrips: number, peer: string, out: GossipOutput[]): void {
    const rttMs = roundTrips > 0 ? this.#rttMs(peer) : undefined;
    const afterMs = graftTimeoutMs(leastMs, roundTrips, rttMs, this.#config.graftTimeoutMaxMs);
    out.push({ kind: "schedule", afterMs, timer: { kind: "graft", messageId } });
  }

  /** PT8 */
  #optimise(from: string, id: string, round: number, out: GossipOutput[]): void {
    const announcements = this.#missing.take(id);
    let best = announcements[0];
    if (best === undefined) return;
    for (const announcement of announcements) if (announcement.round < best.round) best = announcement;
    if (round - best.round < Math.max(this.#config.optimizationThresholdRounds, 1)) return;
    if (!this.peers.eager.has(best.peer)) {
      this.peers.toEager(best.peer);
      out.push({ kind: "send", to: best.peer, message: { kind: "graft", id: undefined, round: best.round } });
    }
    this.peers.toLazy(from);
    out.push({ kind: "send", to: from, message: { kind: "prune" } });
  }

  /** PT9 */
  #onGraft(from: string, id: string | undefined, out: GossipOutput[]): void {
    this.peers.toEager(from);
    const message = id === undefined ? undefined : this.#cache.cached(id);
    if (message !== undefined) out.push({ kind: "send", to: from, message });
  }

  /** Marks and caches; arms the eviction timer (PT1). */
  #remember(message: GossipMessage, nowMs: number, out: GossipOutput[]): void {
    this.#cache.insert(message, nowMs);
    if (this.#evictDueMs === undefined) this.#scheduleEviction(nowMs, out);
  }

  /** PT1. A timer that comes before it is due belongs to an earlier life of this topic. */
  #onEvictTimer(nowMs: number, out: GossipOutput[]): void {
    if (this.#evictDueMs === undefined || nowMs < this.#evictDueMs - TIMER_SLACK_MS) return;
    this.#cache.evict(nowMs);
    this.#scheduleEviction(nowMs, out);
  }

  #scheduleEviction(nowMs: number, out: GossipOutput[]): void {
    const nextMs = this.#cache.nextExpiryMs();
    if (nextMs === undefined) {
      this.#evictDueMs = undefined;
      return;
    }
    const afterMs = Math.max(nextMs - nowMs, this.#config.cacheEvictIntervalMs);
    this.#evictDueMs = nowMs + afterMs;
    out.push({ kind: "schedule", afterMs, timer: { kind: "evict-cache" } });
  }

  #assertInvariants(): void {
    const { eager, lazy } = this.peers;
    if (eager.has(this.#self) || lazy.has(this.#self)) throw new Error("Plumtree invariant 1: own id among the peers");
    for (const peer of lazy) if (eager.has(peer)) throw new Error("Plumtree invariant 2: a peer is eager and lazy");
    const { receivedIdsCapacity, messageCacheCapacity, messageCacheMaxBytes, missingCapacity } = this.#config;
    if (
      this.#cache.receivedIds > receivedIdsCapacity ||
      this.#cache.cachedMessages > messageCacheCapacity ||
      this.#cache.cachedBytes > messageCacheMaxBytes ||
      this.#missing.size > missingCapacity
    ) {
      throw new Error("Plumtree invariant 3: a collection is above its bound");
    }
  }
}
