/**
 * One direction of a stream in memory: ordered bytes, back-pressure by a window, finish, reset, stop. The two ends talk
 * through `carry`, which delays (or, for a killed endpoint, swallows) what crosses. Ended by its connection at the latest.
 */
import { LinkError, type LinkRecvStream, type LinkSendStream } from "../link.js";

/** Runs `action` at the other end, in order, after the network's delay. */
export type Carry = (action: () => void) => void;

function checkCode(code: number): void {
  if (!Number.isSafeInteger(code) || code < 0) throw new LinkError("invalid-argument", `stream code ${code}`);
}

export class MemoryPipe {
  readonly send: LinkSendStream;
  readonly recv: LinkRecvStream;
  readonly #windowBytes: number;
  readonly #toReader: Carry;
  readonly #toWriter: Carry;
  readonly #onShown: () => void;
  readonly #onDone: () => void;
  // Writer's end.
  #inFlightBytes = 0;
  #writing: { resume: () => void; reject: (error: LinkError) => void } | undefined;
  #writeEnd: LinkError | undefined;
  // Reader's end.
  #shown = false;
  #done = false;
  #chunks: Uint8Array[] = [];
  #readEnd: LinkError | null | undefined;
  #reading:
    | { resolve: (bytes: Uint8Array | null) => void; reject: (error: LinkError) => void; max: number }
    | undefined;

  /** `onShown` runs once at the reader, with the first byte or end; `onDone` once, when nothing more can cross. */
  constructor(windowBytes: number, toReader: Carry, toWriter: Carry, onShown: () => void, onDone: () => void) {
    this.#windowBytes = windowBytes;
    this.#toReader = toReader;
    this.#toWriter = toWriter;
    this.#onShown = onShown;
    this.#onDone = onDone;
    this.send = {
      write: (bytes) => this.#write(bytes),
      finish: () => this.#finish(),
      reset: (code) => this.#reset(code),
    };
    this.recv = { read: (maxBytes) => this.#read(maxBytes), stop: (code) => this.#stop(code) };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#writeEnd !== undefined) throw this.#writeEnd;
    if (this.#writing !== undefined) throw new LinkError("invalid-argument", "overlapping writes on one stream");
    if (!(bytes instanceof Uint8Array)) throw new LinkError("invalid-argument", "not a Uint8Array");
    let start = 0;
    while (start < bytes.length) {
      const room = this.#windowBytes - this.#inFlightBytes;
      if (room <= 0) {
        await new Promise<void>((resume, reject) => {
          this.#writing = { resume, reject };
        });
        continue;
      }
      const chunk = bytes.slice(start, start + room);
      start += chunk.length;
      this.#inFlightBytes += chunk.length;
      this.#toReader(() => this.#receive(chunk));
    }
  }

  async #finish(): Promise<void> {
    if (this.#writeEnd !== undefined) return;
    if (this.#writing !== undefined) throw new LinkError("invalid-argument", "finish during a write");
    this.#writeEnd = new LinkError("closed", "the stream is finished");
    this.#toReader(() => {
      this.#show();
      this.#endReader(null);
    });
  }

  async #reset(code: number): Promise<void> {
    checkCode(code);
    if (this.#writeEnd !== undefined) return;
    this.#failWriter(new LinkError("closed", "the stream is reset"));
    this.#toReader(() => {
      this.#show();
      this.#chunks = [];
      this.#endReader(new LinkError("reset", "the peer reset the stream", { streamCode: code }));
    });
  }

  #failWriter(error: LinkError): void {
    this.#writeEnd ??= error;
    const writing = this.#writing;
    this.#writing = undefined;
    writing?.reject(this.#writeEnd);
  }

  #show(): void {
    if (this.#shown) return;
    this.#shown = true;
    this.#onShown();
  }

  #receive(chunk: Uint8Array): void {
    this.#show();
    if (this.#readEnd !== undefined) return;
    this.#chunks.push(chunk);
    this.#serve();
  }

  #endReader(how: LinkError | null): void {
    if (this.#readEnd === undefined) this.#readEnd = how;
    this.#serve();
  }

  #finished(): void {
    if (this.#done) return;
    this.#done = true;
    this.#toWriter(() => this.#onDone());
  }

  #serve(): void {
    const reading = this.#reading;
    const isWaiting = this.#chunks.length > 0;
    if (isWaiting && reading !== undefined) {
      this.#reading = undefined;
      const taken = this.#takeChunks(reading.max);
      this.#toWriter(() => {
        this.#inFlightBytes -= taken.length;
        const writing = this.#writing;
        this.#writing = undefined;
        writing?.resume();
      });
      reading.resolve(taken);
      return;
    }
    if (isWaiting || this.#readEnd === undefined) return;
    this.#finished();
    if (reading === undefined) return;
    this.#reading = undefined;
    if (this.#readEnd === null) reading.resolve(null);
    else reading.reject(this.#readEnd);
  }

  /** Everything that has arrived, up to `max` bytes, as one read would bring it. */
  #takeChunks(max: number): Uint8Array {
    const taken: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < max) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) break;
      const part = chunk.length <= max - bytes ? chunk : chunk.subarray(0, max - bytes);
      if (part !== chunk) this.#chunks.unshift(chunk.subarray(part.length));
      taken.push(part);
      bytes += part.length;
    }
    if (taken.length === 1) return taken[0] as Uint8Array;
    const all = new Uint8Array(bytes);
    let at = 0;
    for (const part of taken) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #read(maxBytes: number): Promise<Uint8Array | null> {
    if (this.#reading !== undefined) {
      return Promise.reject(new LinkError("invalid-argument", "overlapping reads on one stream"));
    }
    if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > 1 << 20) {
      return Promise.reject(new LinkError("invalid-argument", `read of ${maxBytes} bytes`));
    }
    return new Promise((resolve, reject) => {
      this.#reading = { resolve, reject, max: maxBytes };
      this.#serve();
    });
  }

  #stop(code: number): void {
    checkCode(code);
    if (this.#readEnd !== undefined) return;
    this.#chunks = [];
    this.#endReader(new LinkError("closed", "reading was stopped"));
    this.#toWriter(() => this.#failWriter(new LinkError("stopped", "the peer stopped reading", { streamCode: code })));
  }

  /** The connection is gone at the writer's end. */
  abandonWriter(error: LinkError): void {
    this.#failWriter(error);
  }

  /** The connection is gone at the reader's end; what has arrived can still be read. */
  abandonReader(error: LinkError): void {
    this.#endReader(error);
  }
}
