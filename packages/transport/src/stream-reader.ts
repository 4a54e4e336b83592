/**
 * Frames from a receive stream: bulk reads of up to 64 KiB, cut into frames by the shared decoder. Nothing is read ahead of
 * what one read brings, so a consumer that is slow slows its peer by QUIC's flow control.
 *
 * A clean end inside a frame is truncation and rejects (a sender that was collected or crashed looks like a clean end).
 * Owner: whoever opened or accepted the stream. Ended by the stream's end, a failure, or `stop`.
 */
import { DecodeError, FrameDecoder } from "@meshwork/protocol";
import type { BufferBudget } from "./buffer-budget.js";
import { LinkError, type LinkRecvStream } from "./link.js";
import type { FramedReader } from "./types.js";

const READ_BYTES = 65_536;

export interface StreamReaderOptions {
  readonly maxFrameBytes: number;
  /** More than so many frames are a violation; absent: any number. */
  readonly maxFrames?: number;
  readonly budget?: BufferBudget;
  /** Bytes of the stream that were read already (behind the tag). */
  readonly initial?: Uint8Array;
  /** Bytes came in, whether or not they complete a frame. */
  readonly onBytes?: () => void;
  /** Frames were taken from the wire; `bytes` counts length prefixes and payloads. */
  readonly onReceived?: (frames: number, bytes: number) => void;
  /** Once: nothing more will be read. `error` is absent after a clean end and after `stop`. */
  readonly onEnd?: (error: Error | undefined) => void;
}

export class StreamReader implements FramedReader {
  readonly #recv: LinkRecvStream;
  readonly #options: StreamReaderOptions;
  readonly #decoder: FrameDecoder;
  #frames: Uint8Array[] = [];
  #at = 0;
  #initial: Uint8Array | undefined;
  #bufferedBytes = 0;
  #framesLeft: number;
  #busy = false;
  #stopped = false;
  #result: { readonly error: Error | undefined } | undefined;

  constructor(recv: LinkRecvStream, options: StreamReaderOptions) {
    this.#recv = recv;
    this.#options = options;
    this.#decoder = new FrameDecoder(options.maxFrameBytes);
    this.#initial = options.initial;
    this.#framesLeft = options.maxFrames ?? Number.POSITIVE_INFINITY;
  }

  get ended(): boolean {
    return this.#result !== undefined;
  }

  next(): Promise<Uint8Array | null> {
    const frame = this.#frames[this.#at];
    if (frame !== undefined && !this.#stopped) {
      this.#take();
      return Promise.resolve(frame);
    }
    if (this.#result !== undefined) {
      return this.#result.error === undefined ? Promise.resolve(null) : Promise.reject(this.#result.error);
    }
    if (this.#busy) return Promise.reject(new LinkError("invalid-argument", "one reader per stream"));
    this.#busy = true;
    return this.#fill();
  }

  #take(): void {
    this.#at += 1;
    if (this.#at < this.#frames.length) return;
    this.#frames = [];
    this.#at = 0;
  }

  async #fill(): Promise<Uint8Array | null> {
    try {
      for (;;) {
        const chunk = this.#initial ?? (await this.#recv.read(READ_BYTES));
        this.#initial = undefined;
        if (this.#stopped) return null;
        if (chunk === null) {
          if (this.#decoder.end() === "truncated") throw new DecodeError("the stream ended inside a frame");
          this.#end(undefined);
          return null;
        }
        this.#options.onBytes?.();
        this.#decode(chunk);
        const frame = this.#frames[this.#at];
        if (frame !== undefined) {
          this.#take();
          return frame;
        }
      }
    } catch (error) {
      if (this.#stopped) return null;
      const failure = error instanceof Error ? error : new LinkError("closed", String(error));
      this.#end(failure);
      throw failure;
    } finally {
      this.#busy = false;
    }
  }

  #decode(chunk: Uint8Array): void {
    const frames = this.#decoder.push(chunk);
    this.#framesLeft -= frames.length;
    if (this.#framesLeft < 0) throw new DecodeError(`more than ${this.#options.maxFrames} frames on the stream`);
    this.#frames = frames;
    this.#at = 0;
    if (this.#frames.length > 0) {
      let bytes = 0;
      for (const frame of this.#frames) bytes += 4 + frame.length;
      this.#options.onReceived?.(this.#frames.length, bytes);
    }
    const held = this.#decoder.bufferedBytes;
    const within = this.#options.budget?.move(held - this.#bufferedBytes) ?? true;
    this.#bufferedBytes = held;
    if (!within) throw new DecodeError("unfinished frames above what may be held for the peer");
  }

  #end(error: Error | undefined): void {
    if (this.#result !== undefined) return;
    this.#result = { error };
    this.#options.budget?.move(-this.#bufferedBytes);
    this.#bufferedBytes = 0;
    this.#options.onEnd?.(error);
  }

  /** A pending `next()` answers `null`. */
  stop(code: number): void {
    if (this.#result !== undefined) {
      // After a decoding failure the stream itself is still open.
      if (this.#result.error !== undefined) this.#recv.stop(code);
      return;
    }
    this.#stopped = true;
    this.#frames = [];
    this.#at = 0;
    this.#recv.stop(code);
    this.#end(undefined);
  }
}
