/**
 * The one owner of connections. It closes what it supersedes, removes only the connection that it means, closes what has had
 * no use for a while, and caps connections per peer and in all.
 *
 * Invariants (asserted after each change):
 * 1. An entry exists exactly while its peer has a connection that has not ended.
 * 2. A connection sits in one entry, that of its own peer.
 * 3. `current` is the connection used for sending: never an ended one, and a retired one only where no other is left.
 *
 * Duplicates on `/meshwork/1` (design, "Transport"). Same pair of boot nonces, dialled from both sides, within 2 s:
 * a simultaneous dial; the one dialled by the smaller id stays and only the smaller id closes the other, as `duplicate`,
 * after draining it. Otherwise the newer wins and the older is drained and closed as `superseded`; with a new boot nonce at
 * once, for the process behind the older is dead. The two ends may measure the 2 s differently, so within twice that span the
 * larger id leaves the closing to the smaller. On `/iroh-gossip/1` the newest is used for sending, and all are read until idle.
 */
import type { Clock, TimerHandle } from "./clock.js";
import type { TransportLimits } from "./limits.js";
import type { PeerConnection } from "./peer-connection.js";
import { ALPN_MESHWORK, CloseCode } from "./types.js";

interface PeerEntry {
  readonly connections: Set<PeerConnection>;
  current: PeerConnection;
}

/** `news`: the peer had no connection, or this one is of another process of it (new boot nonce). */
export type AddOutcome = "news" | "further" | "refused";

export class Registry {
  readonly #ownId: string;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #entries = new Map<string, PeerEntry>();
  /** Holds outlive connections: a held peer that is redialled is held again. Removed by their release. */
  readonly #holds = new Map<string, Set<symbol>>();
  #count = 0;
  #sweep: TimerHandle | undefined;

  constructor(ownId: string, clock: Clock, limits: TransportLimits) {
    this.#ownId = ownId;
    this.#clock = clock;
    this.#limits = limits;
  }

  get connectionCount(): number {
    return this.#count;
  }

  get peerCount(): number {
    return this.#entries.size;
  }

  get holdCount(): number {
    let count = 0;
    for (const holds of this.#holds.values()) count += holds.size;
    return count;
  }

  current(peerId: string): PeerConnection | undefined {
    const current = this.#entries.get(peerId)?.current;
    // Draining while current: it is being said goodbye to, and whoever wants the peer again dials again.
    return current === undefined || current.closing || current.draining ? undefined : current;
  }

  connections(peerId: string): readonly PeerConnection[] {
    return [...(this.#entries.get(peerId)?.connections ?? [])];
  }

  /** Of the peer's open connections, the latest. Asked several times a second for each neighbour: one connection costs nothing. */
  lastHeardMs(peerId: string): number | undefined {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return undefined;
    if (entry.connections.size === 1) return entry.current.closing ? undefined : entry.current.lifeMs();
    let latestMs: number | undefined;
    for (const connection of entry.connections) {
      if (connection.closing) continue;
      const lifeMs = connection.lifeMs();
      if (latestMs === undefined || lifeMs > latestMs) latestMs = lifeMs;
    }
    return latestMs;
  }

  *all(): IterableIterator<PeerConnection> {
    for (const entry of this.#entries.values()) yield* entry.connections;
  }

  peerIds(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** Takes the connection over, or closes it and answers `refused` where there is no room. */
  add(connection: PeerConnection): AddOutcome {
    if (this.#count >= this.#limits.maxConnections && !this.#evictIdle()) {
      connection.close(CloseCode.overCapacity);
      return "refused";
    }
    const entry = this.#entries.get(connection.peerId);
    if (entry === undefined) {
      this.#entries.set(connection.peerId, { connections: new Set([connection]), current: connection });
      this.#count += 1;
      this.#armSweep();
      return "news";
    }
    const before = entry.current;
    entry.connections.add(connection);
    this.#count += 1;
    this.#settleDuplicates(entry, connection);
    this.#capPeer(entry);
    this.#assert(entry);
    const isReborn = entry.current === connection && connection.hello?.bootNonce !== before.hello?.bootNonce;
    return isReborn ? "news" : "further";
  }

  #settleDuplicates(entry: PeerEntry, added: PeerConnection): void {
    if (added.alpn !== ALPN_MESHWORK) {
      // Foreign peers may send on either of two connections: read all, send on the newest, let the idle limit take the rest.
      if (entry.current.alpn !== ALPN_MESHWORK) entry.current = added;
      return;
    }
    const older = [...entry.connections].filter(
      (other) => other !== added && other.alpn === ALPN_MESHWORK && !other.closing,
    );
    let winner = added;
    for (const other of older) {
      if (other.hello?.bootNonce !== added.hello?.bootNonce) {
        other.close(CloseCode.superseded);
        continue;
      }
      if (other.retired) continue;
      if (this.#isSimultaneous(other, added)) {
        const [keep, drop] = this.#dialledBySmaller(other) ? [other, added] : [added, other];
        if (keep === other) winner = other;
        this.#retire(drop, keep, entry, CloseCode.duplicate, this.#isSmaller(other.peerId));
        continue;
      }
      // Dialled from both sides and near the border of the span: the other end may judge otherwise, so one end decides.
      const decided =
        other.direction === added.direction ||
        added.setUpAtMs - other.setUpAtMs > 2 * this.#limits.simultaneousMs ||
        this.#isSmaller(other.peerId);
      this.#retire(other, added, entry, CloseCode.superseded, decided);
    }
    entry.current = winner;
  }

  #isSmaller(peerId: string): boolean {
    return this.#ownId < peerId;
  }

  #dialledBySmaller(connection: PeerConnection): boolean {
    return (connection.direction === "outbound") === this.#isSmaller(connection.peerId);
  }

  #isSimultaneous(older: PeerConnection, newer: PeerConnection): boolean {
    return older.direction !== newer.direction && newer.setUpAtMs - older.setUpAtMs <= this.#limits.simultaneousMs;
  }

  #retire(loser: PeerConnection, winner: PeerConnection, entry: PeerEntry, code: number, close: boolean): void {
    if (close) loser.drain(code, () => entry.connections.has(winner) && !winner.closing);
    else loser.retire();
  }

