/**
 * A small deterministic network for the gossip tests: virtual clock, seeded randomness, one topic by default.
 *
 * Latency is fixed per pair, uniform in [10, 100] ms, so messages between two nodes stay in order. A send opens a connection
 * where there is none; a dial to a node that is down fails after two latencies. The connections of a node that dies swallow what its peers
 * send until they time out, or until the node's next life opens a new one. `disconnect-peer` closes the connection: the other
 * end hears of it one latency later, unless a newer connection has been opened by then; the closing end hears nothing, as in the Rust
 * driver. Everything that happens is folded into `trace`, so that two runs can be compared.
 */
import {
  decodeTopicMessage,
  encodeTopicMessage,
  MAX_MESSAGE_SIZE,
  type TopicMessage,
} from "../../wire/gossip-codec.js";
import type { GossipConfig } from "../config.js";
import type { GossipInput, RoutedOutput } from "../events.js";
import { GossipRouter } from "../router.js";
import { EventQueue } from "./event-queue.js";
import { seededRandom, testHash } from "./prng.js";

const LATENCY_MIN_MS = 10;
const LATENCY_MAX_MS = 100;
const CLOSE_DELAY_MS = 0.001;

type NetEvent =
  | { kind: "input"; node: number; life: number; topic: string; input: GossipInput }
  | { kind: "dial-failed"; node: number; life: number; peer: number }
  | { kind: "closed"; node: number; life: number; peer: number; connection: number }
  | { kind: "call"; run: () => void };

export interface MiniNode {
  readonly id: string;
  readonly index: number;
  router: GossipRouter;
  up: boolean;
  /** Counts starts: what was under way to an earlier life is dropped. */
  life: number;
}

interface Connection {
  readonly id: number;
  /** The end that has died; set until the other end notices. */
  deadEnd: number | undefined;
}

export interface Delivery {
  readonly node: number;
  /** Hops from the author: 1 from the author itself. */
  readonly hops: number;
  readonly atMs: number;
}

/** What one broadcast cost and reached. */
export interface BroadcastResult {
  readonly missed: number;
  /** Payload messages received per node reached, above the one that is needed. */
  readonly relativeMessageRedundancy: number;
  readonly lastDeliveryHop: number;
  readonly durationMs: number;
}

export const TOPIC = "70".repeat(32);

export class MiniNet {
  readonly seed: number;
  readonly nodes: MiniNode[] = [];
  readonly config: Partial<GossipConfig>;
  nowMs = 0;
  /** Running digest of all events. */
  trace = 0;
  events = 0;
  payloadsReceived = 0;
  connectionsOpened = 0;
  /** Send every message as bytes and read it back, as on a stream. */
  overWire = false;
  largestFrameBytes = 0;
  readonly sentByKind = new Map<string, number>();
  deliveries: Delivery[] = [];
  readonly #queue = new EventQueue<NetEvent>();
  readonly #random: () => number;
  readonly #latencyMs = new Map<number, number>();
  readonly #connections = new Map<number, Connection>();
  readonly #indexOf = new Map<string, number>();

  constructor(seed: number, config: Partial<GossipConfig> = {}) {
    this.seed = seed;
    this.config = config;
    this.#random = seededRandom(seed);
  }

