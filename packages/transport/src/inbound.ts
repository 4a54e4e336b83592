/**
 * What a peer sends on a connection: streams by their tag, datagrams by theirs. One loop per kind, each ending when the link
 * says the connection is closed (`null`); asking again after that would spin. Every stream is handled on its own.
 *
 * On `/iroh-gossip/1` there are no tags: every unidirectional stream is gossip, anything else a violation.
 */
import { MeshError } from "@meshwork/protocol";
import type { Channels } from "./channels.js";
import { type Clock, withTimeout } from "./clock.js";
import type { Counters } from "./counters.js";
import type { GossipStreams } from "./gossip-streams.js";
import type { TransportLimits } from "./limits.js";
import { LinkError, type LinkRecvStream, type LinkSendStream } from "./link.js";
import type { PeerConnection } from "./peer-connection.js";
import { beatFrame, isBeat, type Prober } from "./probe.js";
import type { ProbeStreams } from "./probe-streams.js";
import { runHandler, type StreamHandler } from "./stream-handler.js";
import { ALPN_MESHWORK, CloseCode, StreamTag } from "./types.js";

const FIRST_READ_BYTES = 65_536;

export interface InboundOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly counters: Counters;
  readonly channels: Channels;
  readonly gossip: GossipStreams;
  readonly probes: ProbeStreams;
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
    const { clock, limits, probes } = this.#options;
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
    else if (tag === StreamTag.probe && send !== undefined) void probes.accept(connection, recv, send, rest);
    else this.#dispatch(connection, recv, send, tag, rest);
  }

  #dispatch(
    connection: PeerConnection,
    recv: LinkRecvStream,
    send: LinkSendStream | undefined,
    tag: number,
    rest: Uint8Array | undefined,
  ): void {
    // A unidirectional probe has no way to be answered.
    const handler = tag === StreamTag.probe ? undefined : this.#options.handlerOf(tag);
    if (handler === undefined) {
      this.#options.counters.unknownTags += 1;
      this.#refuse(recv, send, CloseCode.unknownTag);
      this.#options.onViolation(connection, `stream tag 0x${tag.toString(16).padStart(2, "0")}`, false);
      return;
    }
    const stream = this.#options.channels.accepted(connection, recv, send, tag, rest);
    void runHandler(handler, { peerId: connection.peerId, tag, recv: stream.recv, send: stream.send });
  }

  async #datagramLoop(connection: PeerConnection): Promise<void> {
    for (;;) {
      const datagram = await connection.link.readDatagram();
      if (datagram === null) return;
      connection.heard();
      if (datagram[0] === StreamTag.probe) {
        this.#onProbe(connection, datagram);
      } else {
        this.#options.counters.unknownTags += 1;
        this.#options.onViolation(connection, "datagram of an unknown tag", false);
      }
    }
  }

  #onProbe(connection: PeerConnection, bytes: Uint8Array): void {
    if (isBeat(bytes)) {
      this.#options.counters.countReceived("probe", 1, bytes.length);
      this.#options.onPing(connection.peerId);
      return;
    }
    const pong = this.#options.prober.receive(connection.peerId, bytes);
    if (pong === false) {
      this.#options.onViolation(connection, "malformed probe", false);
      return;
    }
    this.#options.counters.countReceived("probe", 1, bytes.length);
    if (pong === undefined) return;
    this.#sendDatagram(connection, pong);
    this.#options.onPing(connection.peerId);
  }

  #sendDatagram(connection: PeerConnection, bytes: Uint8Array): boolean {
    if (!connection.link.sendDatagram(bytes)) return false;
    this.#options.counters.countSent("probe", 1, bytes.length);
    return true;
  }

  /** False where datagrams do not fit the path. */
  sendBeat(connection: PeerConnection): boolean {
    return this.#sendDatagram(connection, beatFrame());
  }

  /** By datagram; where that does not fit the path, by a stream of the same tag. Throws where the connection is gone. */
  sendProbe(connection: PeerConnection, ping: Uint8Array): void {
    if (connection.closing) throw new MeshError("MESH_E_UNREACHABLE", `${connection.peerId}: the connection ended`);
    if (this.#sendDatagram(connection, ping)) return;
    this.#options.probes.ping(connection, ping);
  }
}
