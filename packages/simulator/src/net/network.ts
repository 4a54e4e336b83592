/**
 * The network of a run, and the transport as the nodes see it: peers instead of connections, one connection per pair, dials that
 * cost round trips and fail, streams that keep order, datagrams that do not.
 *
 * - A killed process says nothing: its peers' QUIC gives up after the idle time-out. A new life of it is known by its first
 *   connection, and replaces the old one.
 * - A path that is cut is silence, too. Each end gives up for itself; a frame to an end that has given up is answered with a
 *   reset, one that reaches another life is not answered.
 * - Two dials at the same time end as one connection (what the transport's registry settles is not modelled frame by frame).
 * Owner: the scenario. Connections end by loss, closing, or being unused; waiting frames are bounded per dial.
 */
import type { Host } from "../core/host.js";
import type { World } from "../core/world.js";
import { Connection, type Frame, type Lane } from "./connection.js";
import type { LossReason, Net, Program, Traffic } from "./net.js";
import { Arrival, DatagramArrival, DialAttempt, DialFailure, Loss, Ready, Retry } from "./network-tasks.js";
import { INITIAL_PTO_MS, Paths } from "./paths.js";
import type { NetProfile } from "./profile.js";

/** The transport's `dialQueueFrames`. */
const DIAL_QUEUE_FRAMES = 256;
const SCAN_INTERVAL_MS = 1_000;
/** After the last change of a fault, connections that noticed it are gone by then: idle time-out twice, and room. */
const SCAN_AFTER_MS = 75_000;
const SWEEP_INTERVAL_MS = 10_000;
const CLOSE_AFTER_MS = 0.001;
const FOLD = { frame: 2, datagram: 3, ready: 4, lost: 5, dialFailed: 6 } as const;

interface Dial {
  readonly life: number;
  readonly frames: { readonly lane: number; readonly frame: Frame }[];
}

interface Attached {
  readonly host: Host;
  program: Program | undefined;
  /** The connection that this end has, by peer. */
  readonly connections: Map<number, Connection>;
  readonly dials: Map<number, Dial>;
}

export class Network implements Net {
  readonly world: World;
  readonly paths: Paths;
  readonly profile: NetProfile;
  readonly traffic: Traffic[] = [];
  /** As `packages/node` does it: a released peer's connection is closed when it has been unused. */
  readonly closesOnRelease = false;
  connectionsOpened = 0;
  droppedFrames = 0;
  readonly #attached: Attached[] = [];
  /** All connections are looked at until then; after that, those of `#silent` alone. */
  #scanUntilMs = 0;
  /** Hosts that are frozen or gone, or were when they were last looked at, or left a connection that waits for its time-out. */
  readonly #silent = new Set<number>();
  #scanning = false;

