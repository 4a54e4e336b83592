/**
 * A link endpoint on a host of the simulator: binds, dials, answers, closes. The handshake is a frame and its answer on the control
 * lane: one round trip on top of what the network's profile asks for.
 *
 * Owner: the test, through SimulatedLinks. Dials end by an answer, a failure of every address, the caller's limit, or the close.
 */

import type { Host, HostTimer, LossReason, Net, Program } from "@meshwork/simulator";
import { type LinkConnection, type LinkEndpoint, LinkError } from "@meshwork/transport";
import { SimulatedConnection, type Wire } from "./connection.js";
import { type ControlFrame, type DatagramFrame, frameBytes, type StreamFrame } from "./frames.js";
import { Handover } from "./handover.js";

const CONTROL_LANE = 0;
const MAX_PENDING_INBOUND = 256;

/** What endpoints share: the network, who is where, and numbers that are unique in it. */
export interface Surroundings {
  readonly network: Net;
  /** The host at an address, running or not. */
  hostAt(address: string): number | undefined;
  addressOf(host: number): string;
  nextNumber(): number;
  /** The virtual clock has something to do. */
  wake(): void;
}

interface Dial {
  readonly remoteId: string;
  readonly alpn: string;
  /** Hosts that have not answered yet. */
  readonly open: Set<number>;
  readonly timer: HostTimer;
  readonly onLate: ((connection: LinkConnection) => void) | undefined;
  readonly resolve: (connection: LinkConnection) => void;
  readonly reject: (error: LinkError) => void;
  /** The caller has given up: what comes now is late. */
  expired: boolean;
  /** Why, should all addresses fail. */
  failure: LinkError;
}

export class SimulatedEndpoint implements LinkEndpoint, Program {
  readonly id: string;
  readonly #host: Host;
  readonly #around: Surroundings;
  #alpns: readonly string[];
  readonly #inbound = new Handover<LinkConnection>(MAX_PENDING_INBOUND);
  /** By connection number, with the host at the other end. */
  readonly #connections = new Map<number, { readonly peer: number; readonly connection: SimulatedConnection }>();
  readonly #dials = new Map<number, Dial>();
  #closed = false;

  constructor(id: string, alpns: readonly string[], host: Host, around: Surroundings) {
    this.id = id;
    this.#alpns = alpns;
    this.#host = host;
    this.#around = around;
  }

