/**
 * The two halves of a stream over a lane of the simulator's network: ordered bytes, a window that holds the writer back, clean end,
 * reset and stop with their codes. What crosses is frames; nothing is shared between the ends.
 *
 * Owner: SimulatedConnection. A half ends by its frames, or with the connection (`abandon`).
 */
import { LinkError, type LinkRecvStream, type LinkSendStream } from "@meshwork/transport";
import type { StreamData, StreamFrame } from "./frames.js";

const MAX_DATA_BYTES = 65_536;
const MAX_READ_BYTES = 1 << 20;

type WithoutConnection<T> = T extends unknown ? Omit<T, "connection"> : never;
export type OutgoingFrame = WithoutConnection<StreamFrame>;
export type Put = (frame: OutgoingFrame) => void;

export function checkCode(code: number): void {
  if (!Number.isSafeInteger(code) || code < 0) throw new LinkError("invalid-argument", `code ${code}`);
}

export class SendHalf implements LinkSendStream {
  readonly #put: Put;
  readonly #windowBytes: number;
  readonly #onDone: () => void;
  #opens: "uni" | "bi" | undefined;
  #inFlightBytes = 0;
  #waiting: { readonly resume: () => void; readonly reject: (error: LinkError) => void } | undefined;
  #end: LinkError | undefined;
  #done = false;

  /** `opens`: this end has opened the stream. `onDone` runs once, when nothing more can cross. */
  constructor(put: Put, windowBytes: number, opens: "uni" | "bi" | undefined, onDone: () => void) {
    this.#put = put;
    this.#windowBytes = windowBytes;
    this.#opens = opens;
    this.#onDone = onDone;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    if (this.#waiting !== undefined) throw new LinkError("invalid-argument", "overlapping writes on one stream");
    if (!(bytes instanceof Uint8Array)) throw new LinkError("invalid-argument", "not a Uint8Array");
    let start = 0;
    while (start < bytes.length) {
      const roomBytes = Math.min(this.#windowBytes - this.#inFlightBytes, MAX_DATA_BYTES);
      if (roomBytes <= 0) {
        await new Promise<void>((resume, reject) => {
          this.#waiting = { resume, reject };
        });
        continue;
      }
      const part = bytes.slice(start, start + roomBytes);
      start += part.length;
      this.#inFlightBytes += part.length;
      this.#send({ kind: "data", bytes: part });
    }
  }

  async finish(): Promise<void> {
    if (this.#end !== undefined) return;
    if (this.#waiting !== undefined) throw new LinkError("invalid-argument", "finish during a write");
    this.#end = new LinkError("closed", "the stream is finished");
    this.#send({ kind: "fin" });
  }

  async reset(code: number): Promise<void> {
    checkCode(code);
    if (this.#end !== undefined) return;
    this.#fail(new LinkError("closed", "the stream is reset"));
    this.#send({ kind: "reset", code });
  }

  credited(bytes: number): void {
    this.#inFlightBytes -= bytes;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resume();
  }

  stopped(code: number): void {
    this.#fail(new LinkError("stopped", "the peer stopped reading", { streamCode: code }));
    this.done();
  }

  done(): void {
    if (this.#done) return;
    this.#done = true;
    this.#onDone();
  }

  abandon(error: LinkError): void {
    this.#fail(error);
    this.done();
  }

  #send(frame: StreamData): void {
    const opens = this.#opens;
    this.#opens = undefined;
    this.#put(opens === undefined ? frame : { ...frame, opens });
  }

  #fail(error: LinkError): void {
    this.#end ??= error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#end);
  }
}

export class RecvHalf implements LinkRecvStream {
  readonly #put: Put;
  readonly #onDone: () => void;
  /** What has arrived and was not read; the writer's window bounds it. */
  readonly #chunks: Uint8Array[] = [];
  #end: LinkError | null | undefined;
  #reading:
    | {
        readonly resolve: (bytes: Uint8Array | null) => void;
        readonly reject: (error: LinkError) => void;
        readonly maxBytes: number;
      }
    | undefined;
  #done = false;

  constructor(put: Put, onDone: () => void) {
    this.#put = put;
    this.#onDone = onDone;
  }

  read(maxBytes: number): Promise<Uint8Array | null> {
    if (this.#reading !== undefined) {
      return Promise.reject(new LinkError("invalid-argument", "overlapping reads on one stream"));
    }
    if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > MAX_READ_BYTES) {
      return Promise.reject(new LinkError("invalid-argument", `read of ${maxBytes} bytes`));
    }
    return new Promise((resolve, reject) => {
      this.#reading = { resolve, reject, maxBytes };
      this.#serve();
    });
  }

  stop(code: number): void {
    checkCode(code);
    if (this.#end !== undefined) return;
    this.#put({ kind: "stop-sending", code });
    this.#chunks.length = 0;
    this.#finish(new LinkError("closed", "reading was stopped"));
  }

  arrived(frame: StreamData): void {
    if (this.#end !== undefined) return;
    switch (frame.kind) {
      case "data":
        this.#chunks.push(frame.bytes);
        this.#serve();
        break;
      case "fin":
        this.#finish(null);
        break;
      case "reset":
        this.#chunks.length = 0;
        this.#finish(new LinkError("reset", "the peer reset the stream", { streamCode: frame.code }));
        break;
    }
  }

  /** The connection is gone; what has arrived can still be read. */
  abandon(error: LinkError): void {
    if (this.#end === undefined) this.#finish(error);
  }

  #finish(end: LinkError | null): void {
    this.#end = end;
    this.#serve();
  }

  #serve(): void {
    const reading = this.#reading;
    if (this.#chunks.length > 0) {
      if (reading === undefined) return;
      this.#reading = undefined;
      const taken = this.#take(reading.maxBytes);
      this.#put({ kind: "credit", count: taken.length });
      reading.resolve(taken);
      return;
    }
    if (this.#end === undefined) return;
    if (!this.#done) {
      this.#done = true;
      this.#put({ kind: "done" });
      this.#onDone();
    }
    if (reading === undefined) return;
    this.#reading = undefined;
    if (this.#end === null) reading.resolve(null);
    else reading.reject(this.#end);
  }

  #take(maxBytes: number): Uint8Array {
    const first = this.#chunks.shift() ?? new Uint8Array();
    if (first.length <= maxBytes) return first;
    this.#chunks.unshift(first.subarray(maxBytes));
    return first.subarray(0, maxBytes);
  }
}
