/**
 * Records in and out, as `packages/node`'s membership driver does it: builds and signs the own record when the publisher says so,
 * verifies and applies what others broadcast, keeps directories equal by sync. The decisions are those of `protocol`.
 *
 * Owner: SimNode. Ends with the life of its host.
 */
import {
  DecodeError,
  Directory,
  decodeEnvelope,
  type NodeRecord,
  Publisher,
  type PublisherEvent,
  type SignedRecord,
  signRecord,
  verifyEnvelope,
} from "@meshwork/protocol";
import type { HostTimer } from "../core/host.js";
import type { SimNode } from "./sim-node.js";
import { SyncDriver, type SyncPacket } from "./sync-driver.js";

const EXPIRY_INTERVAL_MS = 5_000;
const MAX_CONTACTS = 16;
const VERSION = "0.1.0";

export interface SimMembershipOptions {
  readonly mesh: string;
  readonly gossipIntervalMs?: number;
  readonly stalenessMs?: number;
}

export class MembershipDriver {
  readonly directory: Directory;
  readonly sync: SyncDriver;
  readonly #node: SimNode;
  readonly #options: SimMembershipOptions;
  readonly #publisher: Publisher;
  readonly #bootNonce: string;
  #generation: number;
  #sequence = 0;
  #timer: HostTimer | undefined;
  #left = false;
  rejected = 0;
  published = 0;

  constructor(node: SimNode, options: SimMembershipOptions) {
    const { host, cluster } = node;
    this.#node = node;
    this.#options = options;
    const { stalenessMs, gossipIntervalMs } = options;
    this.directory = new Directory({ mesh: options.mesh, self: node.id, hash: cluster.crypto.plainHash, stalenessMs });
    this.#publisher = new Publisher({ random: host.random.next, gossipIntervalMs, stalenessMs });
    this.#bootNonce = Buffer.from(host.random.bytes(8)).toString("hex");
    this.#generation = cluster.nextGeneration(node.index);
    this.sync = new SyncDriver(node, this);
  }

  get generation(): number {
    return this.#generation;
  }

  get sequence(): number {
    return this.#sequence;
  }

  sizes(): Record<string, number> {
    return { ...this.directory.sizes(), ...this.sync.sizes() };
  }

  start(): void {
    this.#tell({ kind: "boot" });
    this.sync.start();
    this.#node.host.interval(EXPIRY_INTERVAL_MS, () => this.expire());
  }

  leave(): void {
    this.#tell({ kind: "leaving" });
    this.#left = true;
  }

  /** What the record says has changed: publishes as the publisher allows. */
  changed(): void {
    this.#tell({ kind: "changed" });
  }

  neighborUp(id: string): void {
    this.directory.markProven(id);
    // A broadcast without neighbours reached nobody; who joins or comes back says who it is.
    if (this.#node.neighbors().length <= 1 && this.#sequence > 0 && !this.#left) this.#publish("alive");
    this.sync.withNeighbor(id);
  }

  neighborDown(id: string): void {
    this.directory.neighborGone(id);
    const members = this.directory.entries().filter((entry) => entry.id !== this.#node.id);
    const peers = this.#node.host.random.sample(members, MAX_CONTACTS).map((entry) => entry.id);
    if (peers.length > 0) this.#node.handle({ kind: "contacts", peers });
  }

  peerLost(peer: number): void {
    this.sync.peerLost(peer);
  }

  onSync(from: number, packet: SyncPacket): void {
    if (!this.#left) this.sync.onPacket(from, packet);
  }

  received(content: Uint8Array, deliveredBy: string): void {
    const signed = this.#decode(content);
    if (signed === undefined || !this.directory.wants(signed) || !this.#verified(signed)) return;
    const outcome = this.directory.apply(signed, { deliveredBy }, this.#node.host.now());
    if (outcome.kind === "self-conflict") this.#takeGeneration(outcome.generation);
    if (outcome.kind === "buried" && outcome.tombstone.signed !== undefined) {
      this.#node.broadcast(outcome.tombstone.signed.bytes);
    }
    this.liveChanged();
  }

  applySynced(signed: SignedRecord, ageMs: number): void {
    if (!this.#verified(signed)) return;
    const outcome = this.directory.apply(signed, { viaSync: true, ageMs }, this.#node.host.now());
    if (outcome.kind === "self-conflict") this.#takeGeneration(outcome.generation);
  }

  expire(): void {
    this.directory.expire(this.#node.host.now());
    this.directory.takeChanges();
  }

  liveChanged(): void {
    this.directory.takeChanges();
    this.#tell({ kind: "live", members: this.directory.size });
  }

  /** Read once per payload: gossip hands the same bytes to every node. */
  #decode(content: Uint8Array): SignedRecord | undefined {
    const { decoded } = this.#node.cluster;
    let signed = decoded.get(content);
    if (signed !== undefined) return signed;
    try {
      signed = decodeEnvelope(content);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.rejected++;
      return undefined;
    }
    decoded.set(content, signed);
    return signed;
  }

  #verified(signed: SignedRecord): boolean {
    const { crypto } = this.#node.cluster;
    const holds = verifyEnvelope(signed, (id, message, signature) => crypto.verify(id, message, signature));
    if (!holds) this.rejected++;
    return holds;
  }

  #takeGeneration(atLeast: number): void {
    while (this.#generation < atLeast) this.#generation = this.#node.cluster.nextGeneration(this.#node.index);
    this.#sequence = 0;
    this.#tell({ kind: "changed" });
  }

  #tell(event: PublisherEvent): void {
    const { host } = this.#node;
    const nowMs = host.now();
    const { publish, nextAtMs } = this.#publisher.handle(event, nowMs);
    if (publish !== undefined) this.#publish(publish === "leave" ? "leaving" : "alive");
    this.#timer?.cancel();
    if (Number.isFinite(nextAtMs)) {
      this.#timer = host.timer(Math.max(1, nextAtMs - nowMs), () => this.#tell({ kind: "tick" }));
    }
  }

  #publish(status: NodeRecord["status"]): void {
    this.#sequence++;
    this.published++;
    const { cluster, host } = this.#node;
    const signed = signRecord(this.#record(status), (message) => cluster.keysOf(this.#node.index).sign(message));
    this.directory.setOwn(signed, host.now());
    this.directory.takeChanges();
    this.#node.broadcast(signed.bytes);
  }

  #record(status: NodeRecord["status"]): NodeRecord {
    return {
      id: this.#node.id,
      bootNonce: this.#bootNonce,
      mesh: this.#options.mesh,
      type: "sim",
      generation: this.#generation,
      sequence: this.#sequence,
      addresses: [`10.${this.#node.index >> 16}.${(this.#node.index >> 8) & 255}.${this.#node.index & 255}:4433`],
      version: VERSION,
      startedAtMs: 0,
      neighbors: this.#node.neighbors(),
      loadClass: "normal",
      cpuBudgetCores: 1,
      ramBudgetBytes: 1_073_741_824,
      framesSent: 0,
      framesReceived: 0,
      refreshIntervalMs: Math.round(this.#publisher.refreshIntervalMs),
      status,
    };
  }
}
