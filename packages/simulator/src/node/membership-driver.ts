/**
 * Drives the membership machine of `protocol` as `packages/node`'s driver does: hands in what happened, keeps its one timer, carries
 * out what it answers. Decides nothing.
 *
 * Owner: SimNode. Ends with the life of its host. Bounds: those of the machine, whose outputs are all that is under way here.
 */
import {
  type Directory,
  decodeObituary,
  Membership,
  type MembershipEvent,
  type MembershipOutput,
  OBITUARY_LEAD,
} from "@meshwork/protocol";
import { MovingTimer } from "../core/moving-timer.js";
import type { LanePacket } from "./packets.js";
import { ProbeLanes } from "./probe-lanes.js";
import { Reach } from "./reach.js";
import type { SimNode } from "./sim-node.js";
import { SyncLanes } from "./sync-lanes.js";

const VERSION = "0.1.0";

export interface SimMembershipOptions {
  readonly mesh: string;
  readonly gossipIntervalMs?: number;
  readonly stalenessMs?: number;
  /** To break a rule on purpose, so that a judge can be seen to notice: false, and the node never sees it, or never does it. */
  readonly spoil?: {
    readonly event?: (event: MembershipEvent, self: string) => boolean;
    readonly output?: (output: MembershipOutput, self: string) => boolean;
  };
}

export class MembershipDriver {
  readonly machine: Membership;
  readonly #node: SimNode;
  readonly #spoil: SimMembershipOptions["spoil"];
  readonly #sync: SyncLanes;
  readonly #probes: ProbeLanes;
  readonly #reach: Reach;
  /** Peers that healing dials. */
  readonly #dialling = new Set<number>();
  readonly #timer: MovingTimer;

  constructor(node: SimNode, options: SimMembershipOptions) {
    const { host, cluster, index } = node;
    const { mesh, stalenessMs, gossipIntervalMs, spoil } = options;
    this.#node = node;
    this.#spoil = spoil;
    this.machine = new Membership({
      mesh,
      self: node.id,
      role: "member",
      hash: cluster.crypto.plainHash,
      random: host.random.next,
      verify: (id, message, signature) => cluster.crypto.verify(id, message, signature),
      lastHeardMs: (peer) => node.lastHeardMs(peer),
      decode: cluster.records.decode,
      stalenessMs,
      gossipIntervalMs,
      own: {
        bootNonce: Buffer.from(host.random.bytes(8)).toString("hex"),
        generation: cluster.nextGeneration(index),
        nextGeneration: (atLeast) => cluster.nextGeneration(index, atLeast),
        describe: () => ({
          type: "sim",
          addresses: [cluster.addresses.get(index) ?? `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:4433`],
          version: VERSION,
          startedAtMs: host.life,
          neighbors: node.neighbors(),
          cpuBudgetCores: 1,
          ramBudgetBytes: 1_073_741_824,
          framesSent: cluster.network.traffic[index]!.sentFrames,
          framesReceived: 0,
        }),
        sign: (message) => cluster.keysOf(index).sign(message),
        unpublishable: (error) => {
          throw error;
        },
      },
    });
    this.#sync = new SyncLanes(node, this);
    this.#probes = new ProbeLanes(node, (event) => this.tell(event));
    this.#reach = new Reach(node);
    this.#timer = new MovingTimer(host, () => this.tell({ kind: "tick" }));
  }

  get directory(): Directory {
    return this.machine.directory;
  }

  get generation(): number {
    return this.machine.version.generation;
  }

