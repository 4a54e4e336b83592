/**
 * Records in and out: builds and signs the own record when the publisher says so, verifies and applies what others broadcast,
 * and keeps directories equal by sync. The decisions are the pure machines' in protocol; this carries them out.
 *
 * Owner: the node. Its timer is the publisher's next tick; it ends with `leave` and `stop`.
 */
import {
  DecodeError,
  decodeEnvelope,
  type LoadClass,
  MeshError,
  type NodeRecord,
  nextLoadClass,
  Publisher,
  type PublisherEvent,
  type SignedRecord,
  signRecord,
  verifyEnvelope,
} from "@meshwork/protocol";
import type { InboundStream, Transport } from "@meshwork/transport";
import { advertisedAddresses } from "./advertised-addresses.js";
import type { Directories } from "./directories.js";
import type { Identity } from "./identity.js";
import type { Hash, MeshTopic } from "./meshes.js";
import type { ResolvedOptions } from "./options.js";
import { SyncDriver } from "./sync-driver.js";
import { Verifier } from "./verifier.js";
import { VERSION } from "./version.js";

/** How many members are offered to the gossip as contacts for re-joining. */
const MAX_CONTACTS = 16;

export interface MembershipOptions {
  readonly identity: Identity;
  readonly bootNonce: string;
  readonly options: ResolvedOptions;
  readonly topics: readonly MeshTopic[];
  readonly transport: Transport;
  readonly directories: Directories;
  readonly hash: Hash;
  readonly now: () => number;
  readonly random: () => number;
  readonly broadcast: (mesh: MeshTopic, content: Uint8Array) => void;
  readonly neighbors: (mesh: string) => readonly string[];
  readonly contacts: (mesh: MeshTopic, peers: readonly string[]) => void;
  readonly framesSoFar: () => { readonly sent: number; readonly received: number };
  readonly onSynced: (mesh: string, entries: number, durationMs: number) => void;
}

