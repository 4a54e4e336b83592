/**
 * A cluster in a world: hosts, their identities and lives, and what is watched of them from outside. The face of the simulator
 * for scenarios: boot, kill, freeze, restart, partition, broadcast, measure.
 *
 * Owner: the scenario. What a cluster remembers of broadcasts is dropped by `untrack`.
 */
import {
  type DirectoryChange,
  type GossipConfig,
  MERGED_LEAD,
  OBITUARY_LEAD,
  type Obituary,
  type TopicMessage,
} from "@meshwork/protocol";
import { World } from "../core/world.js";
import { BroadcastStat } from "../measure/broadcast.js";
import type { Net } from "../net/net.js";
import { Network } from "../net/network.js";
import { PlainNetwork } from "../net/plain-network.js";
import { type NetProfile, QUIC } from "../net/profile.js";
import { HandOver } from "./hand-over.js";
import type { SimMembershipOptions } from "./membership-driver.js";
import type { PacketKind } from "./packets.js";
import { RecordCache } from "./record-cache.js";
import { type KeyPair, SharedCrypto } from "./shared-crypto.js";
import { SimNode } from "./sim-node.js";

export interface ClusterOptions {
  readonly seed: number;
  readonly profile?: Partial<NetProfile>;
  readonly gossip?: Partial<GossipConfig>;
  /** Records, directories, failure detection, healing and sync; without it the overlay alone runs. */
  readonly membership?: SimMembershipOptions;
  /** Which hosts are members, where not all are; the others are as nodes of other makes, without directory. */
  readonly isMember?: (index: number) => boolean;
  /** Without membership: watch the active links, so that a dead neighbour is noticed after 3.7 s instead of QUIC's 30. */
  readonly probeLinks?: boolean;
  /** Without membership: ids are public keys all the same, so that somebody can sign in the hosts' names. */
  readonly keys?: boolean;
}

/** What scenarios may watch. Nodes are named by host index. */
export interface ClusterWatch {
  change?(observer: number, change: DirectoryChange): void;
  /** An obituary that is about to be broadcast by the one who issued it. */
  obituary?(issuer: number, obituary: Obituary): void;
  neighborUp?(node: number, peer: number): void;
  /** With `probeLinks`: a neighbour was silent on every path for as long as a death takes, and its link is given up. */
  silent?(observer: number, peer: number): void;
  duplicateIdentity?(node: number): void;
  /** On lanes below zero: what the scenario sends as a program would (scenarios/chaos-echoes.ts). */
  frame?(node: number, from: number, lane: number, payload: unknown): void;
}

/** What bytes are counted by: gossip's messages, with those that carry broadcasts by what they carry; and packets. */
export type TrafficKind = TopicMessage["kind"] | "record" | "obituary" | "merged" | PacketKind;

export class Cluster {
  readonly options: ClusterOptions;
  readonly world: World;
  readonly network: Net;
  readonly crypto = new SharedCrypto();
  readonly records = new RecordCache();
  readonly topic: string;
  /** The running program of each host; undefined where it is down. */
  readonly nodes: (SimNode | undefined)[] = [];
  /** Called at each first delivery of a followed broadcast. */
  onFirstDelivery: () => void = () => {};
  watch: ClusterWatch = {};
  /** While a mesh boots whose directories are handed over. */
  handOver: HandOver | undefined;
  /** Of hosts whose address has changed. */
  readonly addresses = new Map<number, string>();
  readonly sentByKind = new Map<TopicMessage["kind"], number>();
  readonly sentBytesByKind = new Map<TrafficKind, number>();
  readonly #ids: string[] = [];
  readonly #keys: (KeyPair | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #tracked = new Map<Uint8Array, BroadcastStat>();

  constructor(options: ClusterOptions) {
    this.options = options;
    this.world = new World(options.seed);
    const profile = { ...QUIC, ...options.profile };
    if (profile.transport === "plain" && (options.membership !== undefined || options.probeLinks === true)) {
      throw new RangeError("membership and probes need connections: the plain network has none");
    }
    this.network =
      profile.transport === "plain" ? new PlainNetwork(this.world, profile) : new Network(this.world, profile);
    this.topic = Buffer.from(this.crypto.hash(new TextEncoder().encode(options.membership?.mesh ?? "sim"))).toString(
      "hex",
    );
  }

  get size(): number {
    return this.#ids.length;
  }

  idOf(index: number): string {
    return this.#ids[index]!;
  }

  indexOf(id: string): number {
    const index = this.#indexes.get(id);
    if (index === undefined) throw new RangeError(`no host has the id ${id}`);
    return index;
  }

  isMember(index: number): boolean {
    return this.options.membership !== undefined && this.options.isMember?.(index) !== false;
  }

