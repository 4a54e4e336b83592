/**
 * What a peer sends on a connection: streams by their tag, datagrams by theirs. One loop per kind, each ending when the link
 * says the connection is closed (`null`); asking again after that would spin. Every stream is handled on its own.
 *
 * On `/iroh-gossip/1` there are no tags: every unidirectional stream is gossip, anything else a violation.
 */
import { DecodeError, MeshError } from "@meshwork/protocol";
import type { Channels } from "./channels.js";
import { type Clock, withTimeout } from "./clock.js";
import type { Counters } from "./counters.js";
import type { GossipStreams } from "./gossip-streams.js";
import type { TransportLimits } from "./limits.js";
import { LinkError, type LinkRecvStream, type LinkSendStream } from "./link.js";
import { PeekedReader } from "./peeked-reader.js";
import type { PeerConnection } from "./peer-connection.js";
import { isOwnersFrame, type Prober } from "./probe.js";
import { ALPN_MESHWORK, CloseCode, type InboundStream, StreamTag } from "./types.js";

const FIRST_READ_BYTES = 65_536;

export type StreamHandler = (stream: InboundStream) => void | Promise<void>;

export interface InboundOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly counters: Counters;
  readonly channels: Channels;
  readonly gossip: GossipStreams;
  readonly prober: Prober;
  readonly handlerOf: (tag: number) => StreamHandler | undefined;
  readonly onPing: (peerId: string) => void;
  readonly onViolation: (connection: PeerConnection, what: string, fatal: boolean) => void;
}

export class Inbound {
  readonly #options: InboundOptions;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** Starts the loops; they end with the connection. */
  serve(connection: PeerConnection): void {
    void this.#uniLoop(connection);
    void this.#biLoop(connection);
    if (connection.alpn === ALPN_MESHWORK) void this.#datagramLoop(connection);
  }

