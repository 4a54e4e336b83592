/**
 * A connection over the binding. Held in the module-level set until `closed()` has answered; its streams with it.
 * Owner: whoever got it from `connect` or `accept` (above the link: the registry). Ended by either side's close.
 */

import { bytesToHex } from "@meshwork/protocol";
import type { Connection } from "@number0/iroh/index.js";
import { arrayToAscii, asciiToArray, fromArray, toArray } from "../bytes.js";
import { nextConnectionKey } from "../connection-key.js";
import type { LinkBiStream, LinkCloseReason, LinkConnection, LinkRecvStream, LinkSendStream } from "../link.js";
import { LinkError } from "../link.js";
import { parseCloseReason, streamError } from "./errors.js";
import { retained } from "./retained.js";
import { IrohRecvStream, IrohSendStream, type StreamSet } from "./streams.js";

/** QUIC's default of 100 streams in flight makes the 101st open wait for ever; a busy pair of nodes needs more. */
export const MAX_CONCURRENT_STREAMS = 1024;

const REASON_TOKEN = /^[\x20-\x7e]{0,64}$/;

export class IrohConnection implements LinkConnection {
  readonly key = nextConnectionKey();
  readonly remoteId: string;
  readonly alpn: string;
  readonly direction: "inbound" | "outbound";
  readonly closed: Promise<LinkCloseReason>;
  readonly #native: Connection;
  readonly #streams: StreamSet = new Set();
  #local: { code: number; reason: string } | undefined;
  #isClosed = false;

  constructor(native: Connection, direction: "inbound" | "outbound") {
    this.#native = native;
    this.direction = direction;
    this.remoteId = bytesToHex(fromArray(native.remoteId().toBytes()));
    this.alpn = arrayToAscii(native.alpn());
    retained.connections.add(native);
    native.setMaxConcurrentUniStreams(BigInt(MAX_CONCURRENT_STREAMS));
    native.setMaxConcurrentBiStreams(BigInt(MAX_CONCURRENT_STREAMS));
    this.closed = native.closed().then(
      (text) => this.#onClosed(text),
      (error: unknown) => this.#onClosed(String(error)),
    );
  }

  #onClosed(text: string): LinkCloseReason {
    this.#isClosed = true;
    for (const stream of this.#streams) retained.streams.delete(stream);
    this.#streams.clear();
    retained.connections.delete(this.#native);
    return parseCloseReason(text, text.startsWith("closed by peer") ? undefined : this.#local);
  }

  async openUni(): Promise<LinkSendStream> {
    try {
      return new IrohSendStream(await this.#native.openUni(), this.#streams);
    } catch (error) {
      throw streamError(error);
    }
  }

  async openBi(): Promise<LinkBiStream> {
    try {
      const native = await this.#native.openBi();
      return { send: this.#send(native.send), recv: this.#recv(native.recv) };
    } catch (error) {
      throw streamError(error);
    }
  }

  async acceptUni(): Promise<LinkRecvStream | null> {
    try {
      return this.#recv(await this.#native.acceptUni());
    } catch {
      return null;
    }
  }

  async acceptBi(): Promise<LinkBiStream | null> {
    try {
      const native = await this.#native.acceptBi();
      return { send: this.#send(native.send), recv: this.#recv(native.recv) };
    } catch {
      return null;
    }
  }

  #send(native: ConstructorParameters<typeof IrohSendStream>[0]): IrohSendStream {
    return new IrohSendStream(native, this.#streams);
  }

  #recv(native: ConstructorParameters<typeof IrohRecvStream>[0]): IrohRecvStream {
    return new IrohRecvStream(native, this.#streams);
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.#isClosed || !(bytes instanceof Uint8Array)) return false;
    try {
      const limit = this.#native.maxDatagramSize();
      if (limit === null || bytes.length > limit) return false;
      // A full buffer would drop older datagrams silently; rather refuse this one.
      if (this.#native.datagramSendBufferSpace() < bytes.length) return false;
      this.#native.sendDatagram(toArray(bytes));
      return true;
    } catch {
      return false;
    }
  }

  async readDatagram(): Promise<Uint8Array | null> {
    try {
      return fromArray(await this.#native.readDatagram());
    } catch {
      return null;
    }
  }

  rttMs(): number | undefined {
    // Whole milliseconds only; 0 on loopback.
    return this.#native.rtt() ?? undefined;
  }

  path(): { address: string; kind: "direct" | "relay" } | undefined {
    const paths = this.#native.paths();
    const path = paths.find((candidate) => candidate.isSelected) ?? paths[0];
    if (path === undefined) return undefined;
    return { address: path.remoteAddr, kind: path.isRelay ? "relay" : "direct" };
  }

  stats() {
    const stats = this.#native.stats();
    return {
      sentBytes: stats.udpTxBytes,
      receivedBytes: stats.udpRxBytes,
      sentPackets: stats.udpTxDatagrams,
      receivedPackets: stats.udpRxDatagrams,
    };
  }

  close(code: number, reason: string): void {
    if (!Number.isSafeInteger(code) || code < 0) throw new LinkError("invalid-argument", `close code ${code}`);
    if (!REASON_TOKEN.test(reason)) throw new LinkError("invalid-argument", "close reason is not a short ASCII token");
    if (this.#isClosed || this.#local !== undefined) return;
    this.#local = { code, reason };
    this.#native.close(BigInt(code), asciiToArray(reason));
  }
}
