/**
 * What the network has under way, as tasks of the world: frames, datagrams, retries, dials, connections that become ready or end.
 * Each asks its host whether it may run now (frozen, slow, another life) and hands on to the network. They end by running.
 */
import type { Host } from "../core/host.js";
import type { Task } from "../core/world.js";
import type { Connection, Frame, Lane } from "./connection.js";
import type { LossReason } from "./net.js";
import type { Network } from "./network.js";

const FOLD_CLOSED = 7;

export class Arrival implements Task {
  readonly #network: Network;
  readonly #connection: Connection;
  readonly #from: number;
  readonly #to: number;
  readonly #lane: number;
  readonly #frame: Frame;

  constructor(network: Network, connection: Connection, from: number, to: number, lane: number, frame: Frame) {
    this.#network = network;
    this.#connection = connection;
    this.#from = from;
    this.#to = to;
    this.#lane = lane;
    this.#frame = frame;
  }

  run(): void {
    const host = this.#network.world.hosts[this.#to]!;
    if (!host.up || host.life !== this.#connection.lifeOf(host) || !host.admits(this, false)) return;
    this.#network.arrived(this.#connection, this.#from, this.#to, this.#lane, this.#frame);
  }
}

export class DatagramArrival implements Task {
  readonly #network: Network;
  readonly #connection: Connection;
  readonly #from: number;
  readonly #to: number;
  readonly #payload: unknown;
  readonly #bytes: number;

  constructor(network: Network, connection: Connection, from: number, to: number, payload: unknown, bytes: number) {
    this.#network = network;
    this.#connection = connection;
    this.#from = from;
    this.#to = to;
    this.#payload = payload;
    this.#bytes = bytes;
  }

  run(): void {
    const host = this.#network.world.hosts[this.#to]!;
    if (!host.up || host.life !== this.#connection.lifeOf(host) || !host.admits(this, false)) return;
    this.#network.datagramArrived(this.#connection, this.#from, this.#to, this.#payload, this.#bytes);
  }
}

export class Retry implements Task {
  readonly #network: Network;
  readonly #connection: Connection;
  readonly #from: Host;
  readonly #to: number;
  readonly #lane: Lane;

  constructor(network: Network, connection: Connection, from: Host, to: number, lane: Lane) {
    this.#network = network;
    this.#connection = connection;
    this.#from = from;
    this.#to = to;
    this.#lane = lane;
  }

  run(): void {
    this.#network.retry(this.#connection, this.#from, this.#to, this.#lane);
  }
}

export class DialAttempt implements Task {
  readonly #network: Network;
  readonly #from: Host;
  readonly #to: number;
  readonly #attempt: number;
  readonly #begunAtMs: number;

  constructor(network: Network, from: Host, to: number, attempt: number, begunAtMs: number) {
    this.#network = network;
    this.#from = from;
    this.#to = to;
    this.#attempt = attempt;
    this.#begunAtMs = begunAtMs;
  }

  run(): void {
    this.#network.attemptDial(this.#from, this.#to, this.#attempt, this.#begunAtMs);
  }
}

export class DialFailure implements Task {
  readonly #network: Network;
  readonly #from: Host;
  readonly #life: number;
  readonly #to: number;

  constructor(network: Network, from: Host, life: number, to: number) {
    this.#network = network;
    this.#from = from;
    this.#life = life;
    this.#to = to;
  }

  run(): void {
    if (!this.#from.up || this.#from.life !== this.#life || !this.#from.admits(this, true)) return;
    this.#network.dialFailed(this.#from, this.#life, this.#to);
  }
}

export class Ready implements Task {
  readonly #network: Network;
  readonly #connection: Connection;
  readonly #host: Host;
  readonly #peer: number;

  constructor(network: Network, connection: Connection, host: Host, peer: number) {
    this.#network = network;
    this.#connection = connection;
    this.#host = host;
    this.#peer = peer;
  }

  run(): void {
    if (!this.#host.up || !this.#host.admits(this, false)) return;
    this.#network.ready(this.#connection, this.#host, this.#peer);
  }
}

/** An end hears from the other that the connection is gone; a cut path would have swallowed it. */
export class Loss implements Task {
  readonly #network: Network;
  readonly #host: number;
  readonly #peer: number;
  readonly #connection: Connection;
  readonly #why: LossReason;

  constructor(network: Network, host: number, peer: number, connection: Connection, why: LossReason) {
    this.#network = network;
    this.#host = host;
    this.#peer = peer;
    this.#connection = connection;
    this.#why = why;
  }

  run(): void {
    const host = this.#network.world.hosts[this.#host]!;
    if (!host.up || !host.admits(this, false)) return;
    if (this.#why === "closed") this.#network.world.trace.fold(this.#network.world.nowMs, this.#host, FOLD_CLOSED);
    this.#network.lose(this.#host, this.#peer, this.#connection, this.#why);
  }
}
