/**
 * HyParView: which peers of a topic are neighbours. Rules HP1–HP19 of RULES.md, a literal port of iroh-gossip 0.101.0's
 * `proto/hyparview.rs` but for the cures behind flags.
 *
 * Everything that happens goes through `handle`. Invariants, asserted at its end:
 *   1. the own id is in neither view;
 *   2. the views are disjoint;
 *   3. neither view is above its capacity;
 *   4. pending requests, keep marks and peer data are within their bounds.
 * Owner: TopicState, one per joined topic; it ends with the topic.
 */
import type { PeerInfo, TopicMessage } from "../wire/gossip-codec.js";
import { ActiveView } from "./active-view.js";
import { BoundedSet } from "./bounded-set.js";
import type { GossipConfig } from "./config.js";
import type { GossipOutput } from "./events.js";
import { PassiveView } from "./passive-view.js";
import { forwardable, PeerDataStore } from "./peer-data-store.js";

type Priority = "high" | "low";
type RemovalReason = "random" | "disconnect-alive" | "disconnect-leaving" | "connection-closed";
export type SwarmMessage = Exclude<TopicMessage, { kind: "gossip" | "prune" | "graft" | "ihave" }>;

export type SwarmInput =
  /** HL1: not evicted for `protectMs`. */
  | { readonly kind: "join"; readonly peer: string; readonly protectMs?: number | undefined }
  /** LR1: one end alone holds the link. */
  | { readonly kind: "repair"; readonly peer: string }
  /** LR2 */
  | { readonly kind: "drop"; readonly peer: string }
  /** TV1 */
  | { readonly kind: "replenish"; readonly peers: readonly string[] }
  /** JR2: no neighbour is left; ask these and one passive peer. */
  | { readonly kind: "rejoin"; readonly peers: readonly string[] }
  | { readonly kind: "message"; readonly from: string; readonly message: SwarmMessage }
  | { readonly kind: "peer-lost"; readonly peer: string }
  | { readonly kind: "shuffle-timer" }
  | { readonly kind: "neighbor-request-timer"; readonly peer: string }
  | { readonly kind: "own-data"; readonly data: Uint8Array | undefined }
  | { readonly kind: "quit" };

/** A timer handed in this much before it is due is taken for genuine: drivers' clocks and timers differ by a millisecond or two. */
const TIMER_SLACK_MS = 50;
/** Healing contacts under protection at once: three end a healing. */
const MAX_PROTECTED = 8;

export interface HyParViewOptions {
  readonly self: string;
  readonly config: GossipConfig;
  readonly random: () => number;
  readonly ownData: Uint8Array | undefined;
}

export class HyParView {
  readonly active: ActiveView;
  readonly passive: PassiveView;
  /** Peers we sent a Neighbor to. Removed by their Neighbor, Disconnect, loss or time-out, or as the oldest. */
  readonly #pending: BoundedSet;
  /** Peers that said they live on when they left A: they stay in P when the connection closes. Removed by that, or as the oldest. */
  readonly #keep: BoundedSet;
  /** HL1: until when. Entries leave once their time is over; more than eight protect nobody further. */
  readonly #protected = new Map<string, number>();
  readonly #data: PeerDataStore;
  readonly #self: string;
  readonly #config: GossipConfig;
  readonly #random: () => number;
  #ownData: Uint8Array | undefined;
  #shuffleDueMs: number | undefined;

