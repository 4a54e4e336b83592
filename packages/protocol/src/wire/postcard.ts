/**
 * postcard 1.x primitives (https://postcard.jamesmunns.com/wire-format), as far as iroh-gossip/1 uses them.
 *
 * Unsigned integers are LEB128 varints of at most 3 (u16), 5 (u32) or 10 (u64) bytes; a longer than necessary form is accepted,
 * as the Rust decoder accepts it; enums are a varint u32 index and then their fields; structs have no tags.
 *
 * The reader throws `DecodeError` and nothing else. It never allocates by a claimed length: `length` compares the claim with
 * the bytes that are really there before anything is built from it. What it returns is copied, so that a message kept for
 * 30 s does not pin the network buffer it came in.
 */
import { DecodeError } from "../errors.js";
import { bytesToHex, NODE_ID_BYTES, nodeIdToBytes } from "../ids.js";

const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;
const U64_MAX = 0xffff_ffff_ffff_ffffn;
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Reads one value after the other from `bytes`. Owner: the decoding call; it does not outlive it. */
export class PostcardReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** A DecodeError at the present position. */
  error(message: string, offset: number = this.#offset): DecodeError {
    return new DecodeError(message, offset);
  }

  u8(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw this.error("unexpected end of input");
    this.#offset++;
    return byte;
  }

  u16(): number {
    return this.#varint(3, U16_MAX);
  }

  u32(): number {
    return this.#varint(5, U32_MAX);
  }

  u64(): bigint {
    const start = this.#offset;
    let value = 0n;
    for (let index = 0n; index < 10n; index++) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << (index * 7n);
      if (byte < 0x80) {
        if (value > U64_MAX) throw this.error("varint out of range", start);
        return value;
      }
    }
    throw this.error("varint too long", start);
  }

  bool(): boolean {
    const byte = this.u8();
    if (byte > 1) throw this.error(`bool must be 0 or 1, got ${byte}`, this.#offset - 1);
    return byte === 1;
  }

  /** True when a value follows. */
  some(): boolean {
    const byte = this.u8();
    if (byte > 1) throw this.error(`option must be 0 or 1, got ${byte}`, this.#offset - 1);
    return byte === 1;
  }

  /**
   * The length of a sequence whose elements take at least `minElementBytes` each. Refused when it exceeds `limit` or when that
   * many elements cannot be in what is left.
   */
  length(minElementBytes: number, limit: number = U32_MAX): number {
    const start = this.#offset;
    const length = this.#varint(10, Number.MAX_SAFE_INTEGER);
    if (length > limit) throw this.error(`length ${length} above the limit of ${limit}`, start);
    if (length * minElementBytes > this.remaining) throw this.error(`length ${length} exceeds the input`, start);
    return length;
  }

  /** Length-prefixed bytes, copied. */
  bytes(limit?: number): Uint8Array {
    return this.#take(this.length(1, limit));
  }

  /** `lengthBytes` raw bytes, copied. */
  fixed(lengthBytes: number): Uint8Array {
    if (this.remaining < lengthBytes) throw this.error("unexpected end of input");
    return this.#take(lengthBytes);
  }

  /** A 32-byte id as 64 hex digits. Whether a public key is a valid curve point is not checked here. */
  id(): string {
    if (this.remaining < NODE_ID_BYTES) throw this.error("unexpected end of input");
    const start = this.#offset;
    this.#offset += NODE_ID_BYTES;
    return bytesToHex(this.#bytes.subarray(start, this.#offset));
  }

  string(limit?: number): string {
    const start = this.#offset;
    const length = this.length(1, limit);
    const view = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    try {
      return utf8Decoder.decode(view);
    } catch (cause) {
      throw new DecodeError("string is not UTF-8", start, { cause });
    }
  }

  #take(lengthBytes: number): Uint8Array {
    const taken = this.#bytes.slice(this.#offset, this.#offset + lengthBytes);
    this.#offset += lengthBytes;
    return taken;
  }

  #varint(maxBytes: number, maxValue: number): number {
    const start = this.#offset;
    let value = 0;
    let factor = 1;
    for (let index = 0; index < maxBytes; index++) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > maxValue) throw this.error("varint out of range", start);
        return value;
      }
      factor *= 128;
    }
    throw this.error("varint too long", start);
  }
}

/** Builds one message. Values out of range are the caller's mistake: RangeError. Owner: the encoding call. */
export class PostcardWriter {
  #buffer: Uint8Array;
  #offset = 0;

  constructor(capacityBytes = 64) {
    this.#buffer = new Uint8Array(capacityBytes);
  }

  get lengthBytes(): number {
    return this.#offset;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#offset++] = value;
    return this;
  }

  u16(value: number): this {
    return this.#varint(value, U16_MAX);
  }

  u32(value: number): this {
    return this.#varint(value, U32_MAX);
  }

  u64(value: bigint): this {
    if (value < 0n || value > U64_MAX) throw new RangeError(`not a u64: ${value}`);
    while (value >= 0x80n) {
      this.u8(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    return this.u8(Number(value));
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** The tag of an option; the value, if any, is written next. */
  some(present: boolean): this {
    return this.u8(present ? 1 : 0);
  }

  length(value: number): this {
    return this.#varint(value, U32_MAX);
  }

  bytes(value: Uint8Array): this {
    return this.length(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#offset);
    this.#offset += value.length;
    return this;
  }

  /** 64 hex digits as 32 raw bytes. Throws `DecodeError` when the text is no id. */
  id(hex: string): this {
    return this.raw(nodeIdToBytes(hex));
  }

  string(value: string): this {
    return this.bytes(utf8Encoder.encode(value));
  }

  finish(): Uint8Array {
    return this.#offset === this.#buffer.length ? this.#buffer : this.#buffer.slice(0, this.#offset);
  }

  #varint(value: number, maxValue: number): this {
    if (!Number.isInteger(value) || value < 0 || value > maxValue)
      throw new RangeError(`not in 0..${maxValue}: ${value}`);
    while (value >= 0x80) {
      this.u8((value % 128) | 0x80);
      value = Math.floor(value / 128);
    }
    return this.u8(value);
  }

  #reserve(lengthBytes: number): void {
    const needed = this.#offset + lengthBytes;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#offset));
    this.#buffer = grown;
  }
}
