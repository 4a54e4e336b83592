/**
 * Membership on the wire: one machine per topic (`Membership` in protocol) decides, this carries out. Pings, questions to helpers,
 * obituaries handed over, syncs, healing's dials; and back what came of them.
 *
 * Owner: the node; it ends with `leave` and `stop`.
 */
import {
  type DirectoryChange,
  type LoadClass,
  type Membership,
  type MembershipEvent,
  type MembershipOutput,
  nextLoadClass,
  type Seed,
} from "@meshwork/protocol";
import { CloseCode, StreamTag, type Transport, type TransportEvent } from "@meshwork/transport";
import type { MeshTopic } from "./meshes.js";
import { ProbeStreams } from "./probe-streams.js";
import { reach } from "./reach.js";
import { type SyncEnd, SyncSessions } from "./sync-sessions.js";
import { TopicMembership } from "./topic-membership.js";

/** Topics share connections: a peer that was just pinged for one of them need not be for the other. */
const PING_GAP_MS = 300;
const HEALING_DIAL_TIMEOUT_MS = 5_000;

export interface MembershipDriverOptions {
  readonly topics: readonly MeshTopic[];
  readonly machines: ReadonlyMap<string, Membership>;
  readonly transport: Transport;
  readonly now: () => number;
  /** Neighbours that speak `/iroh-gossip/1` alone. */
  readonly isForeign: (peerId: string) => boolean;
  readonly gossip: MembershipGossip;
  readonly events: MembershipDriverEvents;
}

/** What membership asks of the gossip. */
export interface MembershipGossip {
  broadcast(mesh: MeshTopic, content: Uint8Array): void;
  contacts(mesh: MeshTopic, peers: readonly string[]): void;
  join(mesh: MeshTopic, peers: readonly string[], protectMs?: number): void;
  repair(mesh: MeshTopic, peerId: string): void;
  replenish(mesh: MeshTopic, peers: readonly string[]): void;
  drop(mesh: MeshTopic, peerId: string): void;
  neighbors(mesh: string): readonly string[];
}

export interface MembershipDriverEvents {
  change(change: DirectoryChange): void;
  synced(mesh: string, entries: number, durationMs: number): void;
  rtt(rttMs: number): void;
  /** A healing contact is of another mesh. */
  mismatch(mesh: MeshTopic, peerId: string): void;
  duplicateIdentity(bootNonce: string): void;
}

export class MembershipDriver {
  readonly #options: MembershipDriverOptions;
  readonly #topics = new Map<string, TopicMembership>();
  readonly #streams: ProbeStreams;
  readonly #sync: SyncSessions;
  /** When each neighbour was last pinged; entries go with the peer. */
  readonly #pingedAtMs = new Map<string, number>();
  #loadClass: LoadClass | undefined;
  #stopped = false;

