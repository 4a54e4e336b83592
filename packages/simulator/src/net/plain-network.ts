/**
 * The network of iroh-gossip's own simulator (`proto/sim.rs`), for figures that are compared with its: one latency per pair, every
 * frame between living peers arrives, a pair is connected from the first frame that arrives until one end disconnects or dies, which
 * the other hears a latency later. Ours: a frame to a dead peer is reported as a failed dial after two latencies (there it is nothing).
 *
 * Owner: the scenario. No faults beyond killing; the rest is `network.ts`'s. A pair goes with its disconnection.
 */
import type { Host } from "../core/host.js";
import type { Task, World } from "../core/world.js";
import type { Net, Program, Traffic } from "./net.js";
import { Paths } from "./paths.js";
import type { NetProfile } from "./profile.js";

const CLOSE_AFTER_MS = 0.001;
const FOLD = { frame: 2, lost: 5, dialFailed: 6 } as const;

export class PlainNetwork implements Net {
  readonly world: World;
  readonly paths: Paths;
  readonly traffic: Traffic[] = [];
  readonly closesOnRelease = true;
  connectionsOpened = 0;
  readonly #programs: (Program | undefined)[] = [];
  /** Connected peers of each host; kept in both. */
  readonly #peers: Set<number>[] = [];

  constructor(world: World, profile: NetProfile) {
    this.world = world;
    this.paths = new Paths(world, profile, () => {});
  }

  attach(host: Host): void {
    this.#peers[host.index] = new Set();
    this.traffic[host.index] = { sentFrames: 0, sentBytes: 0, receivedBytes: 0 };
  }

  start(index: number, program: Program): void {
    this.world.hosts[index]!.start();
    this.#programs[index] = program;
  }

  kill(index: number): void {
    for (const peer of [...this.#peers[index]!]) this.close(index, peer);
    this.world.hosts[index]!.kill();
    this.#programs[index] = undefined;
  }

  stop(index: number): void {
    this.kill(index);
  }

  freeze(index: number): void {
    this.world.hosts[index]!.freeze();
  }

  thaw(index: number): void {
    this.world.hosts[index]!.thaw();
  }

  connected(index: number, peer: number): boolean {
    return this.#peers[index]!.has(peer);
  }

  rttMs(index: number, peer: number): number | undefined {
    return this.connected(index, peer) ? 2 * this.paths.latencyMs(index, peer) : undefined;
  }

  send(from: number, to: number, lane: number, payload: unknown, bytes: number): void {
    const traffic = this.traffic[from]!;
    traffic.sentFrames++;
    traffic.sentBytes += bytes;
    const latencyMs = this.paths.latencyMs(from, to);
    const target = this.world.hosts[to]!;
    if (target.up) {
      this.world.schedule(this.world.nowMs + latencyMs, new Arrival(this, target, from, lane, payload, bytes));
    } else {
      const host = this.world.hosts[from]!;
      this.world.schedule(this.world.nowMs + 2 * latencyMs, new Notice(this, host, to, "dial-failed"));
    }
  }

  sendConnected(from: number, to: number, lane: number, payload: unknown, bytes: number): boolean {
    if (!this.connected(from, to)) return false;
    this.send(from, to, lane, payload, bytes);
    return true;
  }

  datagram(from: number, to: number, payload: unknown, bytes: number): boolean {
    return this.sendConnected(from, to, DATAGRAM_LANE, payload, bytes);
  }

  endLane(): void {}

  dial(): void {
    throw new RangeError("the plain network connects by frames alone");
  }

  close(index: number, peer: number): void {
    if (!this.#peers[index]!.delete(peer)) return;
    this.#peers[peer]!.delete(index);
    const atMs = this.world.nowMs + this.paths.latencyMs(index, peer) + CLOSE_AFTER_MS;
    this.world.schedule(atMs, new Notice(this, this.world.hosts[peer]!, index, "lost"));
  }

  sizes(): Record<string, number> {
    return { connectionEnds: this.#peers.reduce((sum, peers) => sum + peers.size, 0) };
  }

  /** @internal */
  arrived(from: number, to: number, lane: number, payload: unknown, bytes: number): void {
    this.world.trace.fold(this.world.nowMs, to, FOLD.frame + bytes * 8);
    this.traffic[to]!.receivedBytes += bytes;
    if (this.world.hosts[from]!.up && !this.#peers[to]!.has(from)) {
      this.connectionsOpened++;
      this.#peers[to]!.add(from);
      this.#peers[from]!.add(to);
    }
    if (lane === DATAGRAM_LANE) this.#programs[to]!.onDatagram(from, payload);
    else this.#programs[to]!.onFrame(from, lane, payload);
  }

  /** @internal */
  notice(host: number, peer: number, what: "lost" | "dial-failed"): void {
    this.world.trace.fold(this.world.nowMs, host, what === "lost" ? FOLD.lost : FOLD.dialFailed);
    if (what === "lost") this.#programs[host]!.onLost(peer, "closed");
    else this.#programs[host]!.onDialFailed(peer);
  }
}

const DATAGRAM_LANE = -1;

class Arrival implements Task {
  readonly #network: PlainNetwork;
  readonly #to: Host;
  readonly #life: number;
  readonly #from: number;
  readonly #lane: number;
  readonly #payload: unknown;
  readonly #bytes: number;

  constructor(network: PlainNetwork, to: Host, from: number, lane: number, payload: unknown, bytes: number) {
    this.#network = network;
    this.#to = to;
    this.#life = to.life;
    this.#from = from;
    this.#lane = lane;
    this.#payload = payload;
    this.#bytes = bytes;
  }

  run(): void {
    const to = this.#to;
    if (!to.up || to.life !== this.#life || !to.admits(this, false)) return;
    this.#network.arrived(this.#from, to.index, this.#lane, this.#payload, this.#bytes);
  }
}

class Notice implements Task {
  readonly #network: PlainNetwork;
  readonly #host: Host;
  readonly #life: number;
  readonly #peer: number;
  readonly #what: "lost" | "dial-failed";

  constructor(network: PlainNetwork, host: Host, peer: number, what: "lost" | "dial-failed") {
    this.#network = network;
    this.#host = host;
    this.#life = host.life;
    this.#peer = peer;
    this.#what = what;
  }

  run(): void {
    const host = this.#host;
    if (!host.up || host.life !== this.#life || !host.admits(this, false)) return;
    this.#network.notice(host.index, this.#peer, this.#what);
  }
}