  boundAddresses(): readonly string[] {
    return [this.#around.addressOf(this.#host.index)];
  }

  setAlpns(alpns: readonly string[]): void {
    this.#alpns = alpns;
  }

  connect(
    remoteId: string,
    addresses: readonly string[],
    alpn: string,
    options: { readonly timeoutMs: number; readonly onLate?: (connection: LinkConnection) => void },
  ): Promise<LinkConnection> {
    if (this.#closed) return Promise.reject(new LinkError("closed", "the endpoint is closed"));
    if (!/^[0-9a-f]{64}$/.test(remoteId) || remoteId === this.id) {
      return Promise.reject(new LinkError("invalid-argument", "the peer's id is not one that can be dialled"));
    }
    const hosts = addresses.map((address) => this.#around.hostAt(address)).filter((host) => host !== undefined);
    if (hosts.length === 0) return Promise.reject(new LinkError("unreachable", "no address is known"));
    return new Promise((resolve, reject) => {
      const number = this.#around.nextNumber();
      const { timeoutMs, onLate } = options;
      const timer = this.#host.timer(timeoutMs, () => this.#expire(number, timeoutMs));
      const failure = new LinkError("unreachable", "no address answers");
      const open = new Set(hosts);
      this.#dials.set(number, { remoteId, alpn, open, timer, onLate, resolve, reject, expired: false, failure });
      for (const host of open) {
        this.#control(host, { kind: "open", connection: number, alpn, from: this.id, to: remoteId });
      }
      this.#around.wake();
    });
  }

  accept(): Promise<LinkConnection | null> {
    return this.#inbound.next();
  }

  async close(code: number, reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { connection } of [...this.#connections.values()]) connection.close(code, reason);
    for (const { timer, reject } of this.#dials.values()) {
      timer.cancel();
      reject(new LinkError("closed", "the endpoint is closed"));
    }
    this.#dials.clear();
    this.#inbound.end();
    this.#around.network.stop(this.#host.index);
    this.#around.wake();
  }

  onFrame(from: number, lane: number, payload: unknown): void {
    this.#around.wake();
    if (lane === CONTROL_LANE) {
      this.#onControl(from, payload as ControlFrame);
      return;
    }
    const frame = payload as StreamFrame;
    this.#connections.get(frame.connection)?.connection.onStream(lane, frame);
  }

  onDatagram(_from: number, payload: unknown): void {
    this.#around.wake();
    const { connection, bytes } = payload as DatagramFrame;
    this.#connections.get(connection)?.connection.onDatagram(bytes);
  }

  onConnected(): void {}

  onLost(peer: number, why: LossReason): void {
    this.#around.wake();
    const by = why === "timeout" ? "timeout" : "lost";
    for (const there of [...this.#connections.values()]) {
      if (there.peer === peer) there.connection.endWith({ by, code: -1, reason: "" });
    }
    this.onDialFailed(peer);
  }

  onDialFailed(peer: number): void {
    this.#around.wake();
    for (const [number, dial] of [...this.#dials]) {
      if (dial.open.delete(peer) && dial.open.size === 0) this.#fail(number, dial);
    }
  }

  holds(peer: number): boolean {
    for (const there of this.#connections.values()) if (there.peer === peer) return true;
    return false;
  }

  #onControl(from: number, frame: ControlFrame): void {
    switch (frame.kind) {
      case "open":
        this.#answer(from, frame);
        break;
      case "opened":
        this.#opened(from, frame.connection);
        break;
      case "refused":
        this.#refused(from, frame.connection, frame.why);
        break;
      case "close":
        this.#connections
          .get(frame.connection)
          ?.connection.endWith({ by: "peer", code: frame.code, reason: frame.reason });
        break;
    }
  }

  #answer(from: number, { connection: number, alpn, from: id, to }: Extract<ControlFrame, { kind: "open" }>): void {
    const why = to !== this.id ? "wrong-id" : this.#alpns.includes(alpn) ? undefined : "refused-alpn";
    if (why !== undefined) {
      this.#control(from, { kind: "refused", connection: number, why });
      return;
    }
    this.#control(from, { kind: "opened", connection: number });
    const connection = this.#adopt(number, from, id, alpn, "inbound");
    if (!this.#inbound.push(connection)) connection.close(0, "over-capacity");
  }

  /** The first address that answers wins; a second one leads to the same host, for ids are unique. */
  #opened(from: number, number: number): void {
    const dial = this.#dials.get(number);
    if (dial === undefined) return;
    this.#dials.delete(number);
    dial.timer.cancel();
    const connection = this.#adopt(number, from, dial.remoteId, dial.alpn, "outbound");
    if (!dial.expired) dial.resolve(connection);
    else if (dial.onLate !== undefined) dial.onLate(connection);
    else connection.close(0, "shutdown");
  }

  #refused(from: number, number: number, why: "refused-alpn" | "wrong-id"): void {
    const dial = this.#dials.get(number);
    if (dial === undefined || !dial.open.delete(from)) return;
    const what = why === "wrong-id" ? "another key answered" : `the peer does not speak ${dial.alpn}`;
    dial.failure = new LinkError(why, what);
    // Only the peer itself can refuse the protocol: no other address will do better.
    if (why === "refused-alpn" || dial.open.size === 0) this.#fail(number, dial);
  }

  #fail(number: number, dial: Dial): void {
    this.#dials.delete(number);
    dial.timer.cancel();
    dial.reject(dial.failure);
  }

  /** The attempt goes on: the network ends it. */
  #expire(number: number, timeoutMs: number): void {
    const dial = this.#dials.get(number);
    if (dial === undefined) return;
    this.#around.wake();
    dial.expired = true;
    dial.reject(new LinkError("timeout", `no answer within ${timeoutMs} ms`));
  }

  #adopt(
    number: number,
    peer: number,
    id: string,
    alpn: string,
    direction: "inbound" | "outbound",
  ): SimulatedConnection {
    const address = this.#around.addressOf(peer);
    const key = this.#around.nextNumber();
    const connection = new SimulatedConnection(key, number, { id, address }, alpn, direction, this.#wire(peer));
    this.#connections.set(number, { peer, connection });
    return connection;
  }

  #wire(peer: number): Wire {
    const { network } = this.#around;
    const own = this.#host.index;
    return {
      control: (frame) => this.#control(peer, frame),
      stream: (lane, frame, bytes) => {
        network.sendConnected(own, peer, lane, frame, bytes);
        this.#around.wake();
      },
      datagram: (frame, bytes) => {
        this.#around.wake();
        return network.datagram(own, peer, frame, bytes);
      },
      nextLane: () => this.#around.nextNumber(),
      endLane: (lane) => network.endLane(own, peer, lane),
      rttMs: () => network.rttMs(own, peer),
      forget: (number) => this.#connections.delete(number),
    };
  }

  #control(peer: number, frame: ControlFrame): void {
    const { network } = this.#around;
    const own = this.#host.index;
    if (frame.kind === "open") network.send(own, peer, CONTROL_LANE, frame, frameBytes(frame));
    else network.sendConnected(own, peer, CONTROL_LANE, frame, frameBytes(frame));
    this.#around.wake();
  }
}
