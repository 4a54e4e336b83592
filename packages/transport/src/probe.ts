/**
 * Round trips by datagram: `tag 0x02`, kind (0 ping, 1 pong), 8 bytes of nonce. Every node answers, without its owner's doing.
 * One datagram per probe: a lost one is a time-out, and repeating is the failure detector's business.
 * Owner: the transport; a pending probe leaves with its pong, its time-out, or when the peer is lost.
 */
import { bytesToHex, MeshError } from "@meshwork/protocol";
import type { Clock, TimerHandle } from "./clock.js";
import { Pings } from "./pings.js";
import { StreamTag } from "./types.js";

const PING = 0;
const PONG = 1;
/** Says "I watch you", and is answered by QUIC's acknowledgement alone. Kinds 2 to 4 are the node's own. */
const BEAT = 5;
const NONCE_BYTES = 8;
export const PROBE_BYTES = 2 + NONCE_BYTES;

const BEAT_FRAME = Uint8Array.of(StreamTag.probe, BEAT);

/** A fresh copy: the binding may keep what it is handed. */
export function beatFrame(): Uint8Array {
  return BEAT_FRAME.slice();
}

export function isBeat(datagram: Uint8Array): boolean {
  return datagram.length === BEAT_FRAME.length && datagram[1] === BEAT;
}

/** Frames of a probe stream that are the node's own: questions about a third and obituaries (protocol's `wire/probe.ts`). */
export function isOwnersFrame(frame: Uint8Array): boolean {
  return frame[0] === StreamTag.probe && (frame[1] ?? PING) > PONG;
}

/** The answer to a well-formed ping; undefined for anything else. */
export function pongOf(frame: Uint8Array): Uint8Array | undefined {
  if (frame.length !== PROBE_BYTES || frame[0] !== StreamTag.probe || frame[1] !== PING) return undefined;
  const pong = frame.slice();
  pong[1] = PONG;
  return pong;
}

interface Pending {
  readonly peerId: string;
  readonly sentAtMs: number;
  readonly timer: TimerHandle;
  readonly resolve: (rttMs: number) => void;
  readonly reject: (error: Error) => void;
}

export class Prober {
  readonly #clock: Clock;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #limit: number;
  readonly #pending = new Map<string, Pending>();
  readonly #pings: Pings;
  readonly #onPong: (peerId: string, rttMs: number) => void;

  /** `onPong`: a ping that nobody waits for was answered. */
  constructor(
    clock: Clock,
    random: (bytes: number) => Uint8Array,
    limit: number,
    onPong: (peerId: string, rttMs: number) => void = () => {},
  ) {
    this.#clock = clock;
    this.#pings = new Pings(clock);
    this.#onPong = onPong;
    this.#random = random;
    this.#limit = limit;
  }

  get size(): number {
    return this.#pending.size + this.#pings.size;
  }

  /** Pings that were not answered when the next was sent. */
  get unanswered(): number {
    return this.#pings.unanswered;
  }

  /** A ping that nobody waits for, to be sent. */
  ping(peerId: string): Uint8Array {
    const ping = new Uint8Array(PROBE_BYTES);
    ping[0] = StreamTag.probe;
    ping[1] = PING;
    this.#pings.begin(peerId, new DataView(ping.buffer, 2));
    return ping;
  }

  /** `send` puts the ping on its way, and throws where it cannot. Rejects with MESH_E_TIMEOUT, MESH_E_OVERLOADED or its error. */
  probe(peerId: string, timeoutMs: number, send: (ping: Uint8Array) => void): Promise<number> {
    if (this.#pending.size >= this.#limit) {
      return Promise.reject(new MeshError("MESH_E_OVERLOADED", `${this.#limit} probes are under way`));
    }
    const nonce = this.#random(NONCE_BYTES);
    const key = bytesToHex(nonce);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(() => {
        this.#pending.delete(key);
        reject(new MeshError("MESH_E_TIMEOUT", `no answer to a probe of ${peerId} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(key, { peerId, sentAtMs: this.#clock.now(), timer, resolve, reject });
      try {
        send(Uint8Array.of(StreamTag.probe, PING, ...nonce));
      } catch (error) {
        this.#take(key);
        reject(error instanceof Error ? error : new MeshError("MESH_E_UNREACHABLE", String(error)));
      }
    });
  }

  #take(key: string): Pending | undefined {
    const pending = this.#pending.get(key);
    if (pending === undefined) return undefined;
    this.#pending.delete(key);
    this.#clock.clearTimer(pending.timer);
    return pending;
  }

  /** A probe datagram (or the answer on a stream) came in: the pong to send back, or nothing. `false` where it is malformed. */
  receive(peerId: string, datagram: Uint8Array): Uint8Array | undefined | false {
    const ownPong = pongOf(datagram);
    if (ownPong !== undefined) return ownPong;
    if (datagram.length !== PROBE_BYTES || datagram[0] !== StreamTag.probe || datagram[1] !== PONG) return false;
    const rttMs = this.#pings.answer(peerId, new DataView(datagram.buffer, datagram.byteOffset + 2, NONCE_BYTES));
    if (rttMs !== undefined) {
      this.#onPong(peerId, rttMs);
      return undefined;
    }
    if (this.#pending.size === 0) return undefined;
    const key = bytesToHex(datagram.subarray(2));
    // Only the probed peer may answer; a late or foreign pong is nothing.
    if (this.#pending.get(key)?.peerId !== peerId) return undefined;
    const pending = this.#take(key) as Pending;
    pending.resolve(this.#clock.now() - pending.sentAtMs);
    return undefined;
  }

  /** The peer is gone (or, without an id, the transport closes): its probes fail now instead of at their time-out. */
  fail(error: Error, peerId?: string): void {
    if (peerId === undefined) this.#pings.clear();
    else this.#pings.gone(peerId);
    for (const [key, pending] of [...this.#pending]) {
      if (peerId !== undefined && pending.peerId !== peerId) continue;
      this.#take(key);
      pending.reject(error);
    }
  }
}
