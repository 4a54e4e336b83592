/**
 * A simulated node: the gossip router of `protocol`, driven as `packages/node`'s gossip driver does it, with membership, or the
 * failure detector alone, where they are switched on. It decides nothing that the real node does not decide.
 *
 * Owner: Cluster; one per life of a host. Bounds: 64 peers to ping as soon as there is a connection; what was heard of whom goes
 * with the connection.
 */
import {
  type GossipInput,
  GossipRouter,
  type GossipTimer,
  type RoutedOutput,
  type TopicMessage,
} from "@meshwork/protocol";
import { type Host, HostTimer } from "../core/host.js";
import type { Program } from "../net/net.js";
import type { Cluster } from "./cluster.js";
import { LinkDetector } from "./link-detector.js";
import { MembershipDriver } from "./membership-driver.js";
import { gossipFrameBytes } from "./message-size.js";
import { type LanePacket, PING, PING_BYTES, PONG, type ProbePacket, packetBytes, packetKind } from "./packets.js";

export const GOSSIP_LANE = 0;
const MAX_PINGS_WAITING = 64;

export class SimNode implements Program {
  readonly cluster: Cluster;
  readonly host: Host;
  readonly id: string;
  readonly router: GossipRouter;
  readonly membership: MembershipDriver | undefined;
  readonly links: LinkDetector | undefined;
  /** Which life of each connected peer is known; entries go when the peer is lost. */
  readonly #lives = new Map<number, number>();
  /** When a byte of each connected peer last came, by the host's clock; by id, as it is asked for with every probe. */
  readonly #heard = new Map<string, { readonly peer: number; atMs: number }>();
  readonly #toPing = new Set<number>();
  readonly #listens: boolean;
  #nextLane = 1;
  #quit = false;

  constructor(cluster: Cluster, host: Host) {
    this.cluster = cluster;
    this.host = host;
    this.id = cluster.idOf(host.index);
    const { options, crypto } = cluster;
    this.router = new GossipRouter({
      self: this.id,
      ...(options.gossip === undefined ? {} : { config: options.gossip }),
      random: host.random.next,
      hash: crypto.hash,
      rttMs: (peer) => cluster.network.rttMs(host.index, cluster.indexOf(peer)),
    });
    const { membership, isMember } = options;
    const isOne = membership !== undefined && cluster.isMember(host.index);
    this.membership = isOne ? new MembershipDriver(this, membership) : undefined;
    // A member among others watches those of its links that lead to no member as they do.
    const othersAreNone = !isOne || isMember !== undefined;
    this.links = othersAreNone && options.probeLinks === true ? new LinkDetector(this) : undefined;
    this.#listens = this.membership !== undefined || this.links !== undefined;
  }

  get index(): number {
    return this.host.index;
  }

  /** Joins the topic through these hosts; what the real node does after its last boot step. */
  boot(contacts: readonly number[]): void {
    this.handle({ kind: "join", peers: contacts.map((contact) => this.cluster.idOf(contact)) });
    this.membership?.start(contacts);
  }

  /** Leaves in good order; the host may be stopped afterwards. */
  leave(): void {
    this.membership?.tell({ kind: "leaving" });
    this.handle({ kind: "quit" });
    this.#quit = true;
  }

  broadcast(content: Uint8Array): void {
    this.handle({ kind: "broadcast", content, scope: "swarm" });
  }

  neighbors(): readonly string[] {
    return this.router.activeView(this.cluster.topic);
  }

