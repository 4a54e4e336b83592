/**
 * Frames onto a send stream: one queue per stream, bounded in bytes; a frame that finds the queue idle is written in the same
 * tick, frames that pile up meanwhile go out together, at most 64 KiB per write (a write blocks the main thread for
 * 35-65 ns per byte). Writes never overlap: the binding would reorder them.
 *
 * Owner: whoever opened or accepted the stream. Ended by finish, reset, a failed write, or its connection.
 */
import { MeshError } from "@meshwork/protocol";
import { MAX_WRITE_BYTES } from "./bytes.js";
import { LinkError, type LinkSendStream } from "./link.js";
import type { FramedWriter } from "./types.js";

const LENGTH_BYTES = 4;

export interface StreamWriterOptions {
  readonly maxQueuedBytes: number;
  /** Bytes per write, at most (and by default) 64 KiB. Less makes progress on a slow path visible sooner. */
  readonly maxWriteBytes?: number;
  /** Goes out before the first frame, in the same write where possible: tag and topic header. Not counted as a frame. */
  readonly prefix?: Uint8Array;
  /** Each time frames have been handed to the wire; `bytes` counts length prefixes and payloads. */
  readonly onSent?: (frames: number, bytes: number) => void;
  /** A write was handed to the link, or came back. For the stall watch. */
  readonly onBusy?: (writer: StreamWriter) => void;
  /** Once: nothing more will be written. */
  readonly onEnd?: () => void;
}

interface Waiting {
  readonly frame: Uint8Array;
  readonly resolve: (() => void) | undefined;
  readonly reject: ((error: Error) => void) | undefined;
}

export class StreamWriter implements FramedWriter {
  readonly #stream: LinkSendStream;
  readonly #options: StreamWriterOptions;
  readonly #queue: Waiting[] = [];
  /** Bytes of the first frame (prefix included) that are already handed over. */
  #headSent = 0;
  #queuedBytes = 0;
  #unsentFrames = 0;
  #prefix: Uint8Array | undefined;
  #writing = false;
  #failure: Error | undefined;
  #finishing: { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } | undefined;
  #ended = false;

  constructor(stream: LinkSendStream, options: StreamWriterOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#prefix = options.prefix;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get isWriting(): boolean {
    return this.#writing;
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(frame: Uint8Array): Promise<void> {
    const refusal = this.#refusal(frame);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => this.#enqueue({ frame, resolve, reject }));
  }

  tryWrite(frame: Uint8Array): boolean {
    if (this.#refusal(frame) !== undefined) return false;
    this.#enqueue({ frame, resolve: undefined, reject: undefined });
    return true;
  }

  #refusal(frame: Uint8Array): Error | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#finishing !== undefined) return new LinkError("closed", "the stream is finished");
    const after = this.#queuedBytes + LENGTH_BYTES + frame.length;
    // A frame above the bound may pass alone; otherwise it could never be sent.
    if (this.#queuedBytes > 0 && after > this.#options.maxQueuedBytes) {
      return new MeshError("MESH_E_OVERLOADED", `${this.#queuedBytes} bytes are waiting on this stream`);
    }
    return undefined;
  }

  #enqueue(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#queuedBytes += LENGTH_BYTES + waiting.frame.length;
    this.#unsentFrames += 1;
    if (!this.#writing) this.#pump();
  }

  /** Sends the prefix alone where no frame has taken it along by the end of this turn: the peer sees a stream by its first byte. */
  announce(): void {
    setImmediate(() => {
      if (this.#prefix !== undefined && !this.#writing && this.#failure === undefined) this.#pump();
    });
  }

  #pump(): void {
    const prefix = this.#prefix;
    if (this.#queue.length === 0 && prefix === undefined) return;
    const limit = this.#options.maxWriteBytes ?? MAX_WRITE_BYTES;
    const size = Math.min(limit, this.#queuedBytes + (prefix?.length ?? 0));
    const batch = new Uint8Array(size);
    let at = 0;
    if (prefix !== undefined) {
      batch.set(prefix, 0);
      at = prefix.length;
      this.#prefix = undefined;
    }
    const framesFrom = at;
    let doneFrames = 0;
    let doneBytes = 0;
    while (at < size) {
      const { frame } = this.#queue[doneFrames] as Waiting;
      at = this.#copyHead(frame, batch, at);
      if (this.#headSent < LENGTH_BYTES + frame.length) break;
      this.#headSent = 0;
      doneBytes += LENGTH_BYTES + frame.length;
      doneFrames += 1;
    }
    // Once per write: taking them off one by one would move a long queue each time.
    const done = this.#queue.splice(0, doneFrames);
    this.#writing = true;
    this.#options.onBusy?.(this);
    this.#stream.write(at === size ? batch : batch.subarray(0, at)).then(
      () => this.#written(done, at - framesFrom, doneBytes),
      (error: unknown) => this.#fail(error instanceof Error ? error : new LinkError("closed", String(error)), done),
    );
  }

  /** Copies what fits of the head frame and its length; returns where the batch goes on. */
  #copyHead(frame: Uint8Array, batch: Uint8Array, at: number): number {
    while (this.#headSent < LENGTH_BYTES && at < batch.length) {
      batch[at++] = (frame.length >>> (24 - 8 * this.#headSent)) & 0xff;
      this.#headSent += 1;
    }
    const from = this.#headSent - LENGTH_BYTES;
    const taken = Math.min(frame.length - from, batch.length - at);
    if (from < 0 || taken <= 0) return at;
    batch.set(taken === frame.length ? frame : frame.subarray(from, from + taken), at);
    this.#headSent += taken;
    return at + taken;
  }

  #written(done: readonly Waiting[], bytes: number, doneBytes: number): void {
    this.#writing = false;
    this.#queuedBytes -= bytes;
    this.#unsentFrames -= done.length;
    if (done.length > 0) this.#options.onSent?.(done.length, doneBytes);
    if (this.#failure === undefined) {
      if (this.#queue.length > 0 || this.#prefix !== undefined) this.#pump();
      else if (this.#finishing !== undefined) this.#finishStream();
    }
    for (const waiting of done) waiting.resolve?.();
  }

  #fail(error: Error, done: readonly Waiting[] = []): void {
    this.#writing = false;
    this.#failure ??= error;
    this.#prefix = undefined;
    this.#queuedBytes = 0;
    this.#headSent = 0;
    for (const waiting of done) waiting.reject?.(error);
    for (const waiting of this.#queue.splice(0)) waiting.reject?.(error);
    this.#finishing?.reject(error);
    this.#end();
    this.#unsentFrames = 0;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onEnd?.();
  }

  finish(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#finishing !== undefined) return this.#finishing.promise;
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((onDone, onError) => {
      resolve = onDone;
      reject = onError;
    });
    this.#finishing = { promise, resolve, reject };
    if (!this.#writing) {
      if (this.#prefix === undefined) this.#finishStream();
      else this.#pump();
    }
    return promise;
  }

  #finishStream(): void {
    this.#stream.finish().then(
      () => {
        this.#finishing?.resolve();
        this.#end();
      },
      (error: unknown) => this.#fail(error instanceof Error ? error : new LinkError("closed", String(error))),
    );
  }

  /** Frames that wait are dropped; returns at once. */
  reset(code: number): void {
    if (this.#ended) return;
    this.#finishing?.promise.catch(() => {});
    this.#stream.reset(code).catch(() => {});
    this.#fail(new LinkError("closed", "the stream is reset"));
  }

  /** Frames that the link has not taken yet, the write under way included; what a lost peer costs. */
  get unsentFrames(): number {
    return this.#unsentFrames;
  }
}
