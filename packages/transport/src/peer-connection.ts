/**
 * One connection to one peer, above the link: what is open on it, when it was last used, and whether it is being drained.
 * Policy lives elsewhere (`registry.ts` decides which connection stays); this is the bookkeeping that policy reads.
 *
 * Owner: the registry, from `add` until the link's `closed` has answered.
 */
import type { Hello } from "@meshwork/protocol";
import { BufferBudget } from "./buffer-budget.js";
import type { Clock, TimerHandle } from "./clock.js";
import { closeToken } from "./close-tokens.js";
import type { TransportLimits } from "./limits.js";
import type { LinkConnection } from "./link.js";

/** With no stream left on a draining connection: how long beyond two round trips until it is closed. */
const SETTLE_MS = 100;

/** So long QUIC's acknowledgements speak for a peer whose own code says nothing: a pong is asked for every four seconds. */
const QUIC_ALONE_MS = 6_000;

const PONG_EVERY_MS = 3_500;
/** Beats are a second apart. */
const SILENT_MS = 1_400;

export class PeerConnection {
  readonly link: LinkConnection;
  readonly peerId: string;
  readonly alpn: string;
  readonly direction: "inbound" | "outbound";
  /** Absent on `/iroh-gossip/1`. */
  readonly hello: Hello | undefined;
  readonly setUpAtMs: number;
  readonly budget: BufferBudget;
  /** Last frame of either direction; of probes, only the node's own questions. */
  lastUsedMs: number;
  lastHeardMs: number;
  violations = 0;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  #receivedPackets = 0;
  #acknowledgedMs = 0;
  #lookedAtMs = 0;
  #openStreams = 0;
  #gossipIn = 0;
  #gossipOut = 0;
  #probesIn = 0;
  #probesOut = 0;
  readonly #retireListeners = new Set<() => void>();
  #retired = false;
  #closing = false;
  #closed = false;
  #drain: { readonly code: number; readonly mayClose: () => boolean; deadline: TimerHandle } | undefined;
  #settle: TimerHandle | undefined;

  constructor(
    link: LinkConnection,
    hello: Hello | undefined,
    clock: Clock,
    limits: TransportLimits,
    buffers: BufferBudget,
  ) {
    this.link = link;
    this.peerId = link.remoteId;
    this.alpn = link.alpn;
    this.direction = link.direction;
    this.hello = hello;
    this.#clock = clock;
    this.#limits = limits;
    this.setUpAtMs = clock.now();
    this.lastUsedMs = this.setUpAtMs;
    this.lastHeardMs = this.setUpAtMs;
    this.#acknowledgedMs = this.setUpAtMs;
    this.#lookedAtMs = this.setUpAtMs;
    this.budget = new BufferBudget(limits.peerBufferBytes, buffers);
  }

  /** Streams other than gossip and probes, of either side: while there are any the connection is in use. */
  get openStreams(): number {
    return this.#openStreams;
  }

  get gossipIn(): number {
    return this.#gossipIn;
  }

  get probesIn(): number {
    return this.#probesIn;
  }

  /** A stream began or, with -1, ended. A draining connection waits for the last of them. */
  countStream(kind: "gossip-in" | "gossip-out" | "probe-in" | "probe-out" | "other", change: 1 | -1): void {
    if (kind === "gossip-in") this.#gossipIn += change;
    else if (kind === "gossip-out") this.#gossipOut += change;
    else if (kind === "probe-in") this.#probesIn += change;
    else if (kind === "probe-out") this.#probesOut += change;
    else this.#openStreams += change;
    this.#streamsChanged();
  }