  sizes(): Record<string, number> {
    return { ...this.machine.sizes(), ...this.#sync.sizes(), ...this.#probes.sizes(), tries: this.#reach.size };
  }

  /** `seeds`: where the mesh was found, as of the real node's configuration. */
  start(seeds: readonly number[]): void {
    this.tell({ kind: "boot" });
    const targets = seeds.map((seed) => ({ id: this.#node.cluster.idOf(seed), addresses: [] }));
    if (targets.length > 0) this.tell({ kind: "seeds", targets });
  }

  tell(event: MembershipEvent): void {
    if (this.#spoil?.event?.(event, this.#node.id) === false) return;
    const { outputs, nextAtMs } = this.machine.handle(event, this.#node.host.now());
    this.#timer.set(nextAtMs);
    for (const output of outputs) {
      if (this.#spoil?.output?.(output, this.#node.id) !== false) this.#carryOut(output);
    }
  }

  heard(peer: number): void {
    this.#reach.heard(peer);
  }

  onPacket(from: number, lane: number, packet: LanePacket): void {
    if (packet.kind === "sync") this.#sync.onFrame(from, lane, packet.frame, packet.opens);
    else if (packet.kind === "sync-end") this.#sync.onPeerEnd(from, lane);
    else this.#probes.onFrame(from, lane, packet.frame);
  }

  onConnected(peer: number): void {
    this.#sync.onConnected(peer);
    if (!this.#dialling.delete(peer)) return;
    this.tell({ kind: "contacted", peer: this.#node.cluster.idOf(peer), shared: true });
  }

  onDialFailed(peer: number): void {
    this.#sync.onDialFailed(peer);
    this.#probes.peerLost(peer);
    if (!this.#dialling.delete(peer)) return;
    this.tell({ kind: "dial-failed", peer: this.#node.cluster.idOf(peer) });
  }

  /** No connection is left. Comes before gossip hears of it. */
  peerLost(peer: number): void {
    this.tell({ kind: "peer-lost", peer: this.#node.cluster.idOf(peer) });
    this.restarted(peer);
  }

  /** What was under way with the peer's former life is over. */
  restarted(peer: number): void {
    this.#sync.peerLost(peer);
    this.#probes.peerLost(peer);
  }

  #carryOut(output: MembershipOutput): void {
    const node = this.#node;
    const { cluster } = node;
    switch (output.kind) {
      case "broadcast":
        if (output.content[0] === OBITUARY_LEAD) cluster.watch.obituary?.(node.index, decodeObituary(output.content));
        if (cluster.handOver?.record(node, output.content) !== true) node.broadcast(output.content);
        break;
      case "ping":
        node.ping(cluster.indexOf(output.peer), output.dial);
        break;
      case "ask":
        this.#probes.ask(output.ask, cluster.indexOf(output.helper), output.accusation, output.budgetMs);
        break;
      case "try": {
        const { attempt, peer, budgetMs } = output;
        this.#reach.try(cluster.indexOf(peer), budgetMs, (heardAgoMs) =>
          this.tell({ kind: "tried", attempt, heardAgoMs }),
        );
        break;
      }
      case "reply":
        this.#probes.reply(output.ask, output.reply);
        break;
      case "tell":
        this.#probes.tell(cluster.indexOf(output.peer), output.obituary);
        break;
      case "sync":
        if (cluster.handOver !== undefined) this.tell({ kind: "synced", peer: output.peer, ok: true, apart: 0 });
        else this.#sync.initiate(cluster.indexOf(output.peer));
        break;
      case "dial":
        this.#dial(output.target.id);
        break;
      case "join":
        node.handle({ kind: "join", peers: [output.peer], protectMs: output.protectMs });
        break;
      case "replenish":
        node.handle({ kind: "replenish", peers: output.peers });
        break;
      case "repair":
        node.handle({ kind: "repair", peer: output.peer });
        break;
      case "drop":
        node.handle({ kind: "drop", peer: output.peer });
        if (output.cut) node.disconnect(cluster.indexOf(output.peer));
        break;
      case "contacts":
        node.handle({ kind: "contacts", peers: output.peers });
        break;
      case "mismatch":
        throw new Error(`a contact of another mesh: ${output.peer}`);
      case "duplicate-identity":
        cluster.watch.duplicateIdentity?.(node.index);
        break;
      case "change":
        cluster.watch.change?.(node.index, output.change);
        break;
      default:
        output satisfies never;
    }
  }

  #dial(id: string): void {
    const { network } = this.#node.cluster;
    const peer = this.#node.cluster.indexOf(id);
    if (network.connected(this.#node.index, peer)) {
      this.tell({ kind: "contacted", peer: id, shared: true });
      return;
    }
    this.#dialling.add(peer);
    network.dial(this.#node.index, peer);
  }
}
