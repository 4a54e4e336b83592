/**
 * Digest of a set of (id, generation, sequence), kept up to date entry by entry, so that comparing two directories costs no walk
 * over either. 256 buckets by the first byte of the id, 8 bytes each: the XOR of the first 8 bytes of
 * hash(id, generation u64 BE, sequence u64 BE). Coarser digests are XORs of finer ones.
 *
 * XOR lets whoever mints many ids craft sets that cancel out; all it gains is that a sync overlooks a difference until the next
 * change, and gossip still carries each record. Owner: Members; 2 KiB per directory.
 */
import { hexInto } from "../ids.js";
import type { RecordVersion } from "./version-order.js";

export type Hash = (bytes: Uint8Array) => Uint8Array;

/** 0: one digest of everything; 4: 16 buckets; 8: 256. */
export type DigestBits = 0 | 4 | 8;

export const DIGEST_BYTES = 8;
const BUCKETS = 256;

export class DirectoryDigest {
  readonly #hash: Hash;
  readonly #words = new Uint32Array(2 * BUCKETS);
  readonly #input = new Uint8Array(48);
  readonly #view = new DataView(this.#input.buffer);

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Adds an entry that is absent, removes one that is present. */
  toggle(id: string, version: RecordVersion): void {
    hexInto(id, this.#input);
    this.#writeUint53(32, version.generation);
    this.#writeUint53(40, version.sequence);
    const digest = this.#hash(this.#input);
    const bucket = this.#input[0]!;
    for (let i = 0; i < DIGEST_BYTES; i++) this.#words[2 * bucket + (i >> 2)]! ^= digest[i]! << (8 * (i & 3));
  }

  /** 2^bits digests of 8 bytes each, in order of their buckets. */
  at(bits: DigestBits): Uint8Array {
    const folded = new Uint32Array(2 << bits);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const target = bucket >> (8 - bits);
      folded[2 * target]! ^= this.#words[2 * bucket]!;
      folded[2 * target + 1]! ^= this.#words[2 * bucket + 1]!;
    }
    const bytes = new Uint8Array(DIGEST_BYTES << bits);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < folded.length; i++) view.setUint32(4 * i, folded[i]!, true);
    return bytes;
  }

  #writeUint53(offset: number, value: number): void {
    this.#view.setUint32(offset, Math.floor(value / 2 ** 32));
    this.#view.setUint32(offset + 4, value >>> 0);
  }
}

/** The bucket of an id at this many bits. */
export function bucketOf(id: string, bits: DigestBits): number {
  return Number.parseInt(id.slice(0, 2), 16) >> (8 - bits);
}