  get retired(): boolean {
    return this.#retired;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Closed by us, or ended: not to be used for anything new. */
  get closing(): boolean {
    return this.#closing || this.#closed;
  }

  get draining(): boolean {
    return this.#drain !== undefined;
  }

  /** The id of the end that dialled. */
  dialledBy(ownId: string): string {
    return this.direction === "outbound" ? ownId : this.peerId;
  }

  /**
   * When the peer last gave a sign of life. Acknowledgements of QUIC count, as of the look before, for as long as the peer's own
   * code has spoken within `QUIC_ALONE_MS`: a process that stands still acknowledges nothing, one whose code is stuck does.
   */
  lifeMs(): number {
    const nowMs = this.#clock.now();
    const { receivedPackets } = this.link.stats();
    if (receivedPackets !== this.#receivedPackets) {
      this.#receivedPackets = receivedPackets;
      this.#acknowledgedMs = this.#lookedAtMs;
    }
    this.#lookedAtMs = nowMs;
    return nowMs - this.lastHeardMs > QUIC_ALONE_MS
      ? this.lastHeardMs
      : Math.max(this.lastHeardMs, this.#acknowledgedMs);
  }

  /** Whether an acknowledgement is not enough to go by: the peer is silent, or its own code has not spoken for a while. */
  needsPong(): boolean {
    const nowMs = this.#clock.now();
    return nowMs - this.lastHeardMs >= PONG_EVERY_MS || nowMs - this.lifeMs() >= SILENT_MS;
  }

  heard(): void {
    this.lastHeardMs = this.#clock.now();
  }

  used(): void {
    this.lastUsedMs = this.#clock.now();
  }

  idleSinceMs(): number {
    return this.#clock.now() - this.lastUsedMs;
  }

  close(code: number): void {
    this.#stopDrain();
    this.#closing = true;
    this.link.close(code, closeToken(code));
    this.retire();
  }

  /** Runs once, when this connection is replaced or gone. */
  onRetired(listener: () => void): () => void {
    if (this.#retired) {
      listener();
      return () => {};
    }
    this.#retireListeners.add(listener);
    return () => this.#retireListeners.delete(listener);
  }

  get retireListeners(): number {
    return this.#retireListeners.size;
  }

  /** No new streams of ours on it from now on; gossip streams finish. Whether anybody closes it is another matter. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    for (const listener of [...this.#retireListeners]) listener();
    this.#retireListeners.clear();
  }

  /** Back in service: the connection that was to replace it is gone. */
  revive(): void {
    this.#stopDrain();
    this.#retired = false;
  }

  /**
   * Retires it and closes it with `code` once its streams have ended, after `drainMs` at the latest; `mayClose` is asked then
   * (false where its replacement has died meanwhile).
   */
  drain(code: number, mayClose: () => boolean): void {
    if (this.#drain !== undefined || this.closing) return;
    const deadline = this.#clock.setTimer(() => this.#drained(), this.#limits.drainMs);
    this.#drain = { code, mayClose, deadline };
    this.retire();
    this.#streamsChanged();
  }

  /** With none left, close a moment later: a stream of the peer's may be on its way, and the last bytes unacknowledged. */
  #streamsChanged(): void {
    if (this.#drain === undefined || this.#closed) return;
    const open = this.#openStreams + this.#gossipIn + this.#gossipOut + this.#probesIn + this.#probesOut;
    if (open === 0) {
      const settleMs = Math.min(this.#limits.drainMs, SETTLE_MS + 2 * (this.link.rttMs() ?? 0));
      this.#settle ??= this.#clock.setTimer(() => this.#drained(), settleMs);
    } else if (this.#settle !== undefined) {
      this.#clock.clearTimer(this.#settle);
      this.#settle = undefined;
    }
  }

  #drained(): void {
    const drain = this.#drain;
    this.#stopDrain();
    if (drain === undefined || this.#closed) return;
    if (drain.mayClose()) this.close(drain.code);
    else this.revive();
  }

  #stopDrain(): void {
    if (this.#drain !== undefined) this.#clock.clearTimer(this.#drain.deadline);
    if (this.#settle !== undefined) this.#clock.clearTimer(this.#settle);
    this.#drain = undefined;
    this.#settle = undefined;
  }

  /** The link has ended. */
  gone(): void {
    this.#closed = true;
    this.budget.close();
    this.#stopDrain();
    this.retire();
  }
}
