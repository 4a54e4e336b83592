/**
 * Drives the pure gossip router: feeds it frames, lost peers and due timers, and carries out what it answers.
 * Owns the timers. Decides nothing about the overlay itself.
 */
import {
  DecodeError,
  decodeAddrInfo,
  decodeTopicMessage,
  encodeAddrInfo,
  encodeTopicMessage,
  type GossipInput,
  GossipRouter,
  type GossipTimer,
  type RoutedOutput,
} from "@meshwork/protocol";
import type { PeerInfo, Transport, TransportEvent } from "@meshwork/transport";
import { advertisedAddresses } from "./advertised-addresses.js";
import type { Hash, MeshTopic } from "./meshes.js";
import { TimerHeap } from "./timer-heap.js";

/** An observer needs to hear, not to carry: two active links at most. */
const OBSERVER_ACTIVE_VIEW = 2;

export interface GossipEvents {
  neighborUp(mesh: MeshTopic, peerId: string): void;
  neighborDown(mesh: MeshTopic, peerId: string): void;
  received(mesh: MeshTopic, content: Uint8Array, deliveredFrom: string, hops: number | undefined): void;
}

export interface GossipDriverOptions {
  readonly self: string;
  readonly transport: Transport;
  readonly topics: readonly MeshTopic[];
  readonly hash: Hash;
  readonly random: () => number;
  readonly now: () => number;
  readonly events: GossipEvents;
  /** Gone for all that is known: where it was reached is not learned again from who has not heard of it yet. */
  readonly isDeparted: (peerId: string) => boolean;
}

export class GossipDriver {
  readonly #transport: Transport;
  readonly #router: GossipRouter;
  readonly #timers: TimerHeap<{ topic: string; timer: GossipTimer }>;
  readonly #now: () => number;
  readonly #topics: ReadonlyMap<string, MeshTopic>;
  readonly #byMesh: ReadonlyMap<string, MeshTopic>;
  readonly #events: GossipEvents;
  readonly #isDeparted: (peerId: string) => boolean;
  /** Boot nonce of each connected peer; an entry goes when the peer is lost, so connections bound it. */
  readonly #lives = new Map<string, string>();
  #stopped = false;
  #malformed = 0;

