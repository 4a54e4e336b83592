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

export interface DigestedEntry extends RecordVersion {
  readonly id: string;
}

interface Contribution {
  readonly hash: Hash;
  readonly bucket: number;
  readonly low: number;
  readonly high: number;
}

/** What each entry adds: it is asked for when the entry comes and when it goes, in each directory of the process. Goes with the entry. */
const contributions = new WeakMap<DigestedEntry, Contribution>();

export class DirectoryDigest {
  readonly #hash: Hash;
  readonly #words = new Uint32Array(2 * BUCKETS);
  readonly #input = new Uint8Array(48);
  readonly #view = new DataView(this.#input.buffer);

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Adds an entry that is absent, removes one that is present. */
  toggle(entry: DigestedEntry): void {
    const { bucket, low, high } = this.#contributionOf(entry);
    this.#words[2 * bucket]! ^= low;
    this.#words[2 * bucket + 1]! ^= high;
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

  #contributionOf(entry: DigestedEntry): Contribution {
    const known = contributions.get(entry);
    if (known?.hash === this.#hash) return known;
    hexInto(entry.id, this.#input);
    this.#writeUint53(32, entry.generation);
    this.#writeUint53(40, entry.sequence);
    const digest = this.#hash(this.#input);
    const word = (at: number) =>
      digest[at]! | (digest[at + 1]! << 8) | (digest[at + 2]! << 16) | (digest[at + 3]! << 24);
    const computed = { hash: this.#hash, bucket: this.#input[0]!, low: word(0), high: word(4) };
    contributions.set(entry, computed);
    return computed;
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