  keysOf(index: number): KeyPair {
    return this.#keys[index]!;
  }

  /** The counter beside the identity: it outlives the process. */
  nextGeneration(index: number, atLeast = 0): number {
    const next = Math.max(this.#generations[index]! + 1, atLeast);
    this.#generations[index] = next;
    return next;
  }

  /** Hosts that are not running yet; returns the index of the first. */
  addHosts(count: number): number {
    const first = this.size;
    for (let added = 0; added < count; added++) {
      const host = this.world.addHost();
      this.network.attach(host);
      const withKeys = this.options.membership !== undefined || this.options.keys === true;
      const keys = withKeys ? this.crypto.keyPair(host.random) : undefined;
      const id = keys?.id ?? Buffer.from(host.random.bytes(32)).toString("hex");
      this.#ids.push(id);
      this.#keys.push(keys);
      this.#generations.push(0);
      this.#indexes.set(id, host.index);
      this.nodes.push(undefined);
    }
    return first;
  }

  /** Starts a life of the host and joins through `contacts`. */
  boot(index: number, contacts: readonly number[]): SimNode {
    if (this.nodes[index] !== undefined) throw new RangeError(`host ${index} is running`);
    const host = this.world.hosts[index]!;
    const node = new SimNode(this, host);
    this.network.start(index, node);
    this.nodes[index] = node;
    this.handOver?.welcome(node);
    node.boot(contacts);
    return node;
  }

  /** Everybody at the same instant through the first: iroh-gossip's `Bootstrap::Single`. */
  bootAll(count: number): void {
    const first = this.addHosts(count);
    for (let index = first; index < first + count; index++) this.boot(index, index === first ? [] : [first]);
  }

  /** One after the other, each through a random one that is there. */
  bootSequentially(count: number, spacingMs: number): void {
    const first = this.addHosts(count);
    for (let index = first; index < first + count; index++) {
      this.boot(index, index === first ? [] : [first + this.world.random.int(index - first)]);
      this.world.runFor(spacingMs);
    }
  }

  /** As `bootSequentially`, for a large mesh that has long been up: records neither flood nor are synced until `settleMs` after the last join. */
  bootLongUp(count: number, spacingMs: number, settleMs: number): void {
    const handOver = new HandOver(this);
    this.handOver = handOver;
    this.bootSequentially(count, spacingMs);
    this.world.runFor(settleMs);
    this.handOver = undefined;
    handOver.spreadRefreshes();
  }

  /** SIGKILL. */
  kill(index: number): void {
    this.network.kill(index);
    this.nodes[index] = undefined;
  }

  killMany(indexes: readonly number[]): void {
    for (const index of indexes) this.kill(index);
  }

  /** Says goodbye, then ends. */
  stop(index: number): void {
    this.nodes[index]?.leave();
    this.network.stop(index);
    this.nodes[index] = undefined;
  }

  /** Another life of the same identity; its views and directory are gone, the generation goes on. */
  restart(index: number, contacts: readonly number[]): SimNode {
    if (this.nodes[index] !== undefined) this.kill(index);
    return this.boot(index, contacts);
  }

  running(): SimNode[] {
    return this.nodes.filter((node) => node !== undefined);
  }

  /** Broadcasts and follows who gets it. Content must be new: equal bytes are duplicates for 90 s. */
  broadcast(from: number, text: string): BroadcastStat {
    const content = new TextEncoder().encode(text);
    const stat = new BroadcastStat(from, this.world.nowMs);
    this.#tracked.set(content, stat);
    this.nodes[from]!.broadcast(content);
    return stat;
  }

  untrack(): void {
    this.#tracked.clear();
  }

  onPayload(_node: number, content: Uint8Array): void {
    const stat = this.#tracked.get(content);
    if (stat !== undefined) stat.payloads++;
  }

  onReceived(node: number, content: Uint8Array, hops: number | undefined): void {
    const stat = this.#tracked.get(content);
    if (stat?.delivered(node, hops ?? 0, this.world.nowMs) === true) this.onFirstDelivery();
  }

  onSend(message: TopicMessage, bytes: number): void {
    this.sentByKind.set(message.kind, (this.sentByKind.get(message.kind) ?? 0) + 1);
    this.count(message.kind === "gossip" ? contentKind(message.content) : message.kind, bytes);
  }

  count(kind: TrafficKind, bytes: number): void {
    this.sentBytesByKind.set(kind, (this.sentBytesByKind.get(kind) ?? 0) + bytes);
  }
}

function contentKind(content: Uint8Array): TrafficKind {
  if (content[0] === OBITUARY_LEAD) return "obituary";
  return content[0] === MERGED_LEAD ? "merged" : "record";
}