export class MembershipDriver {
  readonly #options: MembershipOptions;
  readonly #own: MeshTopic;
  readonly #publisher: Publisher;
  readonly #verifier = new Verifier();
  readonly #sync: SyncDriver;
  readonly #wallStartMs = Date.now();
  #generation: number;
  #sequence = 0;
  #loadClass: LoadClass | undefined;
  #load: { cpuUsedCores: number; rssBytes: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rejected = 0;
  #left = false;
  #stopped = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#own = options.topics[0]!;
    this.#generation = options.identity.generation;
    this.#publisher = new Publisher({
      random: options.random,
      gossipIntervalMs: options.options.gossipIntervalMs,
      stalenessMs: options.options.stalenessMs,
    });
    this.#sync = new SyncDriver({
      transport: options.transport,
      directories: options.directories,
      topics: options.topics,
      now: options.now,
      random: options.random,
      neighbors: options.neighbors,
      verify: (signed) => this.#verified(signed),
      onSynced: options.onSynced,
      onApplied: (mesh) => this.#liveChanged(mesh),
      onSelfConflict: (generation) => this.#takeGeneration(generation),
    });
  }

  sizes(): Record<string, number> {
    return { ...this.#sync.sizes(), verifierKeys: this.#verifier.size, recordsRejected: this.#rejected };
  }

  /** The own record exists, and is broadcast as soon as somebody hears. */
  start(): void {
    this.#tell({ kind: "boot" });
    this.#sync.start();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#sync.stop();
  }

  /** The signed goodbye; nothing is published after it. */
  leave(): void {
    this.#tell({ kind: "leaving" });
    this.#left = true;
  }

  neighborUp(mesh: MeshTopic, peerId: string): void {
    this.#options.directories.of(mesh.mesh)?.markProven(peerId);
    // A broadcast without neighbours reached nobody; who joins or comes back says who it is.
    if (mesh === this.#own && this.#options.neighbors(mesh.mesh).length <= 1) this.#rebroadcast();
    this.#sync.withNeighbor(mesh, peerId);
  }

  neighborDown(mesh: MeshTopic, peerId: string): void {
    this.#options.directories.of(mesh.mesh)?.neighborGone(peerId);
    const members = this.#options.directories
      .entries({ mesh: mesh.mesh })
      .filter((entry) => entry.id !== this.#options.identity.id);
    const contacts = sample(members, MAX_CONTACTS, this.#options.random);
    for (const entry of contacts) this.#options.transport.learnAddresses(entry.id, entry.record.addresses);
    this.#options.contacts(
      mesh,
      contacts.map((entry) => entry.id),
    );
  }

  received(mesh: MeshTopic, content: Uint8Array, deliveredBy: string): void {
    const { directories } = this.#options;
    let signed: SignedRecord;
    try {
      signed = decodeEnvelope(content);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#rejected++;
      return;
    }
    // Verifying costs 67 µs: only what could change something is worth it.
    if (directories.of(mesh.mesh)?.wants(signed) !== true) return;
    if (!this.#verified(signed)) {
      this.#rejected++;
      return;
    }
    const outcome = directories.apply(mesh.mesh, signed, { deliveredBy });
    if (outcome?.kind === "self-conflict") this.#takeGeneration(outcome.generation);
    // Who shows up with a buried record is told so: the tombstone is the leave it signed itself.
    if (outcome?.kind === "buried" && outcome.tombstone.signed !== undefined) {
      this.#options.broadcast(mesh, outcome.tombstone.signed.bytes);
    }
    this.#liveChanged(mesh.mesh);
  }

  acceptSync(stream: InboundStream): void {
    this.#sync.accept(stream);
  }

  loadSampled(load: { cpuUsedCores: number; rssBytes: number }): void {
    const { cpuBudgetCores, ramBudgetBytes, sharedProcess } = this.#options.options;
    // In a shared process no figure belongs to this node: its class is left at what is said of unknown load.
    if (sharedProcess) return;
    this.#load = load;
    const next = nextLoadClass(load.cpuUsedCores / cpuBudgetCores, load.rssBytes / ramBudgetBytes, this.#loadClass);
    if (next === this.#loadClass) return;
    this.#loadClass = next;
    this.#tell({ kind: "load-class", loadClass: next });
  }

  /** The refresh interval follows the size of the own mesh. */
  #liveChanged(mesh: string): void {
    if (mesh === this.#own.mesh) this.#tell({ kind: "live", members: this.#options.directories.of(mesh)?.size ?? 1 });
  }

  #verified(signed: SignedRecord): boolean {
    return verifyEnvelope(signed, (id, message, signature) => this.#verifier.verify(id, message, signature));
  }

  /** Somebody shows our own (generation, sequence), or a higher one: this process takes the next generation and says so. */
  #takeGeneration(atLeast: number): void {
    while (this.#generation < atLeast) this.#generation = this.#options.identity.nextGeneration();
    this.#sequence = 0;
    this.#tell({ kind: "changed" });
  }

  #tell(event: PublisherEvent): void {
    if (this.#stopped) return;
    const nowMs = this.#options.now();
    const { publish, nextAtMs } = this.#publisher.handle(event, nowMs);
    if (publish !== undefined) this.#publish(publish === "leave" ? "leaving" : "alive");
    clearTimeout(this.#timer);
    if (Number.isFinite(nextAtMs)) {
      this.#timer = setTimeout(() => this.#tell({ kind: "tick" }), Math.max(1, nextAtMs - nowMs));
      this.#timer.unref();
    }
  }

  #publish(status: NodeRecord["status"]): void {
    this.#sequence++;
    try {
      const signed = signRecord(this.#record(status), (message) => this.#options.identity.sign(message));
      this.#options.directories.setOwn(this.#own.mesh, signed);
      this.#options.broadcast(this.#own, signed.bytes);
    } catch (error) {
      // Too large to travel: the mesh keeps the last one; the operator hears why.
      if (!(error instanceof MeshError)) throw error;
      process.emitWarning(error.message, { code: error.code });
    }
  }

  /** The same record once more, as a new sequence: identical bytes would be taken for a duplicate of the first broadcast. */
  #rebroadcast(): void {
    if (this.#sequence > 0 && !this.#stopped && !this.#left) this.#publish("alive");
  }

  #record(status: NodeRecord["status"]): NodeRecord {
    const { identity, bootNonce, options, transport, neighbors, framesSoFar } = this.#options;
    const frames = framesSoFar();
    const load = this.#load;
    return {
      id: identity.id,
      bootNonce,
      mesh: options.mesh,
      type: options.type,
      generation: this.#generation,
      sequence: this.#sequence,
      addresses: advertisedAddresses(transport.boundAddresses()),
      version: VERSION,
      startedAtMs: this.#wallStartMs,
      neighbors: neighbors(options.mesh),
      loadClass: this.#loadClass ?? "normal",
      ...(load === undefined ? {} : { cpuUsedCores: load.cpuUsedCores, ramUsedBytes: load.rssBytes }),
      cpuBudgetCores: options.cpuBudgetCores,
      ramBudgetBytes: Math.round(options.ramBudgetBytes),
      framesSent: frames.sent,
      framesReceived: frames.received,
      refreshIntervalMs: Math.round(this.#publisher.refreshIntervalMs),
      status,
    };
  }
}

function sample<T>(values: readonly T[], count: number, random: () => number): T[] {
  const pool = [...values];
  const chosen: T[] = [];
  while (chosen.length < count && pool.length > 0) {
    chosen.push(...pool.splice(Math.floor(random() * pool.length), 1));
  }
  return chosen;
}
