/**
 * Every bound of the transport in one place, each with its unit and where it comes from. Tests and unusual deployments hand
 * in a part of it; nothing else in the package holds a number of its own.
 */
export interface TransportLimits {
  /** A dial is given up after this long (the binding's own limit is 30 s). Design, "Transport". */
  readonly dialTimeoutMs: number;
  /** Both hellos must be through by then. */
  readonly helloTimeoutMs: number;
  readonly helloMaxBytes: number;
  /** Handshakes whose hello is under way; newcomers beyond are closed. */
  readonly maxPendingHellos: number;
  /** Two connections with one pair of boot nonces set up within this are one simultaneous dial. */
  readonly simultaneousMs: number;
  /** How long a connection that lost to another may finish its streams. */
  readonly drainMs: number;
  readonly maxConnectionsPerPeer: number;
  readonly maxConnections: number;
  /** A connection without holds and frames is closed after this long … */
  readonly idleMs: number;
  /** … or this long, while a stream other than gossip and probes is open on it. */
  readonly idleWithStreamsMs: number;
  /** A peer whose queue stands still this long is dropped. */
  readonly stallMs: number;
  /** Bytes that may wait in one stream's queue. */
  readonly streamQueueBytes: number;
  /** Largest frame on streams other than gossip. */
  readonly maxFrameBytes: number;
  /** iroh-gossip's DEFAULT_MAX_MESSAGE_SIZE; not negotiated. */
  readonly maxGossipFrameBytes: number;
  /** Bytes of unfinished frames that one peer may make us hold, all streams together. */
  readonly peerBufferBytes: number;
  /** The same for all peers together. */
  readonly totalBufferBytes: number;
  /** Gossip frames and bytes that wait for one dial. */
  readonly dialQueueFrames: number;
  readonly dialQueueBytes: number;
  /** Gossip streams that one connection may have open towards us, and we towards it. */
  readonly maxGossipTopics: number;
  /** Probe streams that one connection may have open towards us: twice what a node has under way with all its peers. */
  readonly maxProbeStreams: number;
  /** Frames per probe stream and direction. The protocol has one; the rest is room for kinds to come. */
  readonly maxProbeFrames: number;
  /** A probe stream is ended after this long: twice the 4.5 s that an answer may take, and the opening. */
  readonly probeStreamMs: number;
  /** A stream's first frame (topic header, first bytes) must be in by then. */
  readonly headerTimeoutMs: number;
  /** Opening a stream waits this long for the peer's stream limit. */
  readonly openTimeoutMs: number;
  /** After so many violations a connection is closed. */
  readonly maxViolationsPerConnection: number;
  /** How long an id is remembered to speak only `/iroh-gossip/1`, and how many are. */
  readonly foreignMemoryMs: number;
  readonly maxForeign: number;
  readonly maxKnownPeers: number;
  readonly maxAddressesPerPeer: number;
  readonly maxPendingProbes: number;
  readonly closeMs: number;
}

export const DEFAULT_LIMITS: TransportLimits = {
  dialTimeoutMs: 5_000,
  helloTimeoutMs: 5_000,
  helloMaxBytes: 4_096,
  maxPendingHellos: 256,
  simultaneousMs: 2_000,
  drainMs: 2_000,
  maxConnectionsPerPeer: 4,
  maxConnections: 1_024,
  idleMs: 30_000,
  idleWithStreamsMs: 300_000,
  stallMs: 5_000,
  streamQueueBytes: 1 << 20,
  maxFrameBytes: 4 << 20,
  maxGossipFrameBytes: 4_096,
  peerBufferBytes: 16 << 20,
  totalBufferBytes: 64 << 20,
  dialQueueFrames: 256,
  dialQueueBytes: 256 << 10,
  maxGossipTopics: 256,
  maxProbeStreams: 128,
  maxProbeFrames: 16,
  probeStreamMs: 10_000,
  headerTimeoutMs: 5_000,
  openTimeoutMs: 5_000,
  maxViolationsPerConnection: 100,
  foreignMemoryMs: 600_000,
  maxForeign: 1_024,
  maxKnownPeers: 32_768,
  maxAddressesPerPeer: 8,
  maxPendingProbes: 1_024,
  closeMs: 2_000,
};