  constructor(world: World, profile: NetProfile) {
    this.world = world;
    this.profile = profile;
    this.paths = new Paths(world, profile, () => {
      this.#scanUntilMs = this.world.nowMs + SCAN_AFTER_MS;
      this.#watchForSilence();
    });
    world.every(SWEEP_INTERVAL_MS, () => this.#sweep());
  }

  attach(host: Host): void {
    this.#attached[host.index] = { host, program: undefined, connections: new Map(), dials: new Map() };
    this.traffic[host.index] = { sentFrames: 0, sentBytes: 0, receivedBytes: 0 };
  }

  /** Starts a life of the host with this program. */
  start(index: number, program: Program): void {
    const end = this.#end(index);
    end.host.start();
    end.program = program;
    end.connections.clear();
    end.dials.clear();
  }

  /** Ends the life without a word. */
  kill(index: number): void {
    const end = this.#end(index);
    if (!end.host.up) return;
    end.host.kill();
    end.program = undefined;
    end.connections.clear();
    end.dials.clear();
    this.#watchForSilence(index);
  }

  /** Closes everything with a reason that the peers hear, then ends the life. */
  stop(index: number): void {
    for (const peer of [...this.#end(index).connections.keys()]) this.close(index, peer);
    this.kill(index);
  }

  freeze(index: number): void {
    this.#end(index).host.freeze();
    this.#watchForSilence(index);
  }

  /** A process that was frozen for longer than QUIC's idle time-out finds its connections timed out. */
  thaw(index: number): void {
    const end = this.#end(index);
    if (!end.host.frozen) return;
    const frozenMs = this.world.nowMs - end.host.frozenSinceMs;
    end.host.thaw();
    if (frozenMs >= this.profile.idleTimeoutMs) {
      for (const [peer, connection] of [...end.connections]) this.lose(index, peer, connection, "timeout");
    }
    this.#watchForSilence(index);
  }

  /** Whether this end has a connection to the peer. */
  connected(index: number, peer: number): boolean {
    return this.#end(index).connections.has(peer);
  }

  /** Twice the way, and the mean jitter of both ways. */
  rttMs(index: number, peer: number): number | undefined {
    if (!this.connected(index, peer)) return undefined;
    return 2 * this.paths.latencyMs(index, peer) + this.profile.jitterMs;
  }

  connectionCount(index: number): number {
    return this.#end(index).connections.size;
  }

  /** Queues one frame on a lane, dialling where there is no connection. Never fails at once. */
  send(from: number, to: number, lane: number, payload: unknown, bytes: number): void {
    const end = this.#end(from);
    const frame: Frame = { payload, bytes };
    const connection = end.connections.get(to);
    if (connection !== undefined) {
      this.#transmit(connection, end.host, to, connection.lane(end.host, lane), frame);
      return;
    }
    this.dial(from, to);
    const queue = end.dials.get(to)!.frames;
    if (queue.length < DIAL_QUEUE_FRAMES) queue.push({ lane, frame });
    else this.droppedFrames++;
  }

  /** As `send`, where a connection is there already; false where there is none. */
  sendConnected(from: number, to: number, lane: number, payload: unknown, bytes: number): boolean {
    if (!this.#end(from).connections.has(to)) return false;
    this.send(from, to, lane, payload, bytes);
    return true;
  }

  /** False where there is no connection. Lost, late, reordered or doubled as the path has it. */
  datagram(from: number, to: number, payload: unknown, bytes: number): boolean {
    const connection = this.#end(from).connections.get(to);
    if (connection === undefined) return false;
    this.#count(from, bytes);
    connection.lastUsedMs = this.world.nowMs;
    const copies = this.paths.duplicated() ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.paths.blocked(from, to) || this.paths.lost(from, to)) continue;
      const atMs = Math.max(this.world.nowMs, this.paths.cloggedUntilMs(from, to)) + this.paths.transitMs(from, to);
      this.world.schedule(atMs, new DatagramArrival(this, connection, from, to, payload, bytes));
    }
    return true;
  }

  /** Both directions of a finished stream are forgotten. */
  endLane(from: number, peer: number, lane: number): void {
    this.#end(from).connections.get(peer)?.dropLane(lane);
  }

  dial(from: number, to: number): void {
    if (from === to) throw new RangeError(`host ${from} dials itself`);
    const end = this.#end(from);
    if (end.connections.has(to) || end.dials.has(to)) return;
    end.dials.set(to, { life: end.host.life, frames: [] });
    this.world.schedule(this.world.nowMs, new DialAttempt(this, end.host, to, 0, this.world.nowMs));
  }

  /** Closes this end's connection; what was sent before still arrives. The peer hears of it, the closing end does not. */
  close(index: number, peer: number): void {
    const end = this.#end(index);
    const connection = end.connections.get(peer);
    if (connection === undefined) return;
    end.connections.delete(peer);
    connection.loseAt(end.host);
    if (this.paths.blocked(index, peer)) return;
    const lastAtMs = Math.max(
      connection.lane(end.host, 0).lastAtMs,
      this.world.nowMs + this.paths.latencyMs(index, peer),
    );
    this.world.schedule(lastAtMs + CLOSE_AFTER_MS, new Loss(this, peer, index, connection, "closed"));
  }

  /** The end gives the connection up: QUIC's time-out, a reset, or the peer's close. */
  lose(index: number, peer: number, connection: Connection, why: LossReason): void {
    const end = this.#end(index);
    if (end.connections.get(peer) !== connection) return;
    end.connections.delete(peer);
    connection.loseAt(end.host);
    if (!end.host.up || end.host.life !== connection.lifeOf(end.host)) return;
    this.world.trace.fold(this.world.nowMs, index, FOLD.lost);
    end.program?.onLost(peer, why);
  }

  sizes(): Record<string, number> {
    let connections = 0;
    let dials = 0;
    let lanes = 0;
    for (const end of this.#attached) {
      connections += end.connections.size;
      dials += end.dials.size;
      for (const connection of end.connections.values()) lanes += connection.laneCount;
    }
    return { connectionEnds: connections, dials, lanes };
  }

  /** @internal A frame has arrived. */
  arrived(connection: Connection, from: number, to: number, lane: number, frame: Frame): void {
    const end = this.#end(to);
    this.world.trace.fold(this.world.nowMs, to, FOLD.frame + frame.bytes * 8);
    // Superseded connections are still read until they end; one that was closed or given up is not.
    if (connection.isLostTo(end.host)) {
      this.#reset(connection, from, to);
      return;
    }
    this.traffic[to]!.receivedBytes += frame.bytes;
    end.program!.onFrame(from, lane, frame.payload);
  }

  /** @internal */
  datagramArrived(connection: Connection, from: number, to: number, payload: unknown, bytes: number): void {
    const end = this.#end(to);
    if (connection.isLostTo(end.host)) {
      this.#reset(connection, from, to);
      return;
    }
    this.world.trace.fold(this.world.nowMs, to, FOLD.datagram + bytes * 8);
    this.traffic[to]!.receivedBytes += bytes;
    end.program!.onDatagram(from, payload);
  }

  /** @internal The path of a lane was blocked when its first held frame was sent: try again, or go on waiting. */
  retry(connection: Connection, from: Host, to: number, lane: Lane): void {
    const { held } = lane;
    if (held === undefined) return;
    const end = this.#end(from.index);
    if (!from.up || from.life !== connection.lifeOf(from) || end.connections.get(to) !== connection) {
      lane.held = undefined;
      return;
    }
    if (from.frozen || this.paths.blocked(from.index, to) || this.paths.lost(from.index, to)) {
      this.#retryLater(connection, from, to, lane);
      return;
    }
    lane.held = undefined;
    for (const frame of held) this.#launch(connection, from.index, to, lane, frame);
  }

  /** @internal A handshake packet was sent: see whether it gets through. */
  attemptDial(from: Host, to: number, attempt: number, begunAtMs: number): void {
    const end = this.#end(from.index);
    const dial = end.dials.get(to);
    if (dial === undefined || !from.up || from.life !== dial.life) return;
    const { nowMs } = this.world;
    const target = this.#end(to);
    const { paths } = this;
    const open = !paths.blocked(from.index, to) && !paths.blocked(to, from.index) && !paths.hosts.isWalled(to);
    const reachable = !from.frozen && target.host.up && !target.host.frozen && open;
    const answered = reachable && !paths.lost(from.index, to) && !paths.lost(to, from.index);
    if (answered) {
      const roundTripMs = 2 * this.paths.latencyMs(from.index, to);
      const readyMs = this.profile.handshakeRoundTrips * roundTripMs;
      const connection = new Connection(from, target.host, nowMs);
      this.world.schedule(nowMs + readyMs - roundTripMs / 2, new Ready(this, connection, target.host, from.index));
      this.world.schedule(nowMs + readyMs, new Ready(this, connection, from, to));
      return;
    }
    const limitMs = begunAtMs + this.profile.dialTimeoutMs;
    const nextMs = nowMs + INITIAL_PTO_MS * 2 ** attempt;
    if (nextMs < limitMs) this.world.schedule(nextMs, new DialAttempt(this, from, to, attempt + 1, begunAtMs));
    else this.world.schedule(limitMs, new DialFailure(this, from, from.life, to));
  }

  /** @internal The connection is usable at this end. */
  ready(connection: Connection, host: Host, peer: number): void {
    if (!host.up || host.life !== connection.lifeOf(host)) return;
    const end = this.#end(host.index);
    const other = this.#end(peer);
    const dial = end.dials.get(peer);
    const known = end.connections.get(peer);
    // Where the peer already has another connection with these two lives, both dialled at once: that one stays.
    const theirs = other.connections.get(host.index);
    const chosen = theirs !== undefined && sameLives(theirs, connection) ? theirs : connection;
    end.dials.delete(peer);
    this.world.trace.fold(this.world.nowMs, host.index, FOLD.ready);
    if (known !== chosen) {
      if (chosen === connection && host === connection.b) this.connectionsOpened++;
      end.connections.set(peer, chosen);
      // Superseded by a newer connection with the same process is no news; another life is.
      if (known === undefined || !sameLives(known, chosen)) end.program!.onConnected(peer, chosen.lifeOf(other.host));
    }
    const current = end.connections.get(peer);
    if (current === undefined || dial === undefined) return;
    for (const { lane, frame } of dial.frames) this.#transmit(current, host, peer, current.lane(host, lane), frame);
  }

  /** @internal */
  dialFailed(host: Host, life: number, peer: number): void {
    const end = this.#end(host.index);
    if (!host.up || host.life !== life || !end.dials.delete(peer)) return;
    this.world.trace.fold(this.world.nowMs, host.index, FOLD.dialFailed);
    end.program!.onDialFailed(peer);
  }

  #transmit(connection: Connection, from: Host, to: number, lane: Lane, frame: Frame): void {
    this.#count(from.index, frame.bytes);
    connection.lastUsedMs = this.world.nowMs;
    if (lane.held !== undefined) {
      lane.held.push(frame);
      return;
    }
    if (this.paths.faulty && this.paths.blocked(from.index, to)) {
      lane.held = [frame];
      lane.attempts = 0;
      this.#retryLater(connection, from, to, lane);
      return;
    }
    this.#launch(connection, from.index, to, lane, frame);
  }

  #launch(connection: Connection, from: number, to: number, lane: Lane, frame: Frame): void {
    const { paths, world } = this;
    const sentMs = Math.max(world.nowMs, paths.cloggedUntilMs(from, to));
    const atMs = sentMs + paths.transitMs(from, to) + paths.retransmissionMs(from, to);
    lane.lastAtMs = Math.max(atMs, lane.lastAtMs);
    world.schedule(lane.lastAtMs, new Arrival(this, connection, from, to, lane.id, frame));
  }