  constructor(options: MembershipDriverOptions) {
    const { transport, now } = options;
    this.#options = options;
    for (const mesh of options.topics) {
      const machine = options.machines.get(mesh.mesh);
      if (machine === undefined) continue;
      this.#topics.set(mesh.mesh, new TopicMembership(machine, now, (output) => this.#carryOut(mesh, output)));
    }
    this.#streams = new ProbeStreams(transport, {
      asked: (ask, from, accusation, budgetMs) => {
        const topic = this.#topics.get(accusation.mesh);
        if (topic === undefined) this.#streams.reply(ask, { outcome: "declined" });
        else topic.tell({ kind: "asked", ask, from, accusation, budgetMs });
      },
      obituary: (obituary, from) => void this.#topics.get(obituary.mesh)?.tell({ kind: "obituary", obituary, from }),
    });
    this.#sync = new SyncSessions({
      transport,
      now,
      directoryOf: (mesh) => this.#topics.get(mesh)?.machine.directory,
      onRecord: (mesh, { signed, ageMs }) => this.#joinedBy(mesh, { kind: "synced-record", signed, ageMs }),
      onObituary: (mesh, obituary) => void this.#topics.get(mesh)?.tell({ kind: "synced-obituary", obituary }),
      onEnd: (mesh, end) => this.#synced(mesh, end),
    });
  }

  sizes(): Record<string, number> {
    const sizes: Record<string, number> = {
      ...this.#streams.sizes(),
      ...this.#sync.sizes(),
      pingedPeers: this.#pingedAtMs.size,
    };
    for (const { machine } of this.#topics.values()) {
      for (const [name, size] of Object.entries(machine.sizes())) sizes[name] = (sizes[name] ?? 0) + size;
    }
    return sizes;
  }

  /** Streams find their owner from here on. */
  open(): void {
    const { transport } = this.#options;
    transport.handleStreams(StreamTag.sync, (stream) => this.#sync.accept(stream));
    transport.handleStreams(StreamTag.probe, (stream) => this.#streams.accept(stream));
  }

  /** The own record exists, and is broadcast as soon as somebody hears. */
  start(): void {
    this.#tellAll({ kind: "boot" });
  }

  /** What the own record says of addresses has changed. */
  changed(): void {
    this.#tellAll({ kind: "changed" });
  }

  /** The signed goodbye; nothing is published after it. */
  leave(): void {
    this.#tellAll({ kind: "leaving" });
  }

  stop(): void {
    this.#stopped = true;
    for (const topic of this.#topics.values()) topic.stop();
    this.#streams.stop();
    this.#sync.stop();
    this.#pingedAtMs.clear();
  }

  /** Where a mesh may be found when all neighbours are gone. */
  remember(mesh: MeshTopic, seed: Seed): void {
    this.#topics.get(mesh.mesh)?.tell({ kind: "seeds", targets: [{ id: seed.id, addresses: [seed.address] }] });
  }

  neighborUp(mesh: MeshTopic, peer: string): void {
    const foreign = this.#options.isForeign(peer);
    this.#topics.get(mesh.mesh)?.tell({ kind: "neighbor-up", peer, foreign });
  }

  neighborDown(mesh: MeshTopic, peer: string): void {
    this.#topics.get(mesh.mesh)?.tell({ kind: "neighbor-down", peer });
  }

  received(mesh: MeshTopic, content: Uint8Array, deliveredBy: string): void {
    this.#topics.get(mesh.mesh)?.tell({ kind: "broadcast", content, deliveredBy });
  }

  /** To be called before gossip hears of it. */
  onTransportEvent(event: TransportEvent): void {
    if (event.kind === "peer-lost") {
      this.#pingedAtMs.delete(event.peerId);
      this.#tellAll({ kind: "peer-lost", peer: event.peerId });
    } else if (event.kind === "probed") this.#probed(event.peerId);
    else if (event.kind === "pong") this.#options.events.rtt(event.rttMs);
  }

  /** `undefined` where the process is shared: no figure belongs to this node. */
  loadSampled(cpuShare: number, ramShare: number): void {
    const next = nextLoadClass(cpuShare, ramShare, this.#loadClass);
    if (next === this.#loadClass) return;
    this.#loadClass = next;
    this.#tellAll({ kind: "load-class", loadClass: next });
  }

  #tellAll(event: MembershipEvent): void {
    for (const topic of this.#topics.values()) topic.tell(event);
  }

  /**
   * A ping says that the peer watches a link of ours, not in which topic: those in which it is a neighbour know it for theirs, and
   * only where it is in none, all that it shares ask themselves whether they have missed something.
   */
  #probed(peer: string): void {
    const { topics, gossip, transport } = this.#options;
    let linked = false;
    for (const { mesh } of topics) {
      if (!gossip.neighbors(mesh).includes(peer)) continue;
      linked = true;
      this.#topics.get(mesh)?.tell({ kind: "probed", peer });
    }
    if (linked) return;
    const shared = transport.peer(peer)?.hello?.topics ?? [];
    for (const { mesh, topic } of topics) {
      if (shared.includes(topic)) this.#topics.get(mesh)?.tell({ kind: "probed", peer });
    }
  }

  /** True where the record of a sync was a new member. */
  #joinedBy(mesh: string, event: MembershipEvent): boolean {
    const outputs = this.#topics.get(mesh)?.tell(event) ?? [];
    return outputs.some((output) => output.kind === "change" && output.change.kind === "joined");
  }

  #synced(mesh: string, { peerId, ok, applied, sent, durationMs }: SyncEnd): void {
    this.#topics.get(mesh)?.tell({ kind: "synced", peer: peerId, ok, apart: applied + sent });
    if (applied > 0) this.#options.events.synced(mesh, applied, durationMs);
    // Some were never listed here: they came and left between two looks, and only gossip spoke of them.
    const { transport } = this.#options;
    for (const id of transport.knownPeers()) if (this.isDeparted(id)) transport.forgetAddresses(id);
  }

  #carryOut(mesh: MeshTopic, output: MembershipOutput): void {
    const { gossip, transport, events } = this.#options;
    switch (output.kind) {
      case "broadcast":
        gossip.broadcast(mesh, output.content);
        break;
      case "ping":
        this.#ping(output.peer, output.dial);
        break;
      case "ask":
        void this.#ask(mesh, output);
        break;
      case "try":
        void this.#try(mesh, output);
        break;
      case "reply":
        this.#streams.reply(output.ask, output.reply);
        break;
      case "tell":
        this.#learn(mesh, output.peer);
        void this.#streams.tell(output.peer, output.obituary);
        break;
      case "sync":
        this.#learn(mesh, output.peer);
        void this.#sync.initiate(mesh.mesh, output.peer);
        break;
      case "dial":
        void this.#dial(mesh, output.target);
        break;
      case "join":
        gossip.join(mesh, [output.peer], output.protectMs);
        break;
      case "repair":
        gossip.repair(mesh, output.peer);
        break;
      case "drop":
        gossip.drop(mesh, output.peer);
        if (output.cut) transport.disconnect(output.peer, CloseCode.probeTimeout);
        break;
      case "contacts":
        for (const peer of output.peers) this.#learn(mesh, peer);
        gossip.contacts(mesh, output.peers);
        break;
      case "replenish":
        for (const peer of output.peers) this.#learn(mesh, peer);
        gossip.replenish(mesh, output.peers);
        break;
      case "mismatch":
        events.mismatch(mesh, output.peer);
        break;
      case "duplicate-identity":
        events.duplicateIdentity(output.bootNonce);
        break;
      case "change":
        events.change(output.change);
        break;
      default:
        output satisfies never;
    }
  }

  /** A pong needs no event: the machine asks when the peer was last heard. */
  #ping(peer: string, dial: boolean): void {
    const { transport, now } = this.#options;
    if (dial && !transport.isConnected(peer)) {
      void this.#pingAfterDial(peer);
      return;
    }
    const nowMs = now();
    if (nowMs - (this.#pingedAtMs.get(peer) ?? Number.NEGATIVE_INFINITY) < PING_GAP_MS) return;
    if (transport.beat(peer)) this.#pingedAtMs.set(peer, nowMs);
  }

  async #pingAfterDial(peer: string): Promise<void> {
    const { transport } = this.#options;
    try {
      await transport.connect(peer);
    } catch {
      // Silence is what the machine will find.
    }
    if (!this.#stopped) transport.beat(peer);
  }

  async #ask(
    mesh: MeshTopic,
    { ask, helper, accusation, budgetMs }: Extract<MembershipOutput, { kind: "ask" }>,
  ): Promise<void> {
    this.#learn(mesh, helper);
    const reply = await this.#streams.ask(helper, accusation, budgetMs);
    this.#topics.get(mesh.mesh)?.tell({ kind: "answered", ask, reply });
  }

  async #try(mesh: MeshTopic, { attempt, peer, budgetMs }: Extract<MembershipOutput, { kind: "try" }>): Promise<void> {
    this.#learn(mesh, peer);
    const heardAgoMs = await reach(this.#options.transport, peer, budgetMs, this.#options.now);
    this.#topics.get(mesh.mesh)?.tell({ kind: "tried", attempt, heardAgoMs });
  }

  /** Known to have died, left or expired, and not known to live in any mesh. */
  isDeparted(peerId: string): boolean {
    const directories = [...this.#topics.values()].map(({ machine }) => machine.directory);
    return (
      directories.every((directory) => directory.get(peerId) === undefined) &&
      directories.some((directory) => directory.tombstoneOf(peerId) !== undefined)
    );
  }

  async #dial(mesh: MeshTopic, target: { readonly id: string; readonly addresses: readonly string[] }): Promise<void> {
    const { transport } = this.#options;
    const topic = this.#topics.get(mesh.mesh);
    transport.learnAddresses(target.id, target.addresses);
    try {
      const { hello } = await transport.connect(target.id, { timeoutMs: HEALING_DIAL_TIMEOUT_MS });
      const shared = hello === undefined || hello.topics.includes(mesh.topic);
      const observer = hello !== undefined && hello.mesh !== mesh.mesh;
      if (!this.#stopped) topic?.tell({ kind: "contacted", peer: target.id, shared, observer });
    } catch {
      if (this.isDeparted(target.id)) transport.forgetAddresses(target.id);
      topic?.tell({ kind: "dial-failed", peer: target.id });
    }
  }

  #learn(mesh: MeshTopic, peer: string): void {
    const entry = this.#topics.get(mesh.mesh)?.machine.directory.get(peer);
    if (entry !== undefined) this.#options.transport.learnAddresses(peer, entry.record.addresses);
  }
}