  handle(input: GossipInput): void {
    if (!this.#quit) this.#apply(this.router.handle(this.cluster.topic, input, this.host.now()));
  }

  /** Of a peer with a connection: when a byte of it last came. */
  lastHeardMs(id: string): number | undefined {
    const heard = this.#heard.get(id);
    return heard !== undefined && this.cluster.network.connected(this.index, heard.peer) ? heard.atMs : undefined;
  }

  /** `dial`: makes a connection first where there is none; where that fails, nothing comes of it. */
  ping(peer: number, dial: boolean): void {
    const { network } = this.cluster;
    if (network.datagram(this.index, peer, PING, PING_BYTES)) {
      this.cluster.count("ping", PING_BYTES);
    } else if (dial && this.#toPing.size < MAX_PINGS_WAITING) {
      this.#toPing.add(peer);
      network.dial(this.index, peer);
    }
  }

  /** A number for a stream that this end opens; the other end's have the other parity. */
  newLane(peer: number): number {
    return this.#nextLane++ * 2 + (this.index < peer ? 0 : 1);
  }

  /** The first packet of a stream; dials where there is no connection. */
  open(peer: number, lane: number, packet: LanePacket): void {
    const bytes = packetBytes(packet);
    this.cluster.count(packetKind(packet), bytes);
    this.cluster.network.send(this.index, peer, lane, packet, bytes);
  }

  /** A further packet of a stream, which goes with its connection. */
  answer(peer: number, lane: number, packet: LanePacket): void {
    const bytes = packetBytes(packet);
    if (this.cluster.network.sendConnected(this.index, peer, lane, packet, bytes)) {
      this.cluster.count(packetKind(packet), bytes);
    }
  }

  endLane(peer: number, lane: number): void {
    this.cluster.network.endLane(this.index, peer, lane);
  }

  /** Closes the connection to the peer, which everybody here hears of as a loss. */
  disconnect(peer: number): void {
    if (!this.cluster.network.connected(this.index, peer)) return;
    this.cluster.network.close(this.index, peer);
    this.onLost(peer);
  }

  onFrame(from: number, lane: number, payload: unknown): void {
    this.#hear(from);
    if (lane !== GOSSIP_LANE) {
      if (lane < 0) this.cluster.watch.frame?.(this.index, from, lane, payload);
      else this.membership?.onPacket(from, lane, payload as LanePacket);
      return;
    }
    const message = payload as TopicMessage;
    if (message.kind === "gossip") this.cluster.onPayload(this.index, message.content);
    this.handle({ kind: "message", from: this.cluster.idOf(from), message });
  }

  onDatagram(from: number, payload: unknown): void {
    this.#hear(from);
    if (!(payload as ProbePacket).ping) return;
    if (this.cluster.network.datagram(this.index, from, PONG, PING_BYTES)) this.cluster.count("pong", PING_BYTES);
    const peer = this.cluster.idOf(from);
    if (this.cluster.isMember(from) && this.membership !== undefined) this.membership.tell({ kind: "probed", peer });
    else this.links?.tell({ kind: "probed", peer });
  }

  /** A peer that came back as another process has forgotten us: what we knew of the link is lost with its former life. */
  onConnected(peer: number, life: number): void {
    this.#hear(peer);
    const before = this.#lives.get(peer);
    if (before !== undefined && before !== life) {
      this.membership?.restarted(peer);
      this.#gossipLost(peer);
    }
    this.#lives.set(peer, life);
    if (this.#toPing.delete(peer)) this.ping(peer, false);
    this.membership?.onConnected(peer);
  }

  onLost(peer: number): void {
    this.#heard.delete(this.cluster.idOf(peer));
    this.membership?.peerLost(peer);
    this.links?.tell({ kind: "peer-lost", peer: this.cluster.idOf(peer) });
    this.#gossipLost(peer);
  }

  onDialFailed(peer: number): void {
    this.#toPing.delete(peer);
    this.membership?.onDialFailed(peer);
    this.#gossipLost(peer);
  }

  holds(peer: number): boolean {
    return this.neighbors().includes(this.cluster.idOf(peer));
  }

  #hear(peer: number): void {
    if (!this.#listens) return;
    const nowMs = this.host.now();
    const id = this.cluster.idOf(peer);
    const heard = this.#heard.get(id);
    if (heard === undefined) this.#heard.set(id, { peer, atMs: nowMs });
    else heard.atMs = nowMs;
    this.membership?.heard(peer);
  }

  #neighborUp(peer: string): void {
    const foreign = !this.cluster.isMember(this.cluster.indexOf(peer));
    this.membership?.tell(foreign ? { kind: "neighbor-up", peer, foreign } : { kind: "neighbor-up", peer });
    if (foreign || this.membership === undefined) this.links?.tell({ kind: "neighbor-up", peer });
  }

  #gossipLost(peer: number): void {
    this.#lives.delete(peer);
    if (!this.#quit) this.#apply(this.router.peerLost(this.cluster.idOf(peer), this.host.now()));
  }

  #apply(outputs: readonly RoutedOutput[]): void {
    const { cluster } = this;
    const { network } = cluster;
    for (const { output } of outputs) {
      switch (output.kind) {
        case "send": {
          const bytes = gossipFrameBytes(output.message);
          cluster.onSend(output.message, bytes);
          network.send(this.index, cluster.indexOf(output.to), GOSSIP_LANE, output.message, bytes);
          break;
        }
        case "schedule":
          this.host.arm(output.afterMs, new GossipTimerTask(this, output.timer));
          break;
        case "disconnect-peer":
          if (network.closesOnRelease) network.close(this.index, cluster.indexOf(output.peer));
          break;
        case "neighbor-up":
          cluster.watch.neighborUp?.(this.index, cluster.indexOf(output.peer));
          this.#neighborUp(output.peer);
          break;
        case "neighbor-down":
          this.membership?.tell(output);
          this.links?.tell(output);
          break;
        case "received":
          cluster.onReceived(
            this.index,
            output.content,
            output.scope.kind === "swarm" ? output.scope.round + 1 : undefined,
          );
          this.membership?.tell({
            kind: "broadcast",
            content: output.content,
            deliveredBy: output.deliveredFrom,
          });
          break;
        case "peer-data":
          break;
        default:
          output satisfies never;
      }
    }
  }
}

class GossipTimerTask extends HostTimer {
  readonly #node: SimNode;
  readonly #timer: GossipTimer;

  constructor(node: SimNode, timer: GossipTimer) {
    super(node.host);
    this.#node = node;
    this.#timer = timer;
  }

  fire(): void {
    this.#node.handle({ kind: "timer", timer: this.#timer });
  }
}