  #retryLater(connection: Connection, from: Host, to: number, lane: Lane): void {
    const delayMs = this.paths.ptoMs(from.index, to) * 2 ** lane.attempts++;
    this.world.schedule(this.world.nowMs + delayMs, new Retry(this, connection, from, to, lane));
  }

  /** A process that has given the connection up answers what still comes with a stateless reset (RFC 9000 §10.3). */
  #reset(connection: Connection, from: number, to: number): void {
    if (this.paths.blocked(to, from)) return;
    const atMs = this.world.nowMs + this.paths.latencyMs(from, to);
    this.world.schedule(atMs, new Loss(this, from, to, connection, "reset"));
  }

  #count(from: number, bytes: number): void {
    const traffic = this.traffic[from]!;
    traffic.sentFrames++;
    traffic.sentBytes += bytes;
  }

  /** Connections are looked at only while something may have gone silent, and only those of hosts that have, unless paths are broken. */
  #watchForSilence(host?: number): void {
    if (host !== undefined) this.#silent.add(host);
    if (this.#scanning) return;
    this.#scanning = true;
    this.world.after(0, () => this.#scan());
  }

  #scan(): void {
    const all = this.paths.faulty || this.world.nowMs < this.#scanUntilMs;
    if (all) {
      for (const end of this.#attached) {
        for (const [peer, connection] of [...end.connections]) this.#lookForSilence(end, peer, connection);
      }
    }
    // What is silent now is looked at on its own once the paths are whole.
    for (const host of [...this.#silent]) {
      if (!all && !this.#lookAtLinksOf(host)) this.#silent.delete(host);
    }
    if (all || this.#silent.size > 0) this.world.after(SCAN_INTERVAL_MS, () => this.#scan());
    else this.#scanning = false;
  }

  /** True where the host or one of its connections is silent, and has to be looked at again. */
  #lookAtLinksOf(host: number): boolean {
    const own = this.#end(host);
    let silent = false;
    for (const end of this.#attached) {
      const connection = end.connections.get(host);
      if (connection !== undefined && this.#lookForSilence(end, host, connection)) silent = true;
    }
    for (const [peer, connection] of [...own.connections]) {
      if (this.#lookForSilence(own, peer, connection)) silent = true;
    }
    return silent || own.host.frozen;
  }

  /** True where the end hears nothing, or has just given up, so that the other end will hear nothing. */
  #lookForSilence(end: Attached, peer: number, connection: Connection): boolean {
    if (!end.host.up || end.host.frozen) return false;
    const other = this.#end(peer);
    const isA = end.host === connection.a;
    const heard =
      other.host.up &&
      !other.host.frozen &&
      other.connections.get(end.host.index) === connection &&
      !this.paths.blocked(peer, end.host.index);
    const { nowMs } = this.world;
    let sinceMs = isA ? connection.silentSinceAMs : connection.silentSinceBMs;
    if (heard) sinceMs = undefined;
    else sinceMs ??= nowMs - end.host.random.next() * this.profile.keepAliveMs;
    if (isA) connection.silentSinceAMs = sinceMs;
    else connection.silentSinceBMs = sinceMs;
    if (sinceMs === undefined) return false;
    if (nowMs - sinceMs >= this.profile.idleTimeoutMs) this.lose(end.host.index, peer, connection, "timeout");
    return true;
  }

  /** Both ends let go of what neither needs, without a word: gossip takes an idle close for no loss. */
  #sweep(): void {
    const { nowMs } = this.world;
    for (const end of this.#attached) {
      for (const [peer, connection] of end.connections) {
        if (nowMs - connection.lastUsedMs < this.profile.unusedCloseMs) continue;
        if (end.host.frozen || end.program?.holds(peer) === true) continue;
        const other = this.#end(peer);
        const shared = other.connections.get(end.host.index) === connection;
        if (shared && (other.host.frozen || other.program?.holds(end.host.index) === true)) continue;
        end.connections.delete(peer);
        if (shared) other.connections.delete(end.host.index);
      }
    }
  }

  #end(index: number): Attached {
    return this.#attached[index]!;
  }
}

function sameLives(one: Connection, other: Connection): boolean {
  return one.lifeOf(other.a) === other.lifeA && one.lifeOf(other.b) === other.lifeB;
}