  #capPeer(entry: PeerEntry): void {
    const excess = entry.connections.size - this.#limits.maxConnectionsPerPeer;
    if (excess <= 0) return;
    const candidates = [...entry.connections].filter((connection) => connection !== entry.current);
    for (const connection of candidates.slice(0, excess)) connection.close(CloseCode.overCapacity);
  }

  /** The link of exactly this connection has ended; others to the same peer are not touched. True when none is left. */
  remove(connection: PeerConnection): boolean {
    connection.gone();
    const entry = this.#entries.get(connection.peerId);
    if (entry === undefined || !entry.connections.delete(connection)) return false;
    this.#count -= 1;
    if (entry.connections.size === 0) {
      this.#entries.delete(connection.peerId);
      if (this.#count === 0) this.stop();
      return true;
    }
    if (entry.current === connection) entry.current = this.#successor(entry);
    this.#assert(entry);
    return false;
  }

  #successor(entry: PeerEntry): PeerConnection {
    const newestFirst = [...entry.connections].reverse();
    const open = newestFirst.filter((connection) => !connection.closing);
    const rest = open.length > 0 ? open : newestFirst;
    const chosen =
      rest.find((connection) => connection.alpn === ALPN_MESHWORK && !connection.retired) ??
      rest.find((connection) => !connection.retired) ??
      rest.find((connection) => connection.alpn === ALPN_MESHWORK) ??
      (rest[0] as PeerConnection);
    if (chosen.retired && !chosen.closing) chosen.revive();
    return chosen;
  }

  hold(peerId: string): () => void {
    const token = Symbol(peerId);
    const holds = this.#holds.get(peerId) ?? new Set();
    holds.add(token);
    this.#holds.set(peerId, holds);
    return () => {
      if (!holds.delete(token)) return;
      if (holds.size === 0 && this.#holds.get(peerId) === holds) this.#holds.delete(peerId);
      // The idle span counts from the release.
      this.#entries.get(peerId)?.current.used();
    };
  }

  isHeld(peerId: string): boolean {
    return this.#holds.has(peerId);
  }

  #isIdle(connection: PeerConnection, entry: PeerEntry): boolean {
    if (connection.draining || connection.closing) return false;
    if (entry.current === connection && this.#holds.has(connection.peerId)) return false;
    const limit = connection.openStreams > 0 ? this.#limits.idleWithStreamsMs : this.#limits.idleMs;
    return connection.idleSinceMs() >= limit;
  }

  #armSweep(): void {
    if (this.#sweep !== undefined) return;
    this.#sweep = this.#clock.setTimer(() => {
      this.#sweep = undefined;
      this.sweepIdle();
      if (this.#count > 0) this.#armSweep();
    }, this.#limits.idleMs / 6);
  }

  /** Closes every connection that has been idle for long enough. */
  sweepIdle(): void {
    for (const entry of [...this.#entries.values()]) {
      for (const connection of [...entry.connections]) {
        if (this.#isIdle(connection, entry)) connection.close(CloseCode.idle);
      }
    }
  }

  /** Room for a newcomer: the longest unused connection that nobody holds and nothing is open on. */
  #evictIdle(): boolean {
    let victim: PeerConnection | undefined;
    for (const entry of this.#entries.values()) {
      for (const connection of entry.connections) {
        if (connection.closing || connection.openStreams > 0 || this.#holds.has(connection.peerId)) continue;
        if (victim === undefined || connection.lastUsedMs < victim.lastUsedMs) victim = connection;
      }
    }
    if (victim === undefined || victim.idleSinceMs() < this.#limits.idleMs / 6) return false;
    victim.close(CloseCode.overCapacity);
    return true;
  }

  #assert(entry: PeerEntry): void {
    if (!entry.connections.has(entry.current)) throw new Error("registry: current is not among the connections");
  }

  stop(): void {
    if (this.#sweep !== undefined) this.#clock.clearTimer(this.#sweep);
    this.#sweep = undefined;
  }
}
