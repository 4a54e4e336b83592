/**
 * A link connection over the simulator's network: streams on lanes of their own, datagrams that the path may lose, a close with code
 * and reason. Several connections between two hosts share the network's one connection of the pair.
 *
 * Owner: SimulatedEndpoint; ends by a close of either end, or with the pair's connection. Streams are bounded by `MAX_STREAMS` of each
 * kind per opener, waiting datagrams by `MAX_WAITING_DATAGRAMS`.
 */
import {
  type LinkBiStream,
  type LinkCloseReason,
  type LinkConnection,
  LinkError,
  type LinkRecvStream,
  type LinkSendStream,
} from "@meshwork/transport";
import { type ControlFrame, type DatagramFrame, frameBytes, type StreamFrame } from "./frames.js";
import { Handover, Slots } from "./handover.js";
import { checkCode, type OutgoingFrame, RecvHalf, SendHalf } from "./streams.js";

const WINDOW_BYTES = 1 << 20;
const MAX_STREAMS = 1_024;
const MAX_WAITING_DATAGRAMS = 1_024;
/** As iroh's on loopback, rounded down to what any path carries. */
const MAX_DATAGRAM_BYTES = 1_200;

/** What the endpoint does for its connections. */
export interface Wire {
  control(frame: ControlFrame): void;
  stream(lane: number, frame: StreamFrame, bytes: number): void;
  datagram(frame: DatagramFrame, bytes: number): boolean;
  nextLane(): number;
  endLane(lane: number): void;
  rttMs(): number | undefined;
  forget(connection: number): void;
}

interface Stream {
  readonly send: SendHalf | undefined;
  readonly recv: RecvHalf | undefined;
  openHalves: number;
}

export class SimulatedConnection implements LinkConnection {
  readonly key: number;
  readonly remoteId: string;
  readonly alpn: string;
  readonly direction: "inbound" | "outbound";
  readonly closed: Promise<LinkCloseReason>;
  readonly #remoteAddress: string;
  readonly #number: number;
  readonly #wire: Wire;
  readonly #uni = new Handover<LinkRecvStream>(MAX_STREAMS);
  readonly #bi = new Handover<LinkBiStream>(MAX_STREAMS);
  readonly #datagrams = new Handover<Uint8Array>(MAX_WAITING_DATAGRAMS);
  readonly #uniSlots = new Slots(MAX_STREAMS);
  readonly #biSlots = new Slots(MAX_STREAMS);
  readonly #streams = new Map<number, Stream>();
  readonly #sent = { bytes: 0, packets: 0 };
  readonly #received = { bytes: 0, packets: 0 };
  #resolveClosed!: (reason: LinkCloseReason) => void;
  #end: LinkCloseReason | undefined;

  constructor(
    key: number,
    number: number,
    peer: { readonly id: string; readonly address: string },
    alpn: string,
    direction: "inbound" | "outbound",
    wire: Wire,
  ) {
    this.key = key;
    this.#number = number;
    this.remoteId = peer.id;
    this.#remoteAddress = peer.address;
    this.alpn = alpn;
    this.direction = direction;
    this.#wire = wire;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  async openUni(): Promise<LinkSendStream> {
    await this.#slot(this.#uniSlots);
    const lane = this.#wire.nextLane();
    const send = this.#sendHalf(lane, "uni");
    this.#streams.set(lane, { send, recv: undefined, openHalves: 1 });
    return send;
  }

  async openBi(): Promise<LinkBiStream> {
    await this.#slot(this.#biSlots);
    const lane = this.#wire.nextLane();
    const send = this.#sendHalf(lane, "bi");
    const recv = this.#recvHalf(lane);
    this.#streams.set(lane, { send, recv, openHalves: 2 });
    return { send, recv };
  }

  acceptUni(): Promise<LinkRecvStream | null> {
    return this.#uni.next();
  }

