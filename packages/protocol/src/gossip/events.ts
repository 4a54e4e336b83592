/**
 * What goes into and comes out of the gossip state machines. Everything is data: timers are emitted and come back as inputs,
 * randomness, hash and time are handed in. The driver (the node, or the simulator) owns sockets, clocks and connections.
 */
import type { GossipScope, TopicMessage } from "../wire/gossip-codec.js";

/** Timers of one topic. The driver keeps them as data and hands them back when due. */
export type GossipTimer =
  | { readonly kind: "shuffle" }
  | { readonly kind: "neighbor-request"; readonly peer: string }
  | { readonly kind: "send-ihave" }
  | { readonly kind: "graft"; readonly messageId: string }
  | { readonly kind: "evict-cache" }
  /** Ours: re-sends Join while the topic has no neighbour (back-off), and re-joins known peers when isolated. A token that is not the newest is ignored. */
  | { readonly kind: "join-retry"; readonly token: number };

/** What may differ from topic to topic; taken from the join that makes the topic, ignored in later ones. */
export interface TopicOptions {
  /** Fewer neighbours than the configuration's: an observer takes 2. */
  readonly activeViewCapacity?: number;
}

export type GossipInput =
  /** Join the swarm through these peers; remembered as contacts for retries (bounded). The first join of a topic makes it, with `options`. */
  | {
      readonly kind: "join";
      readonly peers: readonly string[];
      readonly options?: TopicOptions;
      /** Healing contacts: not evicted for so long, once they are neighbours. */
      readonly protectMs?: number;
    }
  /** The failure detector's finding that one end alone holds the link to this peer: asks it anew, or says goodbye. */
  | { readonly kind: "repair"; readonly peer: string }
  /** Members that may become neighbours, for a view that has too few. */
  | { readonly kind: "replenish"; readonly peers: readonly string[] }
  /** Gives the link up, whichever ends hold it; the peer stays a candidate. */
  | { readonly kind: "drop"; readonly peer: string }
  | { readonly kind: "message"; readonly from: string; readonly message: TopicMessage }
  /** No connection to this peer is left, or a dial failed. */
  | { readonly kind: "peer-lost"; readonly peer: string }
  | { readonly kind: "timer"; readonly timer: GossipTimer }
  | { readonly kind: "broadcast"; readonly content: Uint8Array; readonly scope: GossipScope["kind"] }
  /** Our own PeerData changed. */
  | { readonly kind: "own-data"; readonly data: Uint8Array | undefined }
  /** More contacts for re-joining (seeds, members of the directory). Sends nothing while there are neighbours. */
  | { readonly kind: "contacts"; readonly peers: readonly string[] }
  | { readonly kind: "quit" };

export type GossipOutput =
  | { readonly kind: "send"; readonly to: string; readonly message: TopicMessage }
  | { readonly kind: "schedule"; readonly afterMs: number; readonly timer: GossipTimer }
  /** This topic has no more use for the peer (rule 10/11/18). The router closes only when no topic has. */
  | { readonly kind: "disconnect-peer"; readonly peer: string }
  | { readonly kind: "neighbor-up"; readonly peer: string }
  | { readonly kind: "neighbor-down"; readonly peer: string }
  | {
      readonly kind: "received";
      readonly content: Uint8Array;
      /** Previous hop, not the author. `scope.round` is the number of hops before it: 0 when it is the author. */
      readonly deliveredFrom: string;
      readonly scope: GossipScope;
    }
  | { readonly kind: "peer-data"; readonly peer: string; readonly data: Uint8Array };

/** An output of the router: the topic's output with its topic (64 hex digits of the 32-byte id). */
export interface RoutedOutput {
  readonly topic: string;
  readonly output: GossipOutput;
}
