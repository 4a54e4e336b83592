/**
 * Streams of tag 0x02 (docs/protocol/probe.proto). Those that begin with a ping are answered here: they carry what does not
 * fit a datagram. Those that begin with a frame of kind 2 and up are the node's own: one question and one answer each.
 *
 * A ping is no use of a connection and an open probe stream does not keep one from being idle; a question of the node's is use
 * when it begins. However a peer behaves, a stream is over `probeStreamMs` after it began: one shared timer sees to that.
 *
 * Owner: the transport. Bounds: `maxProbeStreams` open per connection towards us; frames of MAX_PROBE_FRAME_BYTES,
 * `maxProbeFrames` of them per stream and direction. A stream leaves when both halves have ended, at its deadline, or with
 * its connection.
 */
import { DecodeError, MAX_PROBE_FRAME_BYTES } from "@meshwork/protocol";
import type { Channels, OpenStream, StreamTerms } from "./channels.js";
import { type Clock, type TimerHandle, withTimeout } from "./clock.js";
import type { Counters } from "./counters.js";
import type { TransportLimits } from "./limits.js";
import { LinkError, type LinkRecvStream, type LinkSendStream } from "./link.js";
import { PeekedReader } from "./peeked-reader.js";
import type { PeerConnection } from "./peer-connection.js";
import { isOwnersFrame, type Prober, pongOf } from "./probe.js";
import { runHandler, type StreamHandler } from "./stream-handler.js";
import { type BiChannel, CloseCode, StreamTag } from "./types.js";

export interface ProbeStreamsOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly counters: Counters;
  readonly channels: Channels;
  readonly prober: Prober;
  readonly handlerOf: (tag: number) => StreamHandler | undefined;
  readonly onPing: (peerId: string) => void;
  readonly onViolation: (connection: PeerConnection, what: string, fatal: boolean) => void;
}

interface OpenProbe {
  readonly connection: PeerConnection;
  readonly endsAtMs: number;
  readonly stream: OpenStream;
}

export class ProbeStreams {
  readonly #options: ProbeStreamsOptions;
  readonly #inbound: StreamTerms;
  readonly #outbound: StreamTerms;
  /** In the order of their deadlines, for all have the same span. */
  readonly #open = new Set<OpenProbe>();
  #timer: TimerHandle | undefined;

  constructor(options: ProbeStreamsOptions) {
    this.#options = options;
    const terms = { maxFrameBytes: MAX_PROBE_FRAME_BYTES, maxFrames: options.limits.maxProbeFrames, isUse: false };
    this.#inbound = { ...terms, count: "probe-in" };
    this.#outbound = { ...terms, count: "probe-out" };
  }

  get size(): number {
    return this.#open.size;
  }

  /** For a question or a notice of the node's. */
  async openBi(connection: PeerConnection): Promise<BiChannel> {
    const channel = await this.#openBi(connection);
    connection.used();
    return channel;
  }

  async #openBi(connection: PeerConnection): Promise<BiChannel & OpenStream> {
    const channel = await this.#options.channels.openBi(connection, StreamTag.probe, this.#outbound);
    this.#watch(connection, channel);
    return channel;
  }

  /** A ping that does not fit a datagram. Whether its pong comes in time is the prober's business. */
  ping(connection: PeerConnection, ping: Uint8Array): void {
    this.#openBi(connection)
      .then(async ({ send, recv }) => {
        await send.write(ping);
        await send.finish();
        const pong = await recv.next();
        if (pong !== null) this.#options.prober.receive(connection.peerId, pong);
        recv.stop(CloseCode.shutdown);
      })
      .catch(() => {});
  }

  /** A stream of the peer's; `rest` is what came behind the tag. Never rejects. */
  async accept(
    connection: PeerConnection,
    recv: LinkRecvStream,
    send: LinkSendStream,
    rest: Uint8Array | undefined,
  ): Promise<void> {
    const { channels, clock, counters, limits, onViolation } = this.#options;
    if (connection.probesIn >= limits.maxProbeStreams) {
      counters.refusedStreams += 1;
      recv.stop(CloseCode.overCapacity);
      send.reset(CloseCode.overCapacity).catch(() => {});
      return;
    }
    const stream = channels.accepted(connection, recv, send, StreamTag.probe, rest, this.#inbound);
    this.#watch(connection, stream);
    let first: Uint8Array | null;
    try {
      first = await withTimeout(
        clock,
        stream.recv.next(),
        limits.headerTimeoutMs,
        () => new LinkError("timeout", "no probe"),
      );
    } catch (error) {
      end(stream, CloseCode.protocolViolation);
      if (error instanceof DecodeError) onViolation(connection, `probe: ${error.message}`, false);
      return;
    }
    const pong = first === null ? undefined : pongOf(first);
    if (pong !== undefined) await this.#answer(connection, stream, pong);
    else if (first !== null && isOwnersFrame(first)) this.#hand(connection, stream, first);
    else {
      end(stream, CloseCode.protocolViolation);
      onViolation(connection, "malformed probe", false);
    }
  }

  async #answer(connection: PeerConnection, stream: OpenStream, pong: Uint8Array): Promise<void> {
    this.#options.onPing(connection.peerId);
    try {
      await stream.send?.write(pong);
      await stream.send?.finish();
    } catch {
      // The asker has left.
    } finally {
      end(stream, CloseCode.shutdown);
    }
  }

  /** The node's, with the frame that told so as the first to be read. */
  #hand(connection: PeerConnection, stream: OpenStream, first: Uint8Array): void {
    const handler = this.#options.handlerOf(StreamTag.probe);
    if (handler === undefined) {
      this.#options.counters.unknownTags += 1;
      end(stream, CloseCode.unknownTag);
      return;
    }
    connection.used();
    const recv = new PeekedReader(first, stream.recv);
    void runHandler(handler, { peerId: connection.peerId, tag: StreamTag.probe, recv, send: stream.send });
  }

  #watch(connection: PeerConnection, stream: OpenStream): void {
    const { clock, limits } = this.#options;
    const probe = { connection, stream, endsAtMs: clock.now() + limits.probeStreamMs };
    this.#open.add(probe);
    this.#timer ??= clock.setTimer(() => this.#endOverdue(), limits.probeStreamMs);
    stream.whenEnded(() => this.#forget(probe));
  }

  #forget(probe: OpenProbe): void {
    this.#open.delete(probe);
    if (this.#open.size === 0) this.#stopTimer();
  }

  #endOverdue(): void {
    const { clock } = this.#options;
    this.#timer = undefined;
    for (const probe of this.#open) {
      const leftMs = probe.endsAtMs - clock.now();
      if (leftMs > 0) {
        this.#timer = clock.setTimer(() => this.#endOverdue(), leftMs);
        return;
      }
      this.#open.delete(probe);
      end(probe.stream, CloseCode.stalled);
    }
  }

  /** The link of this connection has ended, and its streams with it. */
  gone(connection: PeerConnection): void {
    for (const probe of this.#open) if (probe.connection === connection) this.#forget(probe);
  }

  stop(): void {
    this.#open.clear();
    this.#stopTimer();
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}

/** What is left of either half; a half that has ended stays as it is. */
function end({ recv, send }: OpenStream, code: number): void {
  recv.stop(code);
  send?.reset(code);
}