  acceptBi(): Promise<LinkBiStream | null> {
    return this.#bi.next();
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.#end !== undefined || !(bytes instanceof Uint8Array) || bytes.length > MAX_DATAGRAM_BYTES) return false;
    if (bytes.length === 0) return true;
    const frame = { connection: this.#number, bytes: bytes.slice() };
    const weight = frameBytes(frame);
    if (!this.#wire.datagram(frame, weight)) return false;
    count(this.#sent, weight);
    return true;
  }

  readDatagram(): Promise<Uint8Array | null> {
    return this.#datagrams.next();
  }

  rttMs(): number | undefined {
    return this.#wire.rttMs();
  }

  path(): { address: string; kind: "direct" } {
    return { address: this.#remoteAddress, kind: "direct" };
  }

  stats() {
    return {
      sentBytes: this.#sent.bytes,
      receivedBytes: this.#received.bytes,
      sentPackets: this.#sent.packets,
      receivedPackets: this.#received.packets,
    };
  }

  close(code: number, reason: string): void {
    checkCode(code);
    if (!/^[\x20-\x7e]{0,64}$/.test(reason)) {
      throw new LinkError("invalid-argument", "close reason is not a short ASCII token");
    }
    if (this.#end !== undefined) return;
    this.#wire.control({ kind: "close", connection: this.#number, code, reason });
    this.endWith({ by: "local", code, reason });
  }

  /** This end alone: the peer closed, or the pair's connection is gone. */
  endWith(reason: LinkCloseReason): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    const error = new LinkError("closed", `the connection is closed (${reason.reason || reason.by})`);
    for (const { send, recv } of [...this.#streams.values()]) {
      send?.abandon(error);
      recv?.abandon(error);
    }
    this.#streams.clear();
    this.#uniSlots.releaseAll();
    this.#biSlots.releaseAll();
    this.#uni.end();
    this.#bi.end();
    this.#datagrams.end();
    this.#wire.forget(this.#number);
    this.#resolveClosed(reason);
  }

  onStream(lane: number, frame: StreamFrame): void {
    count(this.#received, frameBytes(frame));
    const stream = this.#streams.get(lane) ?? this.#show(lane, frame);
    switch (frame.kind) {
      case "credit":
        stream?.send?.credited(frame.count);
        break;
      case "stop-sending":
        stream?.send?.stopped(frame.code);
        break;
      case "done":
        stream?.send?.done();
        break;
      default:
        stream?.recv?.arrived(frame);
    }
  }

  onDatagram(bytes: Uint8Array): void {
    count(this.#received, frameBytes({ connection: this.#number, bytes }));
    // An empty one is the acknowledgement of another, and nobody's to read.
    if (bytes.length === 0) return;
    this.#datagrams.push(bytes);
    const acknowledgement = { connection: this.#number, bytes: new Uint8Array() };
    const weight = frameBytes(acknowledgement);
    if (this.#wire.datagram(acknowledgement, weight)) count(this.#sent, weight);
  }

  /** A stream of the peer shows up with its first frame; frames of one that is over are nobody's. */
  #show(lane: number, frame: StreamFrame): Stream | undefined {
    const opens = "opens" in frame ? frame.opens : undefined;
    if (opens === undefined) return undefined;
    const recv = this.#recvHalf(lane);
    const send = opens === "bi" ? this.#sendHalf(lane, undefined) : undefined;
    const stream = { send, recv, openHalves: send === undefined ? 1 : 2 };
    this.#streams.set(lane, stream);
    if (send === undefined) this.#uni.push(recv);
    else this.#bi.push({ send, recv });
    return stream;
  }

  #sendHalf(lane: number, opens: "uni" | "bi" | undefined): SendHalf {
    return new SendHalf(
      (frame) => this.#put(lane, frame),
      WINDOW_BYTES,
      opens,
      () => this.#halfDone(lane, opens),
    );
  }

  #recvHalf(lane: number): RecvHalf {
    return new RecvHalf(
      (frame) => this.#put(lane, frame),
      () => this.#halfDone(lane, undefined),
    );
  }

  #put(lane: number, frame: OutgoingFrame): void {
    if (this.#end !== undefined) return;
    const whole: StreamFrame = { ...frame, connection: this.#number };
    const weight = frameBytes(whole);
    count(this.#sent, weight);
    this.#wire.stream(lane, whole, weight);
  }

  /** The slot is the opener's: it is free when what the opener writes has come to its end. */
  #halfDone(lane: number, opened: "uni" | "bi" | undefined): void {
    if (opened === "uni") this.#uniSlots.give();
    if (opened === "bi") this.#biSlots.give();
    const stream = this.#streams.get(lane);
    if (stream === undefined || --stream.openHalves > 0) return;
    this.#streams.delete(lane);
    this.#wire.endLane(lane);
  }

  async #slot(slots: Slots): Promise<void> {
    this.#assertOpen();
    await slots.take();
    this.#assertOpen();
  }

  #assertOpen(): void {
    if (this.#end !== undefined) throw new LinkError("closed", "the connection is closed");
  }
}

function count(total: { bytes: number; packets: number }, bytes: number): void {
  total.bytes += bytes;
  total.packets += 1;
}
