/** The transport as the nodes of a run see it, and what it sees of them. Two makes: `network.ts` (QUIC) and `plain-network.ts`. */
import type { Host } from "../core/host.js";
import type { Paths } from "./paths.js";

/** `closed`: the other end said so; `reset`: it has given the connection up before; `timeout`: nothing was heard for the idle limit. */
export type LossReason = "closed" | "reset" | "timeout";

/** What runs on a host. Peers are named by host index. */
export interface Program {
  onFrame(from: number, lane: number, payload: unknown): void;
  onDatagram(from: number, payload: unknown): void;
  /** A connection is there. `life` tells whether the peer is the process it was. */
  onConnected(peer: number, life: number): void;
  /** No connection to the peer is left. */
  onLost(peer: number, why: LossReason): void;
  onDialFailed(peer: number): void;
  /** Whether the program needs the connection to be kept. */
  holds(peer: number): boolean;
}

/** Frames and application bytes of one host, since the run began. */
export interface Traffic {
  sentFrames: number;
  sentBytes: number;
  receivedBytes: number;
}

export interface Net {
  readonly paths: Paths;
  readonly traffic: readonly Traffic[];
  /** The driver disconnects a released peer at once (iroh-gossip's) or leaves it to idleness (ours). */
  readonly closesOnRelease: boolean;
  readonly connectionsOpened: number;
  attach(host: Host): void;
  /** Starts a life of the host with this program. */
  start(index: number, program: Program): void;
  /** Ends the life without a word. */
  kill(index: number): void;
  /** Closes everything with a reason that the peers hear, then ends the life. */
  stop(index: number): void;
  freeze(index: number): void;
  thaw(index: number): void;
  connected(index: number, peer: number): boolean;
  /** The round trip as the transport at this end knows it: from the handshake on, without what is broken now. */
  rttMs(index: number, peer: number): number | undefined;
  /** Connects where there is no connection; `onConnected` or `onDialFailed` follows. */
  dial(from: number, to: number): void;
  /** Queues one frame on a lane, dialling where there is no connection. Never fails at once. */
  send(from: number, to: number, lane: number, payload: unknown, bytes: number): void;
  /** As `send`, where a connection is there already; false where there is none. */
  sendConnected(from: number, to: number, lane: number, payload: unknown, bytes: number): boolean;
  /** False where there is no connection. Lost, late, reordered or doubled as the path has it. */
  datagram(from: number, to: number, payload: unknown, bytes: number): boolean;
  /** Both directions of a finished stream are forgotten. */
  endLane(from: number, peer: number, lane: number): void;
  /** Closes this end's connection; what was sent before still arrives. The peer hears of it, the closing end does not. */
  close(index: number, peer: number): void;
  sizes(): Record<string, number>;
}