  constructor(options: HyParViewOptions) {
    const { config } = options;
    this.#self = options.self;
    this.#config = config;
    this.#random = options.random;
    this.#ownData = options.ownData;
    this.active = new ActiveView(config.activeViewCapacity);
    this.passive = new PassiveView(config.passiveViewCapacity);
    this.#pending = new BoundedSet(config.pendingNeighborsCapacity);
    this.#keep = new BoundedSet(config.keepMarksCapacity);
    this.#data = new PeerDataStore(
      config.activeViewCapacity + config.passiveViewCapacity + config.pendingNeighborsCapacity,
    );
  }

  isPending(peer: string): boolean {
    return this.#pending.has(peer);
  }

  sizes(): Record<"pendingNeighbors" | "keepMarks" | "peerData" | "protectedContacts", number> {
    return {
      pendingNeighbors: this.#pending.size,
      keepMarks: this.#keep.size,
      peerData: this.#data.size,
      protectedContacts: this.#protected.size,
    };
  }

  handle(input: SwarmInput, nowMs: number, out: GossipOutput[]): void {
    switch (input.kind) {
      case "join":
        if (input.protectMs !== undefined) this.#protect(input.peer, nowMs + input.protectMs, nowMs);
        this.#sendJoin(input.peer, out);
        break;
      case "repair":
        this.#repair(input.peer, out);
        break;
      case "drop":
        this.#drop(input.peer, out);
        break;
      case "replenish":
        for (const id of input.peers) if (!this.passive.has(id)) this.#addPassive({ id, data: undefined }, out);
        this.#refill(undefined, out);
        break;
      case "rejoin":
        this.#rejoin(input.peers, out);
        break;
      case "message":
        this.#onMessage(input.from, input.message, nowMs, out);
        break;
      case "peer-lost":
        this.#onConnectionClosed(input.peer, out);
        break;
      case "shuffle-timer":
        this.#onShuffleTimer(nowMs, out);
        break;
      case "neighbor-request-timer":
        this.#onNeighborRequestTimer(input.peer, out);
        break;
      case "own-data":
        this.#ownData = input.data;
        break;
      case "quit":
        this.#quit(out);
        break;
    }
    // HP1
    if (this.#shuffleDueMs === undefined && input.kind !== "quit") this.#scheduleShuffle(nowMs, out);
    this.#assertInvariants();
  }

  #onMessage(from: string, message: SwarmMessage, nowMs: number, out: GossipOutput[]): void {
    switch (message.kind) {
      case "join":
        this.#onJoin(from, message.data, nowMs, out);
        break;
      case "forward-join":
        this.#onForwardJoin(from, message.peer, message.ttl, out);
        break;
      case "shuffle":
        this.#onShuffle(from, message, out);
        break;
      case "shuffle-reply":
        this.#onShuffleReply(message.nodes, out);
        break;
      case "neighbor":
        this.#onNeighbor(from, message.priority, message.data, nowMs, out);
        break;
      case "disconnect":
        this.#onDisconnect(from, message.alive, out);
        return;
    }
    // HP18
    if (!this.active.has(from)) out.push({ kind: "disconnect-peer", peer: from });
  }

  /** HP2 */
  #sendJoin(peer: string, out: GossipOutput[]): void {
    if (peer !== this.#self) out.push({ kind: "send", to: peer, message: { kind: "join", data: this.#ownData } });
  }

  /** JR2. Marks of requests that were never answered would keep HP14 from asking anybody. */
  #rejoin(peers: readonly string[], out: GossipOutput[]): void {
    if (this.active.size > 0) return;
    this.#pending.clear();
    for (const peer of peers) this.#sendJoin(peer, out);
    this.#refill(undefined, out);
  }

  /** HP3 */
  #onJoin(from: string, data: Uint8Array | undefined, nowMs: number, out: GossipOutput[]): void {
    if (this.#config.clearPendingOnJoin) this.#pending.delete(from);
    this.#addActive(from, data, "high", true, nowMs, out);
    const peer = forwardable({ id: from, data });
    const message: TopicMessage = { kind: "forward-join", peer, ttl: this.#config.activeRandomWalkLength };
    for (const member of this.active.values()) {
      if (member !== from) out.push({ kind: "send", to: member, message });
    }
  }

  /** HP4 */
  #onForwardJoin(from: string, peer: PeerInfo, ttl: number, out: GossipOutput[]): void {
    if (peer.id === this.#self) return; // ID1
    if (this.active.has(peer.id) || ttl === 0 || this.active.size <= 1) {
      this.#storeData(peer, out);
      this.#sendNeighbor(peer.id, "high", out);
      return;
    }
    if (ttl === this.#config.passiveRandomWalkLength) this.#addPassive(peer, out);
    if (this.#pending.has(peer.id)) return;
    const next = this.active.pickExcept(this.#random, (member) => member === from);
    if (next === undefined) return;
    out.push({ kind: "send", to: next, message: { kind: "forward-join", peer: forwardable(peer), ttl: ttl - 1 } });
  }

  /** HP5 */
  #onNeighbor(
    from: string,
    priority: Priority,
    data: Uint8Array | undefined,
    nowMs: number,
    out: GossipOutput[],
  ): void {
    const isReply = this.#pending.delete(from);
    const added = this.#addActive(from, data, priority, !isReply, nowMs, out);
    if (!added) this.#sendDisconnect(from, true, out);
  }

  /** HP6 */
  #addActive(
    peer: string,
    data: Uint8Array | undefined,
    priority: Priority,
    reply: boolean,
    nowMs: number,
    out: GossipOutput[],
  ): boolean {
    if (!this.active.has(peer)) {
      if (this.active.full && priority === "low") return false;
      if (this.active.full) this.#remove(this.#victim(nowMs), "random", out);
      this.passive.delete(peer);
      this.active.add(peer);
      out.push({ kind: "neighbor-up", peer });
    }
    this.#storeData({ id: peer, data }, out);
    if (reply) this.#sendNeighbor(peer, priority, out);
    return true;
  }

  /** Whom HP6 evicts: anybody, but a healing contact under protection (HL1) only where all are. */
  #victim(nowMs: number): string {
    this.#endProtection(nowMs);
    const unprotected = this.active.pickExcept(this.#random, (peer) => this.#protected.has(peer));
    return unprotected ?? this.active.pick(this.#random)!;
  }

  /** HL1 */
  #protect(peer: string, untilMs: number, nowMs: number): void {
    this.#endProtection(nowMs);
    if (this.#protected.size < MAX_PROTECTED || this.#protected.has(peer)) this.#protected.set(peer, untilMs);
  }

  #endProtection(nowMs: number): void {
    for (const [peer, untilMs] of this.#protected) if (nowMs >= untilMs) this.#protected.delete(peer);
  }

  /**
   * LR1. The mark of an older request would keep the question from being sent; the peer's own would take it for an answer (HP5),
   * and where the peer holds the link already, which is then the end of it. So it comes twice: the second finds no mark.
   */
  #repair(peer: string, out: GossipOutput[]): void {
    if (peer === this.#self) return;
    if (!this.active.has(peer) && this.active.full) {
      this.#sendDisconnect(peer, true, out);
      return;
    }
    for (let asked = 0; asked < (this.active.has(peer) ? 1 : 2); asked++) {
      this.#pending.delete(peer);
      this.#sendNeighbor(peer, this.active.size === 0 ? "high" : "low", out);
    }
  }

  /** LR2 */
  #drop(peer: string, out: GossipOutput[]): void {
    this.#pending.delete(peer);
    if (!this.active.has(peer)) {
      this.#sendDisconnect(peer, true, out);
      return;
    }
    this.#remove(peer, "random", out);
    this.#refill(peer, out);
  }

  /** HP7 */
  #sendNeighbor(peer: string, priority: Priority, out: GossipOutput[]): void {
    if (this.#pending.has(peer)) return;
    this.#pending.add(peer);
    out.push({ kind: "send", to: peer, message: { kind: "neighbor", priority, data: this.#ownData } });
  }

  /** HP8 */
  #onShuffle(from: string, message: Extract<SwarmMessage, { kind: "shuffle" }>, out: GossipOutput[]): void {
    const { origin, nodes, ttl } = message;
    if (origin === this.#self) return; // ID1
    if (ttl === 0 || this.active.size <= 1) {
      for (const node of nodes) this.#addPassive(node, out);
      this.#sendShuffleReply(origin, nodes.length, out);
      return;
    }
    const next = this.active.pickExcept(this.#random, (member) => member === origin || member === from);
    if (next !== undefined)
      out.push({ kind: "send", to: next, message: { kind: "shuffle", origin, nodes, ttl: ttl - 1 } });
  }

  /** HP9, sent */
  #sendShuffleReply(to: string, count: number, out: GossipOutput[]): void {
    const peers = this.passive.sample(this.#random, count);
    if (peers.length < count) peers.push(...this.active.sample(this.#random, count - peers.length));
    out.push({ kind: "send", to, message: { kind: "shuffle-reply", nodes: this.#data.infos(peers) } });
  }

  /** HP9, received */
  #onShuffleReply(nodes: readonly PeerInfo[], out: GossipOutput[]): void {
    for (const node of nodes) this.#addPassive(node, out);
    this.#refill(undefined, out);
  }

  /** HP10 */
  #remove(peer: string, reason: RemovalReason, out: GossipOutput[]): void {
    this.active.delete(peer);
    out.push({ kind: "neighbor-down", peer });
    if (reason === "random") {
      this.#sendDisconnect(peer, true, out);
    } else {
      out.push({ kind: "disconnect-peer", peer });
    }
    const kept = reason === "connection-closed" ? this.#keep.delete(peer) : reason !== "disconnect-leaving";
    if (kept) {
      this.#addPassive({ id: peer, data: undefined }, out);
      if (reason !== "connection-closed") this.#keep.add(peer);
    } else {
      this.#data.forget(peer);
    }
    if (reason !== "random") this.#refill(peer, out);
  }

  /** HP11. Seven: what a shuffle carries besides the sender. */
  #sendDisconnect(peer: string, alive: boolean, out: GossipOutput[]): void {
    this.#sendShuffleReply(peer, this.#config.shuffleActiveCount + this.#config.shufflePassiveCount, out);
    out.push({ kind: "send", to: peer, message: { kind: "disconnect", alive } });
    out.push({ kind: "disconnect-peer", peer });
  }

  /** HP12 */
  #onDisconnect(from: string, alive: boolean, out: GossipOutput[]): void {
    this.#pending.delete(from);
    if (this.active.has(from)) this.#remove(from, alive ? "disconnect-alive" : "disconnect-leaving", out);
    else if (!this.passive.has(from)) this.#data.forget(from);
    else if (alive) this.#keep.add(from);
  }

  /** HP13 */
  #onConnectionClosed(peer: string, out: GossipOutput[]): void {
    const asked = this.#pending.delete(peer);
    if (this.active.has(peer)) {
      this.#remove(peer, "connection-closed", out);
      return;
    }
    if (!this.#keep.delete(peer)) {
      this.passive.delete(peer);
      this.#data.forget(peer);
    }
    if (asked && this.#config.refillAfterFailedRequest) this.#refill(peer, out);
  }

  /** HP14 */
  #refill(skip: string | undefined, out: GossipOutput[]): void {
    let taken = this.active.size + this.#pending.size;
    if (this.#config.countOnlyPendingOutsideActive) {
      for (const member of this.active.values()) if (this.#pending.has(member)) taken--;
    }
    if (taken >= this.active.capacity) return;
    const peer = this.passive.pickExcept(this.#random, (member) => member === skip || this.#pending.has(member));
    if (peer === undefined) return;
    this.#sendNeighbor(peer, this.active.size === 0 ? "high" : "low", out);
    const timer = { kind: "neighbor-request", peer } as const;
    out.push({ kind: "schedule", afterMs: this.#config.neighborRequestTimeoutMs, timer });
  }

  /** HP15 */
  #onNeighborRequestTimer(peer: string, out: GossipOutput[]): void {
    if (!this.#pending.delete(peer)) return;
    if (this.passive.delete(peer)) this.#data.forget(peer);
    this.#refill(undefined, out);
  }

  /** HP16 */
  #addPassive(peer: PeerInfo, out: GossipOutput[]): void {
    if (peer.id === this.#self) return;
    if (!this.active.has(peer.id)) {
      const evicted = this.passive.insert(peer.id, this.#random);
      if (evicted !== undefined && !this.#pending.has(evicted)) this.#data.forget(evicted);
    }
    this.#storeData(peer, out);
  }

  /** HP17. A timer that comes before it is due belongs to an earlier life of this topic; answering it would start a second chain. */
  #onShuffleTimer(nowMs: number, out: GossipOutput[]): void {
    if (this.#shuffleDueMs !== undefined && nowMs < this.#shuffleDueMs - TIMER_SLACK_MS) return;
    const to = this.active.pick(this.#random);
    if (to !== undefined) {
      const peers = this.active.sample(this.#random, this.#config.shuffleActiveCount, to);
      peers.push(...this.passive.sample(this.#random, this.#config.shufflePassiveCount, to));
      const nodes = this.#data.infos(peers, { id: this.#self, data: this.#ownData });
      const message: TopicMessage = {
        kind: "shuffle",
        origin: this.#self,
        nodes,
        ttl: this.#config.shuffleRandomWalkLength,
      };
      out.push({ kind: "send", to, message });
    }
    this.#scheduleShuffle(nowMs, out);
  }

  #scheduleShuffle(nowMs: number, out: GossipOutput[]): void {
    this.#shuffleDueMs = nowMs + this.#config.shuffleIntervalMs;
    out.push({ kind: "schedule", afterMs: this.#config.shuffleIntervalMs, timer: { kind: "shuffle" } });
  }

  /** HP19 */
  #quit(out: GossipOutput[]): void {
    for (const peer of [...this.active.values()]) {
      this.active.delete(peer);
      this.#sendDisconnect(peer, false, out);
    }
  }

  #storeData(peer: PeerInfo, out: GossipOutput[]): void {
    if (peer.data === undefined) return;
    if (this.#data.store(peer.id, peer.data)) out.push({ kind: "peer-data", peer: peer.id, data: peer.data });
  }

  #assertInvariants(): void {
    const { active, passive } = this;
    if (active.has(this.#self) || passive.has(this.#self)) throw new Error("HyParView invariant 1: own id in a view");
    for (const member of active.values()) {
      if (passive.has(member)) throw new Error("HyParView invariant 2: a peer is in both views");
    }
    if (active.size > active.capacity || passive.size > passive.capacity) {
      throw new Error("HyParView invariant 3: a view is above its capacity");
    }
    const { pendingNeighborsCapacity, keepMarksCapacity } = this.#config;
    if (this.#pending.size > pendingNeighborsCapacity || this.#keep.size > keepMarksCapacity) {
      throw new Error("HyParView invariant 4: marks above their bound");
    }
  }
}