  addNodes(count: number): void {
    for (let added = 0; added < count; added++) {
      const index = this.nodes.length;
      const id = (index + 1).toString(16).padStart(64, "0");
      this.#indexOf.set(id, index);
      this.nodes.push({ id, index, router: this.#newRouter(id), up: true, life: 0 });
    }
  }

  /** Handles `input` now and carries out what comes of it. */
  input(node: number, input: GossipInput, topic: string = TOPIC): void {
    const target = this.nodes[node]!;
    this.#fold(node, input.kind === "message" ? input.message.kind : input.kind);
    this.#carryOut(target, target.router.handle(topic, input, this.nowMs));
  }

  join(node: number, contacts: readonly number[], topic: string = TOPIC): void {
    this.input(node, { kind: "join", peers: contacts.map((contact) => this.nodes[contact]!.id) }, topic);
  }

  /** The process dies; its peers learn it when their connections time out. */
  crash(node: number, detectedAfterMs = 1_000): void {
    const dead = this.nodes[node]!;
    dead.up = false;
    for (const [key, connection] of this.#connections) {
      const other = this.#other(key, node);
      if (other === undefined) continue;
      connection.deadEnd = node;
      const { life } = this.nodes[other]!;
      const event = { kind: "closed", node: other, life, peer: node, connection: connection.id } as const;
      this.#queue.push(this.nowMs + detectedAfterMs, event);
    }
  }

  /** A new life with empty state. */
  restart(node: number): void {
    const target = this.nodes[node]!;
    target.router = this.#newRouter(target.id);
    target.up = true;
    target.life++;
  }

  at(atMs: number, run: () => void): void {
    this.#queue.push(atMs, { kind: "call", run });
  }

  runFor(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (;;) {
      const nextMs = this.#queue.peekMs();
      if (nextMs === undefined || nextMs > endMs) break;
      this.nowMs = nextMs;
      this.#dispatch(this.#queue.pop()!.event);
    }
    this.nowMs = endMs;
  }

  /** Broadcasts and waits `waitMs` for it to reach all that have joined. */
  broadcast(node: number, text: string, waitMs = 5_000): BroadcastResult {
    this.deliveries = [];
    const payloadsBefore = this.payloadsReceived;
    const startedAtMs = this.nowMs;
    const content = Uint8Array.from(text, (character) => character.charCodeAt(0));
    this.input(node, { kind: "broadcast", content, scope: "swarm" });
    this.runFor(waitMs);
    const members = this.members().length;
    const received = this.payloadsReceived - payloadsBefore;
    return {
      missed: members - 1 - this.deliveries.length,
      relativeMessageRedundancy: received / Math.max(this.deliveries.length, 1) - 1,
      lastDeliveryHop: this.deliveries.reduce((most, { hops }) => Math.max(most, hops), 0),
      durationMs: this.deliveries.reduce((last, { atMs }) => Math.max(last, atMs), startedAtMs) - startedAtMs,
    };
  }

  members(topic: string = TOPIC): MiniNode[] {
    return this.nodes.filter((node) => node.up && node.router.joined(topic));
  }

  neighbors(node: number, topic: string = TOPIC): number[] {
    return this.nodes[node]!.router.activeView(topic).map((id) => this.#indexOf.get(id)!);
  }

  /** Sizes of the connected components of the members, following links in both directions; largest first. */
  components(): number[] {
    const links = new Map<number, Set<number>>(this.members().map(({ index }) => [index, new Set()]));
    for (const [from, peers] of links) {
      for (const to of this.neighbors(from)) {
        peers.add(to);
        links.get(to)?.add(from);
      }
    }
    const seen = new Set<number>();
    const sizes: number[] = [];
    for (const start of links.keys()) {
      const open = seen.has(start) ? [] : [start];
      let size = 0;
      seen.add(start);
      for (let node = open.pop(); node !== undefined; node = open.pop()) {
        size++;
        for (const next of links.get(node) ?? []) {
          if (!links.has(next) || seen.has(next)) continue;
          seen.add(next);
          open.push(next);
        }
      }
      if (size > 0) sizes.push(size);
    }
    return sizes.sort((a, b) => b - a);
  }

  /** Links of which one end knows nothing, as `from>to`. */
  oneSidedLinks(): string[] {
    const found: string[] = [];
    for (const { index } of this.members()) {
      for (const peer of this.neighbors(index)) {
        if (!this.nodes[peer]!.up || !this.neighbors(peer).includes(index)) found.push(`${index}>${peer}`);
      }
    }
    return found;
  }

  #newRouter(id: string): GossipRouter {
    return new GossipRouter({ self: id, config: this.config, random: this.#random, hash: testHash });
  }

  #dispatch(event: NetEvent): void {
    if (event.kind === "call") {
      event.run();
      return;
    }
    const node = this.nodes[event.node]!;
    if (!node.up || node.life !== event.life) return;
    if (event.kind === "input") {
      const message = event.input.kind === "message" ? event.input.message : undefined;
      if (message?.kind === "gossip") this.payloadsReceived++;
      this.input(event.node, event.input, event.topic);
      return;
    }
    if (event.kind === "closed") {
      const key = pairKey(event.node, event.peer);
      const open = this.#connections.get(key);
      if (open !== undefined && open.id !== event.connection) return;
      this.#connections.delete(key);
    }
    this.#fold(event.node, event.kind);
    this.#carryOut(node, node.router.peerLost(this.nodes[event.peer]!.id, this.nowMs));
  }

  #carryOut(node: MiniNode, outputs: readonly RoutedOutput[]): void {
    for (const { topic, output } of outputs) {
      switch (output.kind) {
        case "send":
          this.#send(node, this.#indexOf.get(output.to)!, topic, output.message);
          break;
        case "schedule": {
          const input: GossipInput = { kind: "timer", timer: output.timer };
          const atMs = this.nowMs + output.afterMs;
          this.#queue.push(atMs, { kind: "input", node: node.index, life: node.life, topic, input });
          break;
        }
        case "disconnect-peer":
          this.#disconnect(node, this.#indexOf.get(output.peer)!);
          break;
        case "received":
          if (output.scope.kind === "swarm") {
            this.deliveries.push({ node: node.index, hops: output.scope.round + 1, atMs: this.nowMs });
          }
          break;
        default:
          this.#fold(node.index, output.kind);
      }
    }
  }

  #send(from: MiniNode, to: number, topic: string, message: TopicMessage): void {
    if (to === from.index) throw new Error(`seed ${this.seed}: node ${to} sends ${message.kind} to itself`);
    this.sentByKind.set(message.kind, (this.sentByKind.get(message.kind) ?? 0) + 1);
    const target = this.nodes[to]!;
    const latencyMs = this.#latency(from.index, to);
    const key = pairKey(from.index, to);
    const connection = this.#connections.get(key);
    if (connection?.deadEnd === to) return;
    if (!target.up) {
      const event = { kind: "dial-failed", node: from.index, life: from.life, peer: to } as const;
      this.#queue.push(this.nowMs + 2 * latencyMs, event);
      return;
    }
    if (connection === undefined || connection.deadEnd !== undefined) {
      this.#connections.set(key, { id: ++this.connectionsOpened, deadEnd: undefined });
    }
    const input: GossipInput = {
      kind: "message",
      from: from.id,
      message: this.overWire ? this.#throughBytes(message) : message,
    };
    this.#queue.push(this.nowMs + latencyMs, { kind: "input", node: to, life: target.life, topic, input });
  }

  #throughBytes(message: TopicMessage): TopicMessage {
    const encoded = encodeTopicMessage(message);
    this.largestFrameBytes = Math.max(this.largestFrameBytes, encoded.length);
    if (encoded.length >= MAX_MESSAGE_SIZE)
      throw new Error(`seed ${this.seed}: ${message.kind} of ${encoded.length} bytes`);
    return decodeTopicMessage(encoded);
  }

