/**
 * One topic: HyParView and Plumtree, the first feeding the second (RT4), and the join retry above both.
 *
 * Owner: GossipRouter; made by the first local join, dropped after quit.
 */

import type { TopicMessage } from "../wire/gossip-codec.js";
import type { GossipConfig } from "./config.js";
import type { GossipInput, GossipOutput, GossipTimer } from "./events.js";
import { HyParView } from "./hyparview.js";
import { JoinRetry } from "./join-retry.js";
import { type PeerRtt, Plumtree } from "./plumtree.js";

export interface TopicStateOptions {
  readonly self: string;
  readonly config: GossipConfig;
  readonly random: () => number;
  readonly hash: (content: Uint8Array) => Uint8Array;
  readonly ownData: Uint8Array | undefined;
  readonly rttMs: PeerRtt;
}

export class TopicState {
  readonly swarm: HyParView;
  readonly tree: Plumtree;
  readonly #retry: JoinRetry;
  readonly #self: string;

  constructor(options: TopicStateOptions) {
    this.#self = options.self;
    this.swarm = new HyParView(options);
    this.tree = new Plumtree(options);
    this.#retry = new JoinRetry(options.config, options.random);
  }

  sizes(): Record<string, number> {
    return {
      active: this.swarm.active.size,
      passive: this.swarm.passive.size,
      contacts: this.#retry.contacts.size,
      ...this.swarm.sizes(),
      ...this.tree.sizes(),
    };
  }

  /** Appends what is to be done to `out`. Throws `MESH_E_BROADCAST_TOO_LARGE` (see Plumtree). */
  handle(input: GossipInput, nowMs: number, out: GossipOutput[]): void {
    const first = out.length;
    switch (input.kind) {
      case "join":
        for (const peer of input.peers) {
          if (peer === this.#self) continue; // ID1
          this.#retry.contacts.addSeed(peer);
          this.swarm.handle({ kind: "join", peer, protectMs: input.protectMs }, nowMs, out);
        }
        break;
      case "replenish":
        this.swarm.handle(input, nowMs, out);
        break;
      case "repair":
      case "drop":
        if (input.peer !== this.#self) this.swarm.handle(input, nowMs, out);
        break;
      case "contacts":
        for (const peer of input.peers) if (peer !== this.#self) this.#retry.contacts.addKnown(peer);
        break;
      case "message":
        if (input.from !== this.#self) this.#onMessage(input.from, input.message, nowMs, out);
        break;
      case "peer-lost":
        this.swarm.handle(input, nowMs, out);
        this.tree.handle({ kind: "neighbor-down", peer: input.peer }, nowMs, out); // RT4
        break;
      case "timer":
        this.#onTimer(input.timer, nowMs, out);
        break;
      case "broadcast":
        this.tree.handle(input, nowMs, out);
        break;
      case "own-data":
        this.swarm.handle(input, nowMs, out);
        break;
      case "quit":
        this.tree.handle(input, nowMs, out); // PT10: before the Disconnects
        this.swarm.handle(input, nowMs, out);
        return;
    }
    this.#feedTree(first, nowMs, out);
    this.#retry.evaluate(this.swarm.active.size, out);
  }

  #onMessage(from: string, message: TopicMessage, nowMs: number, out: GossipOutput[]): void {
    switch (message.kind) {
      case "gossip":
      case "prune":
      case "graft":
      case "ihave":
        this.tree.handle({ kind: "message", from, message }, nowMs, out);
        break;
      default:
        this.swarm.handle({ kind: "message", from, message }, nowMs, out);
        if (message.kind === "disconnect" && !message.alive) this.#retry.contacts.forgetKnown(from);
    }
  }

  #onTimer(timer: GossipTimer, nowMs: number, out: GossipOutput[]): void {
    switch (timer.kind) {
      case "shuffle":
        this.swarm.handle({ kind: "shuffle-timer" }, nowMs, out);
        break;
      case "neighbor-request":
        this.swarm.handle({ kind: "neighbor-request-timer", peer: timer.peer }, nowMs, out);
        break;
      case "send-ihave":
        this.tree.handle({ kind: "ihave-timer" }, nowMs, out);
        break;
      case "graft":
        this.tree.handle({ kind: "graft-timer", messageId: timer.messageId }, nowMs, out);
        break;
      case "evict-cache":
        this.tree.handle({ kind: "evict-timer" }, nowMs, out);
        break;
      case "join-retry": {
        const peers = this.#retry.fire(timer.token);
        if (peers.length > 0) this.swarm.handle({ kind: "rejoin", peers }, nowMs, out);
        break;
      }
    }
  }

  /** RT4. Former neighbours are remembered as contacts. */
  #feedTree(first: number, nowMs: number, out: GossipOutput[]): void {
    const end = out.length;
    for (let index = first; index < end; index++) {
      const output = out[index]!;
      if (output.kind !== "neighbor-up" && output.kind !== "neighbor-down") continue;
      this.tree.handle(output, nowMs, out);
      if (output.kind === "neighbor-up") this.#retry.contacts.addKnown(output.peer);
    }
  }
}
