/**
 * The face of the transport: peers instead of connections. Everything that dials, accepts, supersedes, caps and closes is
 * behind it (`registry.ts`, `dialer.ts`, `transport.ts`); other rooms name a peer by its id and never hold a connection.
 */
import type { Hello } from "@meshwork/protocol";

export const ALPN_MESHWORK = "/meshwork/1";
export const ALPN_GOSSIP = "/iroh-gossip/1";

/** First byte of every stream (and datagram) on `/meshwork/1`. 0x80 and up are free for extensions. */
export const StreamTag = {
  gossip: 0x01,
  probe: 0x02,
  sync: 0x03,
  stats: 0x04,
  telemetry: 0x05,
  request: 0x10,
  message: 0x11,
  stream: 0x12,
} as const;

/** Application codes of connection closes and stream resets; the token is what travels as reason. */
export const CloseCode = {
  shutdown: 0,
  duplicate: 1,
  superseded: 2,
  idle: 3,
  probeTimeout: 4,
  protocolViolation: 5,
  overCapacity: 6,
  helloTimeout: 7,
  meshMismatch: 8,
  unknownTag: 9,
  disconnect: 10,
  stalled: 11,
} as const;

export interface TransportCounters {
  /** Frames and bytes by kind since start; a frame counts once, when it is handed to / taken from the wire. */
  readonly sent: Readonly<Record<FrameKind, { frames: number; bytes: number }>>;
  readonly received: Readonly<Record<FrameKind, { frames: number; bytes: number }>>;
  readonly connectionsOpened: Readonly<Record<"inbound" | "outbound", number>>;
  /** By reason token (bounded: the fixed tokens of CloseCode, `timeout`, `lost`, `peer`). */
  readonly connectionsClosed: Readonly<Record<string, number>>;
  readonly dialsFailed: number;
  /** Pings (not probes, which fail by themselves) that were not answered when the next was sent. */
  readonly pingsUnanswered: number;
  readonly unknownTags: number;
  /** Streams of peers' beyond the number that a connection may have open (probes, gossip topics). */
  readonly refusedStreams: number;
  readonly droppedFrames: number;
  /** Times a peer broke the protocol; each came with a `violation` event. */
  readonly violations: number;
}
export type FrameKind =
  | "gossip"
  | "probe"
  | "sync"
  | "stats"
  | "telemetry"
  | "request"
  | "message"
  | "stream"
  | "hello";

export interface PeerInfo {
  readonly id: string;
  /** What the peer said of itself; absent for peers on `/iroh-gossip/1`. */
  readonly hello: Hello | undefined;
  readonly alpn: string;
  readonly direction: "inbound" | "outbound";
  readonly path: { readonly address: string; readonly kind: "direct" | "relay" } | undefined;
  readonly rttMs: number | undefined;
  readonly connectedAtMs: number;
  /** Monotonic time of the last byte of any kind from this peer. */
  readonly lastHeardMs: number;
  readonly connections: number;
}

export type TransportEvent =
  | { readonly kind: "peer-connected"; readonly peer: PeerInfo; readonly atMs: number }
  /** No connection to that peer is left. Never for a connection that was superseded or a duplicate. */
  | { readonly kind: "peer-lost"; readonly peerId: string; readonly reason: string; readonly atMs: number }
  | { readonly kind: "connection-closed"; readonly peerId: string; readonly reason: string; readonly atMs: number }
  | {
      readonly kind: "gossip";
      readonly peerId: string;
      readonly topic: Uint8Array;
      readonly frame: Uint8Array;
      readonly atMs: number;
    }
  /** A ping came in, by datagram or stream: the peer watches a link to us. */
  | { readonly kind: "probed"; readonly peerId: string; readonly atMs: number }
  /** A ping of ours was answered. */
  | { readonly kind: "pong"; readonly peerId: string; readonly rttMs: number; readonly atMs: number }
  | { readonly kind: "dial-failed"; readonly peerId: string; readonly code: string; readonly atMs: number }
  | { readonly kind: "violation"; readonly peerId: string; readonly what: string; readonly atMs: number };

/** An inbound stream of a tag that has a handler. `send` is absent on unidirectional streams. */
export interface InboundStream {
  readonly peerId: string;
  readonly tag: number;
  readonly recv: FramedReader;
  readonly send: FramedWriter | undefined;
}

/** Length-prefixed frames over a receive stream, read in bulk. */
export interface FramedReader {
  /** Next frame, or `null` at the clean end. Rejects with a typed error on truncation, oversize, reset or loss. */
  next(): Promise<Uint8Array | null>;
  stop(code: number): void;
}

