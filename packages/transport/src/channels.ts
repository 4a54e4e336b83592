/**
 * Streams other than gossip, as framed channels: opened by us with their tag, or accepted with it. Counts what is open on each
 * connection, so that a connection in use is neither drained early nor closed as idle.
 */
import { MeshError } from "@meshwork/protocol";
import { type Clock, withTimeout } from "./clock.js";
import { type Counters, kindOfTag } from "./counters.js";
import type { TransportLimits } from "./limits.js";
import type { LinkBiStream, LinkRecvStream, LinkSendStream } from "./link.js";
import type { PeerConnection } from "./peer-connection.js";
import { StreamReader } from "./stream-reader.js";
import { StreamWriter } from "./stream-writer.js";
import { type BiChannel, CloseCode, type FramedReader, type FramedWriter } from "./types.js";

/** What sets the streams of a tag apart from the rest. */
export interface StreamTerms {
  /** As what the connection counts it. */
  readonly count: "other" | "probe-in" | "probe-out";
  readonly maxFrameBytes: number;
  /** In all, per direction; absent: any number. */
  readonly maxFrames?: number;
  /** Whether its frames are use of the connection. */
  readonly isUse: boolean;
}

/** A stream of either side's as its owner in this package sees it. */
export interface OpenStream {
  readonly recv: FramedReader;
  readonly send: FramedWriter | undefined;
  /** `listener` runs once when both halves have ended; at once where they have. */
  whenEnded(listener: () => void): void;
}

export class Channels {
  readonly #terms: StreamTerms;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #counters: Counters;

  constructor(clock: Clock, limits: TransportLimits, counters: Counters) {
    this.#clock = clock;
    this.#limits = limits;
    this.#counters = counters;
    this.#terms = { count: "other", maxFrameBytes: limits.maxFrameBytes, isUse: true };
  }

  /** Rejects with MESH_E_OVERLOADED where the peer's stream limit does not free up in time. */
  async openBi(
    connection: PeerConnection,
    tag: number,
    terms: StreamTerms = this.#terms,
  ): Promise<BiChannel & OpenStream> {
    const stream = await this.#open(connection, connection.link.openBi(), (late: LinkBiStream) => {
      void late.send.reset(CloseCode.shutdown);
      late.recv.stop(CloseCode.shutdown);
    });
    const ended = this.#track(connection, 2, terms);
    const send = this.#writer(connection, stream.send, tag, Uint8Array.of(tag), terms, ended);
    const recv = this.#reader(connection, stream.recv, tag, undefined, terms, ended);
    send.announce();
    return {
      peerId: connection.peerId,
      send,
      recv,
      get retired() {
        return connection.retired;
      },
      onRetired: (listener) => {
        const remove = connection.onRetired(listener);
        ended.whenEnded(remove);
      },
      whenEnded: (listener) => ended.whenEnded(listener),
    };
  }

  async openUni(connection: PeerConnection, tag: number): Promise<StreamWriter> {
    const stream = await this.#open(connection, connection.link.openUni(), (late: LinkSendStream) => {
      void late.reset(CloseCode.shutdown);
    });
    const ended = this.#track(connection, 1, this.#terms);
    const send = this.#writer(connection, stream, tag, Uint8Array.of(tag), this.#terms, ended);
    send.announce();
    return send;
  }

  #open<T>(connection: PeerConnection, opening: Promise<T>, discard: (late: T) => void): Promise<T> {
    return withTimeout(
      this.#clock,
      opening,
      this.#limits.openTimeoutMs,
      () => new MeshError("MESH_E_OVERLOADED", `${connection.peerId} has no room for another stream`),
      discard,
    );
  }

  /** Both halves of an accepted stream. */
  accepted(
    connection: PeerConnection,
    recv: LinkRecvStream,
    send: LinkSendStream | undefined,
    tag: number,
    initial: Uint8Array | undefined,
    terms: StreamTerms = this.#terms,
  ): OpenStream {
    const ended = this.#track(connection, send === undefined ? 1 : 2, terms);
    return {
      recv: this.#reader(connection, recv, tag, initial, terms, ended),
      send: send === undefined ? undefined : this.#writer(connection, send, tag, undefined, terms, ended),
      whenEnded: (listener) => ended.whenEnded(listener),
    };
  }

  #writer(
    connection: PeerConnection,
    stream: LinkSendStream,
    tag: number,
    prefix: Uint8Array | undefined,
    terms: StreamTerms,
    ended: StreamEnd,
  ): StreamWriter {
    const kind = kindOfTag(tag);
    return new StreamWriter(stream, {
      maxQueuedBytes: this.#limits.streamQueueBytes,
      ...(prefix === undefined ? {} : { prefix }),
      onSent: (frames, bytes) => {
        this.#counters.countSent(kind, frames, bytes);
        if (terms.isUse) connection.used();
      },
      onEnd: () => ended.half(),
    });
  }

  #reader(
    connection: PeerConnection,
    stream: LinkRecvStream,
    tag: number,
    initial: Uint8Array | undefined,
    terms: StreamTerms,
    ended: StreamEnd,
  ): StreamReader {
    const kind = kindOfTag(tag);
    return new StreamReader(stream, {
      maxFrameBytes: terms.maxFrameBytes,
      ...(terms.maxFrames === undefined ? {} : { maxFrames: terms.maxFrames }),
      budget: connection.budget,
      ...(initial === undefined || initial.length === 0 ? {} : { initial }),
      onBytes: () => connection.heard(),
      onReceived: (frames, bytes) => {
        this.#counters.countReceived(kind, frames, bytes);
        if (terms.isUse) connection.used();
      },
      onEnd: () => ended.half(),
    });
  }

  #track(connection: PeerConnection, halves: number, { count }: StreamTerms): StreamEnd {
    connection.countStream(count, 1);
    return new StreamEnd(halves, () => connection.countStream(count, -1));
  }
}

/** Fires once when every half of a stream has ended. */
class StreamEnd {
  #left: number;
  readonly #listeners: (() => void)[];

  constructor(halves: number, listener: () => void) {
    this.#left = halves;
    this.#listeners = [listener];
  }

  half(): void {
    this.#left -= 1;
    if (this.#left === 0) for (const listener of this.#listeners.splice(0)) listener();
  }

  whenEnded(listener: () => void): void {
    if (this.#left <= 0) listener();
    else this.#listeners.push(listener);
  }
}
