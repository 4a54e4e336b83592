/**
 * Ids as text and as bytes. A node id is an Ed25519 public key: 32 bytes on the wire, 64 lower-case hex digits everywhere else.
 * A boot nonce is a random 64-bit number of one process start: 16 hex digits. Both are compared as text.
 */
import { DecodeError } from "./errors.js";

export const NODE_ID_BYTES = 32;
export const BOOT_NONCE_BYTES = 8;

const NODE_ID = /^[0-9a-f]{64}$/;
const BOOT_NONCE = /^[0-9a-f]{16}$/;

export function isNodeId(text: string): boolean {
  return NODE_ID.test(text);
}

export function isBootNonce(text: string): boolean {
  return BOOT_NONCE.test(text);
}

const DIGITS = "0123456789abcdef";
/** Character codes of the two digits of each byte value. */
const CODES = Uint8Array.from({ length: 512 }, (_, at) => DIGITS.charCodeAt(at % 2 === 0 ? at >> 5 : (at >> 1) & 15));
const codesOfId = new Uint8Array(2 * NODE_ID_BYTES);
const asciiDecoder = new TextDecoder("latin1");

/** By one decoding: digits put together one by one stay a tree of pieces, ten times as large as the text, for as long as it is kept. */
export function bytesToHex(bytes: Uint8Array): string {
  const codes = bytes.length === NODE_ID_BYTES ? codesOfId : new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const digits = 2 * bytes[i]!;
    codes[2 * i] = CODES[digits]!;
    codes[2 * i + 1] = CODES[digits + 1]!;
  }
  return asciiDecoder.decode(codes);
}

/** Throws `DecodeError` unless the text is an even number of hex digits. Upper case is read, never written. */
export function hexToBytes(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) throw new DecodeError(`${hex.length} hex digits are not whole bytes`);
  const bytes = new Uint8Array(hex.length / 2);
  hexInto(hex, bytes);
  return bytes;
}

/** Writes the bytes of an even number of hex digits to the start of `target`; throws `DecodeError` at any other character. */
export function hexInto(hex: string, target: Uint8Array): void {
  for (let i = 0; i < hex.length; i += 2) {
    const high = digitOf(hex.charCodeAt(i));
    const low = digitOf(hex.charCodeAt(i + 1));
    if (high < 0 || low < 0) throw new DecodeError("not a hex digit", high < 0 ? i : i + 1);
    target[i >> 1] = (high << 4) | low;
  }
}

function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

/** 32 bytes as a node id. Throws `DecodeError` for any other length. */
export function nodeIdFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== NODE_ID_BYTES) throw new DecodeError(`a node id of ${bytes.length} bytes instead of 32`);
  return bytesToHex(bytes);
}

/** A node id as its 32 bytes. Throws `DecodeError` when the text is no node id. */
export function nodeIdToBytes(id: string): Uint8Array {
  if (id.length !== 2 * NODE_ID_BYTES) throw new DecodeError(`a node id of ${id.length} digits instead of 64`);
  return hexToBytes(id);
}

/** A boot nonce from 8 random bytes. Throws `DecodeError` for any other length. */
export function bootNonceFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== BOOT_NONCE_BYTES) throw new DecodeError(`a boot nonce of ${bytes.length} bytes instead of 8`);
  return bytesToHex(bytes);
}