/** Length-prefixed frames over a send stream: one queue, bounded in bytes, frames that wait together go out in one write. */
export interface FramedWriter {
  /** Resolves when the frame was handed to QUIC; awaiting it is back-pressure. Rejects with `overloaded` above the bound. */
  write(frame: Uint8Array): Promise<void>;
  /** As `write`, but false at once when the queue is full. Never waits. */
  tryWrite(frame: Uint8Array): boolean;
  readonly queuedBytes: number;
  /** True once nothing more will be written: finished, reset, or its connection is gone. */
  readonly ended: boolean;
  finish(): Promise<void>;
  reset(code: number): void;
}

export interface BiChannel {
  readonly peerId: string;
  readonly send: FramedWriter;
  readonly recv: FramedReader;
  /**
   * True once the connection below is being replaced by a better one (it is cut when its streams end, after 2 s at the latest)
   * or is gone. Open another channel for what comes next; what is under way may finish here.
   */
  readonly retired: boolean;
  /** Runs `listener` once when `retired` becomes true; at once where it is. */
  onRetired(listener: () => void): void;
}

export interface Transport {
  readonly id: string;
  readonly counters: TransportCounters;
  boundAddresses(): readonly string[];
  /** Begins to accept, where that was left open at creation. Idempotent. */
  start(): void;
  /** Remembers where a peer may be reached (bounded, newest first, at most 8 per peer). */
  learnAddresses(peerId: string, addresses: readonly string[]): void;
  knownAddresses(peerId: string): readonly string[];
  /** Of whom addresses are remembered. */
  knownPeers(): readonly string[];
  /** For peers that nobody will dial again; otherwise entries leave by the bound alone. */
  forgetAddresses(peerId: string): void;
  /** The live peer, dialling where there is none. Concurrent calls share one dial. Does not retry. */
  connect(peerId: string, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<PeerInfo>;
  peer(peerId: string): PeerInfo | undefined;
  isConnected(peerId: string): boolean;
  /**
   * Monotonic time of the last sign of life on the open connections to this peer; undefined without one. A byte of any kind, or an
   * acknowledgement of QUIC as of the question before this one.
   */
  lastHeardMs(peerId: string): number | undefined;
  peers(): readonly PeerInfo[];
  /** Keeps the connection to this peer from being closed as idle while any hold is open. Returns the release. */
  hold(peerId: string, why: string): () => void;
  /** Closes all connections to this peer. */
  disconnect(peerId: string, code: number): void;
  /**
   * Queues one gossip frame for (peer, topic), dialling where needed; frames wait for the dial (bounded). A peer whose queue
   * stands still for the stall limit is dropped. `final`: the frame is a Disconnect, the stream is finished after it.
   */
  sendGossip(peerId: string, topic: Uint8Array, frame: Uint8Array, final: boolean): void;
  /** With the tag of probes: for the node's own question or notice, see `handleStreams`. */
  openBi(peerId: string, tag: number): Promise<BiChannel>;
  openUni(peerId: string, tag: number): Promise<FramedWriter>;
  /**
   * Exactly one handler per tag; streams of other tags are reset with `unknownTag` and counted. A handler that throws or
   * rejects loses its stream (both halves are ended); failures of the stream itself (`LinkError`, `DecodeError`, `MeshError`)
   * are expected there and go no further, anything else surfaces as an uncaught exception.
   *
   * Of probe streams the handler gets those whose first frame is of kind 2 or more. Such a stream is for one question and one
   * answer: frames of at most MAX_PROBE_FRAME_BYTES, and whatever of it is open after 10 s is ended with `stalled`, whichever
   * side opened it.
   */
  handleStreams(tag: number, handler: (stream: InboundStream) => void | Promise<void>): void;
  /** Sends a probe datagram (or a frame where datagrams do not fit) and resolves with the round trip in ms. */
  probe(peerId: string, timeoutMs: number): Promise<number>;
  /**
   * Sends a ping that nobody waits for: its pong moves `lastHeardMs` and comes as an event, its absence as nothing. False without
   * a connection.
   */
  ping(peerId: string): boolean;
  /**
   * Says that we watch this peer (`probed` there) and brings a sign of its life (`lastHeardMs` here), by as little as it takes:
   * QUIC's acknowledgement while the peer is well, a ping where it was silent, and one every four seconds, which its own code has
   * to answer. False without a connection.
   */
  beat(peerId: string): boolean;
  /** Sizes of every collection the transport owns, by name. */
  sizes(): Readonly<Record<string, number>>;
  onEvent(listener: (event: TransportEvent) => void): () => void;
  /** The hello that new connections open with. */
  setHello(hello: Hello): void;
  close(reason?: string): Promise<void>;
}
