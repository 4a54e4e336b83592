/**
 * Protobuf reading and writing for our own messages, over `@bufbuild/protobuf/wire`.
 *
 * Every decoder here keeps one promise: whatever the bytes are, it returns a checked value or throws `DecodeError`, and it
 * allocates no more than the input is long (times a constant). Unknown fields are skipped, so that a newer peer stays readable;
 * a known field of another wire type counts as unknown, as in the reference implementations; of a repeated scalar the last wins.
 */
import { BinaryReader, type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { DecodeError } from "../errors.js";

/** Tag values as they are on the wire: (field number << 3) | wire type. */
export const varintTag = (field: number): number => (field << 3) | WireType.Varint;
export const fixed64Tag = (field: number): number => (field << 3) | WireType.Bit64;
export const bytesTag = (field: number): number => (field << 3) | WireType.LengthDelimited;

export class ProtoReader extends BinaryReader {
  readonly #source: Uint8Array;

  constructor(source: Uint8Array) {
    super(source);
    this.#source = source;
  }

  get done(): boolean {
    return this.pos >= this.len;
  }

  /** Skips the field of this tag. Field number 0 and unmatched groups are errors. */
  skipField(tag: number): void {
    const field = tag >>> 3;
    if (field === 0) throw new DecodeError("field number 0", this.pos);
    this.skip(tag & 7, field);
  }

  /** An unsigned number that a double holds exactly. Most are small: the first four bytes are read without a bigint. */
  uint53(): number {
    const source = this.#source;
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const at = this.pos + i;
      if (at >= this.len) throw new DecodeError("a number is cut off", at);
      const byte = source[at]!;
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        this.pos = at + 1;
        return value;
      }
    }
    const big = Number(this.uint64());
    if (!Number.isSafeInteger(big)) throw new DecodeError("a number is above 2^53 - 1", this.pos);
    return big;
  }

  /** As `uint53`, at most 2^32 - 1. (The library's own `uint32` drops the bits above in silence.) */
  checkedUint32(): number {
    const value = this.uint53();
    if (value > 0xffff_ffff) throw new DecodeError("a number is above 2^32 - 1", this.pos);
    return value;
  }

  /** Bytes as a view on the input. */
  limitedBytes(maxBytes: number, what: string): Uint8Array {
    const start = this.pos;
    const bytes = this.bytes();
    if (bytes.length > maxBytes) throw new DecodeError(`${what} has ${bytes.length} bytes, at most ${maxBytes}`, start);
    return bytes;
  }

  exactBytes(length: number, what: string): Uint8Array {
    const start = this.pos;
    const bytes = this.bytes();
    if (bytes.length !== length) throw new DecodeError(`${what} has ${bytes.length} bytes instead of ${length}`, start);
    return bytes;
  }

  /** Valid UTF-8 of at most `maxBytes` bytes. */
  text(maxBytes: number, what: string): string {
    const start = this.pos;
    const length = this.checkedUint32();
    if (length > maxBytes) throw new DecodeError(`${what} has ${length} bytes, at most ${maxBytes}`, start);
    this.pos = start;
    return this.string(true);
  }

  /** 64 bits, as a boot nonce is kept: 16 hex digits. */
  hex64(): string {
    return BigInt(this.fixed64()).toString(16).padStart(16, "0");
  }
}

/** Runs a decoder so that nothing but `DecodeError` comes out of it. */
export function decodeProto<T>(
  bytes: Uint8Array,
  maxBytes: number,
  what: string,
  decode: (reader: ProtoReader) => T,
): T {
  if (bytes.length > maxBytes) throw new DecodeError(`${what} has ${bytes.length} bytes, at most ${maxBytes}`);
  const reader = new ProtoReader(bytes);
  try {
    return decode(reader);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DecodeError(`${what}: ${why}`, Math.min(reader.pos, bytes.length), { cause: error });
  }
}

/** Writes an unsigned number up to 2^53 - 1 as a varint; below 2^32 without a bigint. */
export function writeUint53(writer: BinaryWriter, value: number): BinaryWriter {
  return value <= 0xffff_ffff ? writer.uint32(value) : writer.uint64(BigInt(value));
}

export function writeHex64(writer: BinaryWriter, hex: string): BinaryWriter {
  return writer.fixed64(BigInt(`0x${hex}`));
}

/** For required fields: the value, or a `DecodeError` that names the field. */
export function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new DecodeError(`${field} is missing`);
  return value;
}

/** Printable ASCII only: text of strangers ends up in terminals and logs. */
export const PRINTABLE = /^[ -~]*$/;

export function printable(text: string, field: string): string {
  if (!PRINTABLE.test(text)) throw new DecodeError(`${field} is not printable ASCII`);
  return text;
}
