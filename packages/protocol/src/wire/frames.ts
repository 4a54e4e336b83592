/**
 * Frames on a stream: `length u32 big-endian`, then that many bytes. iroh-gossip and all of our own streams use them.
 *
 * The decoder is incremental and linear in the bytes received: a frame that lies within one chunk is a view of that chunk; one that
 * spans chunks is gathered in a buffer that doubles up to the announced length, so that an announced but never sent length
 * costs nothing, and the memory held is at most twice what the peer really sent (and never above `maxFrameBytes`).
 * Owner: the reader of one stream; it ends with the stream.
 */
import { DecodeError } from "../errors.js";

const HEADER_BYTES = 4;
const FIRST_BUFFER_BYTES = 1024;

/** The peer announced a frame above the limit. The stream cannot be read any further. */
export class FrameTooLargeError extends DecodeError {
  readonly frameBytes: number;
  readonly maxFrameBytes: number;
  constructor(frameBytes: number, maxFrameBytes: number) {
    super(`frame of ${frameBytes} bytes above the limit of ${maxFrameBytes}`);
    this.name = "FrameTooLargeError";
    this.frameBytes = frameBytes;
    this.maxFrameBytes = maxFrameBytes;
  }
}

/** One frame around `payload`. Throws RangeError when the length does not fit 32 bits. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length > 0xffff_ffff) throw new RangeError("payload above 2^32 - 1 bytes");
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export class FrameDecoder {
  readonly maxFrameBytes: number;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  /** Announced length of the frame being gathered; -1 while its header is incomplete. */
  #frameBytes = -1;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;
  #failure: FrameTooLargeError | undefined;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held of an incomplete frame (capacity, not fill). */
  get bufferedBytes(): number {
    return this.#headerFilled + (this.#body?.length ?? 0);
  }

  /**
   * Takes the next chunk and returns the frames it completes. They may be views of `chunk`: the caller must not write into it again.
   * Throws `FrameTooLargeError` for an announced length above the limit; frames completed before it are returned first,
   * and then the next call throws.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#failure !== undefined) throw this.#failure;
    const frames: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      if (this.#frameBytes < 0) {
        while (this.#headerFilled < HEADER_BYTES && at < chunk.length) {
          this.#header[this.#headerFilled++] = chunk[at++]!;
        }
        if (this.#headerFilled < HEADER_BYTES) return frames;
        const announced = new DataView(this.#header.buffer).getUint32(0);
        if (announced > this.maxFrameBytes) {
          this.#failure = new FrameTooLargeError(announced, this.maxFrameBytes);
          if (frames.length === 0) throw this.#failure;
          return frames;
        }
        this.#frameBytes = announced;
      }
      const available = chunk.length - at;
      if (this.#body === undefined && available >= this.#frameBytes) {
        frames.push(chunk.subarray(at, at + this.#frameBytes));
        at += this.#frameBytes;
        this.#reset();
        continue;
      }
      if (available === 0) return frames;
      const taken = Math.min(available, this.#frameBytes - this.#bodyFilled);
      const body = this.#reserve(this.#bodyFilled + taken);
      body.set(chunk.subarray(at, at + taken), this.#bodyFilled);
      this.#bodyFilled += taken;
      at += taken;
      if (this.#bodyFilled === this.#frameBytes) {
        frames.push(body);
        this.#reset();
      }
    }
  }

  /**
   * The stream has ended: between two frames (`clean`) or inside a length or body (`truncated`). Throws the pending
   * `FrameTooLargeError`, if any.
   */
  end(): "clean" | "truncated" {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#headerFilled === 0 && this.#frameBytes < 0 ? "clean" : "truncated";
  }

  #reset(): void {
    this.#headerFilled = 0;
    this.#frameBytes = -1;
    this.#body = undefined;
    this.#bodyFilled = 0;
  }

  /** Never larger than the announced length, so that a completed frame fills its buffer exactly. */
  #reserve(neededBytes: number): Uint8Array {
    const held = this.#body;
    if (held !== undefined && held.length >= neededBytes) return held;
    const grown = new Uint8Array(Math.min(this.#frameBytes, Math.max(FIRST_BUFFER_BYTES, neededBytes * 2)));
    if (held !== undefined) grown.set(held.subarray(0, this.#bodyFilled));
    this.#body = grown;
    return grown;
  }
}
