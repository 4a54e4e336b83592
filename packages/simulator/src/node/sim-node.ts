/**
 * A simulated node: the gossip router of `protocol`, driven as `packages/node`'s gossip driver does it, with membership and link
 * probes where they are switched on. It decides nothing that the real node does not decide.
 *
 * Owner: Cluster; one per life of a host.
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
import { LinkProber, type ProbePacket } from "./link-prober.js";
import { MembershipDriver } from "./membership-driver.js";
import { gossipFrameBytes } from "./message-size.js";
import type { SyncPacket } from "./sync-driver.js";

export const GOSSIP_LANE = 0;

export class SimNode implements Program {
  readonly cluster: Cluster;
  readonly host: Host;
  readonly id: string;
  readonly router: GossipRouter;
  readonly membership: MembershipDriver | undefined;
  readonly prober: LinkProber | undefined;
  /** Which life of each connected peer is known; entries go when the peer is lost. */
  readonly #lives = new Map<number, number>();
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
    this.membership = options.membership === undefined ? undefined : new MembershipDriver(this, options.membership);
    this.prober = options.probeLinks === true ? new LinkProber(this) : undefined;
  }

  get index(): number {
    return this.host.index;
  }

  /** Joins the topic through these hosts; what the real node does after its last boot step. */
  boot(contacts: readonly number[]): void {
    this.handle({ kind: "join", peers: contacts.map((contact) => this.cluster.idOf(contact)) });
    this.membership?.start();
    this.prober?.start();
  }

  /** Leaves in good order; the host may be stopped afterwards. */
  leave(): void {
    this.membership?.leave();
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

  peerLost(peer: number): void {
    this.#lives.delete(peer);
    if (!this.#quit) this.#apply(this.router.peerLost(this.cluster.idOf(peer), this.host.now()));
  }

  onFrame(from: number, lane: number, payload: unknown): void {
    this.prober?.heard(from);
    if (lane !== GOSSIP_LANE) {
      this.membership?.onSync(from, payload as SyncPacket);
      return;
    }
    const message = payload as TopicMessage;
    if (message.kind === "gossip") this.cluster.onPayload(this.index, message.content);
    this.handle({ kind: "message", from: this.cluster.idOf(from), message });
  }

  onDatagram(from: number, payload: unknown): void {
    this.prober?.onProbe(from, payload as ProbePacket);
  }

  /** A peer that came back as another process has forgotten us: what we knew of the link is lost with its former life. */
  onConnected(peer: number, life: number): void {
    this.prober?.heard(peer);
    const before = this.#lives.get(peer);
    if (before !== undefined && before !== life) this.peerLost(peer);
    this.#lives.set(peer, life);
  }

  onLost(peer: number): void {
    this.membership?.peerLost(peer);
    this.peerLost(peer);
  }

  onDialFailed(peer: number): void {
    this.peerLost(peer);
  }

  /** The prober's verdict: the connection is closed, which gossip hears as a lost peer. */
  linkDead(peer: number): void {
    this.cluster.network.close(this.index, peer);
    this.onLost(peer);
  }

  holds(peer: number): boolean {
    return this.neighbors().includes(this.cluster.idOf(peer));
  }

  #apply(outputs: readonly RoutedOutput[]): void {
    const { cluster } = this;
    const { network } = cluster;
    for (const { output } of outputs) {
      switch (output.kind) {
        case "send":
          cluster.onSend(output.message);
          network.send(
            this.index,
            cluster.indexOf(output.to),
            GOSSIP_LANE,
            output.message,
            gossipFrameBytes(output.message),
          );
          break;
        case "schedule":
          this.host.arm(output.afterMs, new GossipTimerTask(this, output.timer));
          break;
        case "disconnect-peer":
          if (network.closesOnRelease) network.close(this.index, cluster.indexOf(output.peer));
          break;
        case "neighbor-up":
          this.prober?.watch(cluster.indexOf(output.peer));
          this.membership?.neighborUp(output.peer);
          break;
        case "neighbor-down":
          this.prober?.unwatch(cluster.indexOf(output.peer));
          this.membership?.neighborDown(output.peer);
          break;
        case "received":
          cluster.onReceived(
            this.index,
            output.content,
            output.scope.kind === "swarm" ? output.scope.round + 1 : undefined,
          );
          this.membership?.received(output.content, output.deliveredFrom);
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
