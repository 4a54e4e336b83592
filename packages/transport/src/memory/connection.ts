/**
 * A connection in memory: two ends that mirror each other. Everything that crosses goes through `carry`, in order, so a
 * close arrives behind the data sent before it. Owner: the two endpoints; ended by close, kill (by time-out) or shutdown.
 */
import { AsyncQueue } from "../async-queue.js";
import { nextConnectionKey } from "../connection-key.js";
import type { LinkBiStream, LinkCloseReason, LinkConnection, LinkRecvStream, LinkSendStream } from "../link.js";
import { LinkError } from "../link.js";
import { type Carry, MemoryPipe } from "./stream.js";

/** As iroh's on loopback, rounded down to what any path carries. */
const MAX_DATAGRAM_BYTES = 1200;
const MAX_WAITING_DATAGRAMS = 1024;

export interface MemorySettings {
  readonly windowBytes: number;
  readonly maxStreams: number;
}

interface Totals {
  bytes: number;
  packets: number;
}

/** Counts streams in flight of one kind; an open beyond the limit waits, as QUIC's does. */
class StreamSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  constructor(limit: number) {
    this.#free = limit;
  }
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resume) => this.#waiting.push(resume));
  }
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
  releaseAll(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

export class MemoryConnection implements LinkConnection {
  readonly key = nextConnectionKey();
  readonly remoteId: string;
  readonly alpn: string;
  readonly direction: "inbound" | "outbound";
  readonly closed: Promise<LinkCloseReason>;
  readonly #remoteAddress: string;
  readonly #settings: MemorySettings;
  readonly #carry: Carry;
  readonly #uniSlots: StreamSlots;
  readonly #biSlots: StreamSlots;
  // As many as the peer may have in flight, so a push never fails.
  readonly #uni = new AsyncQueue<LinkRecvStream>(Number.MAX_SAFE_INTEGER);
  readonly #bi = new AsyncQueue<LinkBiStream>(Number.MAX_SAFE_INTEGER);
  readonly #datagrams = new AsyncQueue<Uint8Array>(MAX_WAITING_DATAGRAMS);
  readonly #abandon = new Set<(error: LinkError) => void>();
  readonly #sent: Totals = { bytes: 0, packets: 0 };
  readonly #received: Totals = { bytes: 0, packets: 0 };
  #resolveClosed!: (reason: LinkCloseReason) => void;
  #end: LinkCloseReason | undefined;
  #other!: MemoryConnection;

  private constructor(
    remoteId: string,
    remoteAddress: string,
    alpn: string,
    direction: "inbound" | "outbound",
    settings: MemorySettings,
    carry: Carry,
  ) {
    this.remoteId = remoteId;
    this.#remoteAddress = remoteAddress;
    this.alpn = alpn;
    this.direction = direction;
    this.#settings = settings;
    this.#carry = carry;
    this.#uniSlots = new StreamSlots(settings.maxStreams);
    this.#biSlots = new StreamSlots(settings.maxStreams);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Both ends; `carryOut` runs things at the acceptor, `carryBack` at the dialler. */
  static pair(
    dialler: { id: string; address: string },
    acceptor: { id: string; address: string },
    alpn: string,
    settings: MemorySettings,
    carryOut: Carry,
    carryBack: Carry,
  ): { outbound: MemoryConnection; inbound: MemoryConnection } {
    const outbound = new MemoryConnection(acceptor.id, acceptor.address, alpn, "outbound", settings, carryOut);
    const inbound = new MemoryConnection(dialler.id, dialler.address, alpn, "inbound", settings, carryBack);
    outbound.#other = inbound;
    inbound.#other = outbound;
    return { outbound, inbound };
  }

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  #assertOpen(): void {
    if (this.#end !== undefined) throw new LinkError("closed", "the connection is closed");
  }

  /** A pipe from this end to the other. */
  #pipe(onShown: () => void, onDone: () => void): MemoryPipe {
    const other = this.#other;
    const toReader: Carry = (action) => {
      this.#count(0);
      this.#carry(action);
    };
    const pipe = new MemoryPipe(this.#settings.windowBytes, toReader, other.#carry, onShown, () => {
      this.#abandon.delete(atWriter);
      other.#abandon.delete(atReader);
      onDone();
    });
    const atWriter = (error: LinkError) => pipe.abandonWriter(error);
    const atReader = (error: LinkError) => pipe.abandonReader(error);
    this.#abandon.add(atWriter);
    other.#abandon.add(atReader);
    if (other.#end !== undefined) atReader(new LinkError("closed", "the connection is closed"));
    return pipe;
  }

  #count(bytes: number): void {
    this.#sent.packets += 1;
    this.#sent.bytes += bytes;
    this.#other.#received.packets += 1;
    this.#other.#received.bytes += bytes;
  }

  async openUni(): Promise<LinkSendStream> {
    this.#assertOpen();
    await this.#uniSlots.take();
    this.#assertOpen();
    const pipe = this.#pipe(
      () => this.#other.#uni.push(pipe.recv),
      () => this.#uniSlots.give(),
    );
    return pipe.send;
  }

  async openBi(): Promise<LinkBiStream> {
    this.#assertOpen();
    await this.#biSlots.take();
    this.#assertOpen();
    let halves = 2;
    const halfDone = () => {
      halves -= 1;
      if (halves === 0) this.#biSlots.give();
    };
    const out = this.#pipe(() => this.#other.#bi.push({ send: back.send, recv: out.recv }), halfDone);
    const back = this.#other.#pipe(() => {}, halfDone);
    return { send: out.send, recv: back.recv };
  }

  acceptUni(): Promise<LinkRecvStream | null> {
    return this.#uni.next();
  }

  acceptBi(): Promise<LinkBiStream | null> {
    return this.#bi.next();
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.#end !== undefined || !(bytes instanceof Uint8Array) || bytes.length > MAX_DATAGRAM_BYTES) return false;
    const copy = bytes.slice();
    this.#count(copy.length);
    this.#carry(() => {
      if (this.#other.#end !== undefined) return;
      this.#other.#datagrams.push(copy);
      // QUIC acknowledges a datagram whether anybody reads it or not.
      this.#other.#count(0);
    });
    return true;
  }

  readDatagram(): Promise<Uint8Array | null> {
    return this.#datagrams.next();
  }

  rttMs(): number | undefined {
    return 0;
  }

  path(): { address: string; kind: "direct" | "relay" } | undefined {
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
    if (!Number.isSafeInteger(code) || code < 0) throw new LinkError("invalid-argument", `close code ${code}`);
    if (!/^[\x20-\x7e]{0,64}$/.test(reason)) {
      throw new LinkError("invalid-argument", "close reason is not a short ASCII token");
    }
    if (this.#end !== undefined) return;
    this.endWith({ by: "local", code, reason });
    this.#carry(() => this.#other.endWith({ by: "peer", code, reason }));
  }

  /** Ends this end only: the peer closed, or nothing was heard for the idle limit. */
  endWith(reason: LinkCloseReason): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    const error = new LinkError("closed", `the connection is closed (${reason.reason || reason.by})`);
    for (const abandon of [...this.#abandon]) abandon(error);
    this.#abandon.clear();
    this.#uniSlots.releaseAll();
    this.#biSlots.releaseAll();
    this.#uni.end(true);
    this.#bi.end(true);
    this.#datagrams.end(true);
    this.#resolveClosed(reason);
  }
}