  constructor(options: GossipDriverOptions) {
    this.#transport = options.transport;
    this.#now = options.now;
    this.#events = options.events;
    this.#isDeparted = options.isDeparted;
    this.#topics = new Map(options.topics.map((mesh) => [mesh.topic, mesh]));
    this.#byMesh = new Map(options.topics.map((mesh) => [mesh.mesh, mesh]));
    this.#router = new GossipRouter({
      self: options.self,
      hash: options.hash,
      random: options.random,
      rttMs: (peer) => options.transport.peer(peer)?.rttMs,
    });
    this.#timers = new TimerHeap(options.now, ({ topic, timer }) => this.#handle(topic, { kind: "timer", timer }));
  }

  /** What other peers hand on of where this one is reached. */
  tellAddresses(): void {
    const directAddresses = advertisedAddresses(this.#transport.boundAddresses());
    this.#apply(this.#router.setOwnData(encodeAddrInfo({ relayUrl: undefined, directAddresses }), this.#now()));
  }

  /** Joins all topics, without peers: those come as contacts when their hello has been heard. */
  start(): void {
    this.tellAddresses();
    for (const mesh of this.#topics.values()) {
      const options = mesh.role === "observer" ? { activeViewCapacity: OBSERVER_ACTIVE_VIEW } : {};
      this.#handle(mesh.topic, { kind: "join", peers: [], options });
    }
  }

  /** `protectMs`: not evicted for so long, as a healing contact must not be. */
  join(mesh: MeshTopic, peers: readonly string[], protectMs?: number): void {
    this.#handle(mesh.topic, { kind: "join", peers, ...(protectMs === undefined ? {} : { protectMs }) });
  }

  /** One end alone holds the link: asks the peer anew. */
  repair(mesh: MeshTopic, peer: string): void {
    this.#handle(mesh.topic, { kind: "repair", peer });
  }

  /** Members that may become neighbours. */
  replenish(mesh: MeshTopic, peers: readonly string[]): void {
    this.#handle(mesh.topic, { kind: "replenish", peers });
  }

  drop(mesh: MeshTopic, peer: string): void {
    this.#handle(mesh.topic, { kind: "drop", peer });
  }

  /** Peers that may be asked when a topic has no neighbour left. */
  contacts(mesh: MeshTopic, peers: readonly string[]): void {
    this.#handle(mesh.topic, { kind: "contacts", peers });
  }

  broadcast(mesh: MeshTopic, content: Uint8Array): void {
    this.#handle(mesh.topic, { kind: "broadcast", content, scope: "swarm" });
  }

  neighbors(mesh: string): readonly string[] {
    const topic = this.#byMesh.get(mesh);
    return topic === undefined ? [] : this.#router.activeView(topic.topic);
  }

  onTransportEvent(event: TransportEvent): void {
    if (this.#stopped) return;
    if (event.kind === "peer-connected") this.#noteLife(event.peer);
    else if (event.kind === "peer-lost") this.#lives.delete(event.peerId);
    if (event.kind === "gossip") this.#onFrame(event.peerId, event.topic, event.frame);
    // A connection closed as idle is no failure: the peer stays a candidate in the passive view.
    else if (event.kind === "peer-lost" && event.reason === "idle") this.#router.peerIdle(event.peerId);
    else if (event.kind === "dial-failed" || event.kind === "peer-lost") {
      this.#apply(this.#router.peerLost(event.peerId, this.#now()));
    }
  }

  /** Tells the neighbours and forgets everything. */
  quit(): void {
    for (const mesh of this.#topics.values()) this.#handle(mesh.topic, { kind: "quit" });
    this.#stopped = true;
    this.#timers.clear();
  }

  sizes(): Record<string, number> {
    return {
      ...this.#router.sizes(),
      gossipLives: this.#lives.size,
      gossipTimers: this.#timers.size,
      gossipMalformed: this.#malformed,
    };
  }

  /** A peer that came back as another process has forgotten us: what we knew of the link is lost with its former life. */
  #noteLife(peer: PeerInfo): void {
    const nonce = peer.hello?.bootNonce;
    const before = this.#lives.get(peer.id);
    if (nonce !== undefined) this.#lives.set(peer.id, nonce);
    if (before !== undefined && before !== nonce) this.#apply(this.#router.peerLost(peer.id, this.#now()));
  }

  #onFrame(peerId: string, topicBytes: Uint8Array, frame: Uint8Array): void {
    const topic = Buffer.from(topicBytes.buffer, topicBytes.byteOffset, topicBytes.byteLength).toString("hex");
    if (!this.#topics.has(topic)) return;
    try {
      const message = decodeTopicMessage(frame);
      this.#handle(topic, { kind: "message", from: peerId, message });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#malformed++;
    }
  }

  #handle(topic: string, input: GossipInput): void {
    if (this.#stopped) return;
    this.#apply(this.#router.handle(topic, input, this.#now()));
  }

  #apply(outputs: readonly RoutedOutput[]): void {
    for (const { topic, output } of outputs) {
      const mesh = this.#topics.get(topic);
      if (mesh === undefined) continue;
      switch (output.kind) {
        case "send": {
          const final = output.message.kind === "disconnect";
          this.#transport.sendGossip(output.to, mesh.topicBytes, encodeTopicMessage(output.message), final);
          break;
        }
        case "schedule":
          this.#timers.schedule(output.afterMs, { topic, timer: output.timer });
          break;
        case "disconnect-peer":
          // The one connection also carries messages, so it is not cut here: without the neighbour's hold it is closed as idle.
          break;
        case "neighbor-up":
          this.#events.neighborUp(mesh, output.peer);
          break;
        case "neighbor-down":
          this.#events.neighborDown(mesh, output.peer);
          break;
        case "received":
          this.#events.received(
            mesh,
            output.content,
            output.deliveredFrom,
            output.scope.kind === "swarm" ? output.scope.round : undefined,
          );
          break;
        case "peer-data":
          this.#learn(output.peer, output.data);
          break;
        default:
          output satisfies never;
      }
    }
  }

  #learn(peerId: string, data: Uint8Array): void {
    try {
      const { directAddresses } = decodeAddrInfo(data);
      if (directAddresses.length > 0 && !this.#isDeparted(peerId))
        this.#transport.learnAddresses(peerId, directAddresses);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#malformed++;
    }
  }
}