  async #uniLoop(connection: PeerConnection): Promise<void> {
    for (;;) {
      const recv = await connection.link.acceptUni();
      if (recv === null) return;
      connection.heard();
      if (connection.alpn === ALPN_MESHWORK) void this.#stream(connection, recv, undefined);
      else void this.#options.gossip.accept(connection, recv, undefined);
    }
  }

  async #biLoop(connection: PeerConnection): Promise<void> {
    for (;;) {
      const stream = await connection.link.acceptBi();
      if (stream === null) return;
      connection.heard();
      if (connection.alpn === ALPN_MESHWORK) {
        void this.#stream(connection, stream.recv, stream.send);
      } else {
        this.#refuse(stream.recv, stream.send, CloseCode.protocolViolation);
        this.#options.onViolation(connection, "bidirectional stream on the gossip ALPN", false);
      }
    }
  }

  #refuse(recv: LinkRecvStream, send: LinkSendStream | undefined, code: number): void {
    recv.stop(code);
    send?.reset(code).catch(() => {});
  }

  async #stream(connection: PeerConnection, recv: LinkRecvStream, send: LinkSendStream | undefined): Promise<void> {
    const { clock, limits } = this.#options;
    let first: Uint8Array | null;
    try {
      first = await withTimeout(
        clock,
        recv.read(FIRST_READ_BYTES),
        limits.headerTimeoutMs,
        () => new LinkError("timeout", "no tag"),
      );
    } catch {
      this.#refuse(recv, send, CloseCode.protocolViolation);
      return;
    }
    if (first === null) {
      this.#refuse(recv, send, CloseCode.unknownTag);
      return;
    }
    connection.heard();
    const tag = first[0] as number;
    const rest = first.length > 1 ? first.subarray(1) : undefined;
    if (tag === StreamTag.gossip && send === undefined) void this.#options.gossip.accept(connection, recv, rest);
    else if (tag === StreamTag.probe && send !== undefined) void this.#probeStream(connection, recv, send, rest);
    else this.#dispatch(connection, recv, send, tag, rest);
  }

  #dispatch(
    connection: PeerConnection,
    recv: LinkRecvStream,
    send: LinkSendStream | undefined,
    tag: number,
    rest: Uint8Array | undefined,
  ): void {
    const handler = this.#options.handlerOf(tag);
    if (handler === undefined) {
      this.#options.counters.unknownTags += 1;
      this.#refuse(recv, send, CloseCode.unknownTag);
      this.#options.onViolation(connection, `stream tag 0x${tag.toString(16).padStart(2, "0")}`, false);
      return;
    }
    void this.#run(handler, connection, this.#options.channels.accepted(connection, recv, send, tag, rest), tag);
  }

  async #run(
    handler: StreamHandler,
    connection: PeerConnection,
    stream: Pick<InboundStream, "recv" | "send">,
    tag: number,
  ): Promise<void> {
    try {
      await handler({ peerId: connection.peerId, tag, recv: stream.recv, send: stream.send });
    } catch (error) {
      stream.recv.stop(CloseCode.shutdown);
      stream.send?.reset(CloseCode.shutdown);
      if (error instanceof LinkError || error instanceof DecodeError || error instanceof MeshError) return;
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  async #datagramLoop(connection: PeerConnection): Promise<void> {
    for (;;) {
      const datagram = await connection.link.readDatagram();
      if (datagram === null) return;
      connection.heard();
      if (datagram[0] === StreamTag.probe) {
        this.#onProbe(connection, datagram, (pong) => this.#sendDatagram(connection, pong));
      } else {
        this.#options.counters.unknownTags += 1;
        this.#options.onViolation(connection, "datagram of an unknown tag", false);
      }
    }
  }

  #onProbe(connection: PeerConnection, bytes: Uint8Array, answer: (pong: Uint8Array) => void): void {
    const pong = this.#options.prober.receive(connection.peerId, bytes);
    if (pong === false) {
      this.#options.onViolation(connection, "malformed probe", false);
      return;
    }
    this.#options.counters.countReceived("probe", 1, bytes.length);
    if (pong === undefined) return;
    answer(pong);
    this.#options.onPing(connection.peerId);
  }

  #sendDatagram(connection: PeerConnection, bytes: Uint8Array): boolean {
    if (!connection.link.sendDatagram(bytes)) return false;
    this.#options.counters.countSent("probe", 1, bytes.length);
    return true;
  }

  /** By datagram; where that does not fit the path, by a stream of the same tag. Throws where the connection is gone. */
  sendProbe(connection: PeerConnection, ping: Uint8Array): void {
    if (connection.closing) throw new MeshError("MESH_E_UNREACHABLE", `${connection.peerId}: the connection ended`);
    if (this.#sendDatagram(connection, ping)) return;
    this.#options.channels
      .openBi(connection, StreamTag.probe)
      .then(async ({ send, recv }) => {
        await send.write(ping);
        await send.finish();
        const pong = await recv.next();
        if (pong !== null) this.#options.prober.receive(connection.peerId, pong);
        recv.stop(CloseCode.shutdown);
      })
      .catch(() => {});
  }

  async #probeStream(
    connection: PeerConnection,
    recv: LinkRecvStream,
    send: LinkSendStream,
    rest: Uint8Array | undefined,
  ): Promise<void> {
    const stream = this.#options.channels.accepted(connection, recv, send, StreamTag.probe, rest);
    let first: Uint8Array | null;
    try {
      first = await withTimeout(
        this.#options.clock,
        stream.recv.next(),
        this.#options.limits.headerTimeoutMs,
        () => new LinkError("timeout", "no probe"),
      );
    } catch {
      stream.send?.reset(CloseCode.protocolViolation);
      stream.recv.stop(CloseCode.shutdown);
      return;
    }
    if (first !== null && isOwnersFrame(first)) {
      this.#ownersProbe(connection, stream, first);
      return;
    }
    await this.#pingStream(connection, stream, first);
  }

  /** What is neither ping nor pong is the node's, with the frame that told so first. */
  #ownersProbe(connection: PeerConnection, stream: ReturnType<Channels["accepted"]>, first: Uint8Array): void {
    const handler = this.#options.handlerOf(StreamTag.probe);
    if (handler === undefined) {
      this.#options.counters.unknownTags += 1;
      stream.recv.stop(CloseCode.unknownTag);
      stream.send?.reset(CloseCode.unknownTag);
      return;
    }
    void this.#run(
      handler,
      connection,
      { recv: new PeekedReader(first, stream.recv), send: stream.send },
      StreamTag.probe,
    );
  }

  async #pingStream(
    connection: PeerConnection,
    stream: ReturnType<Channels["accepted"]>,
    ping: Uint8Array | null,
  ): Promise<void> {
    try {
      const pong = ping === null ? undefined : this.#options.prober.receive(connection.peerId, ping);
      if (pong instanceof Uint8Array) {
        this.#options.onPing(connection.peerId);
        await stream.send?.write(pong);
      }
      await stream.send?.finish();
      if (pong === false) this.#options.onViolation(connection, "malformed probe", false);
    } catch {
      stream.send?.reset(CloseCode.protocolViolation);
    } finally {
      stream.recv.stop(CloseCode.shutdown);
    }
  }
}
