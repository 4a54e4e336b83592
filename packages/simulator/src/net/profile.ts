/**
 * What the network and the transport above it cost. Two profiles: the plain one of iroh-gossip's own simulator, for figures that
 * are compared with its; and QUIC as `packages/transport` uses it, for everything else.
 */
export interface NetProfile {
  /** One way, drawn once per pair of hosts, the same in both directions. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** Added to each packet, uniform in [0, this]. Reorders datagrams, never what is on one stream. */
  readonly jitterMs: number;
  /** Share of packets lost. On a stream that costs a retransmission, for a datagram it is the end. */
  readonly loss: number;
  /** Share of datagrams that come twice. */
  readonly duplication: number;
  /** `plain`: no connections to speak of, as in iroh-gossip's simulator (plain-network.ts). What follows is of `quic` only. */
  readonly transport: "plain" | "quic";
  /** Round trips until the dialler may send: QUIC's handshake and the hellos. */
  readonly handshakeRoundTrips: number;
  /** A dial that is not answered fails after this. */
  readonly dialTimeoutMs: number;
  /** Silence after which QUIC gives a connection up. */
  readonly idleTimeoutMs: number;
  /** How often an unused connection is kept alive: a cut is noticed up to this much earlier than `idleTimeoutMs` after it. */
  readonly keepAliveMs: number;
  /** A connection that nobody holds and nothing uses is closed after this. */
  readonly unusedCloseMs: number;
}

/** iroh 1.x below (keep-alive 5 s, idle time-out 30 s), the limits of `packages/transport` above (dials 5 s, unused 30 s). */
export const QUIC: NetProfile = {
  latencyMinMs: 10,
  latencyMaxMs: 50,
  jitterMs: 5,
  loss: 0,
  duplication: 0,
  transport: "quic",
  handshakeRoundTrips: 2,
  dialTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  keepAliveMs: 5_000,
  unusedCloseMs: 30_000,
};

/** iroh-gossip `proto/sim.rs`, as its tests set it: one latency per pair, no loss, no handshake. */
export const PLAIN: NetProfile = { ...QUIC, latencyMaxMs: 100, jitterMs: 0, transport: "plain" };