  #disconnect(from: MiniNode, to: number): void {
    const key = pairKey(from.index, to);
    const connection = this.#connections.get(key);
    if (connection === undefined) return;
    this.#connections.delete(key);
    const atMs = this.nowMs + this.#latency(from.index, to) + CLOSE_DELAY_MS;
    const { life } = this.nodes[to]!;
    this.#queue.push(atMs, { kind: "closed", node: to, life, peer: from.index, connection: connection.id });
  }

  #latency(a: number, b: number): number {
    const key = pairKey(a, b);
    let latencyMs = this.#latencyMs.get(key);
    if (latencyMs === undefined) {
      latencyMs = LATENCY_MIN_MS + this.#random() * (LATENCY_MAX_MS - LATENCY_MIN_MS);
      this.#latencyMs.set(key, latencyMs);
    }
    return latencyMs;
  }

  #other(key: number, node: number): number | undefined {
    const low = Math.floor(key / PAIR_FACTOR);
    const high = key % PAIR_FACTOR;
    return low === node ? high : high === node ? low : undefined;
  }

  #fold(node: number, kind: string): void {
    this.events++;
    let state = this.trace ^ Math.imul(node + 1, 0x9e3779b1) ^ Math.floor(this.nowMs * 1_000);
    for (let index = 0; index < kind.length; index++) state = Math.imul(state ^ kind.charCodeAt(index), 0x01000193);
    this.trace = (state ^ (state >>> 13)) >>> 0;
  }
}

const PAIR_FACTOR = 1_000_000;

function pairKey(a: number, b: number): number {
  return a < b ? a * PAIR_FACTOR + b : b * PAIR_FACTOR + a;
}
