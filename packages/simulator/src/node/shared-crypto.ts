/**
 * Hashes and signatures of a run: BLAKE3 and Ed25519 are computed for real, once per payload, and then shared by all nodes. Only a
 * simulator may do that: the nodes it holds pass on the very same bytes, and a payload that differs is computed anew.
 *
 * Hashes go by the payload object (gossip forwards it unchanged), verifications by signature and message. Owner: the cluster;
 * the verification memory is bounded, oldest first.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { createBLAKE3 } from "hash-wasm";
import type { Random } from "../core/random.js";

export type Hash = (bytes: Uint8Array) => Uint8Array;

const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const VERIFIED_CAPACITY = 65_536;

export interface KeyPair {
  /** The public key, 64 hex digits. */
  readonly id: string;
  sign(message: Uint8Array): Uint8Array;
}

const hasher = await createBLAKE3();

export class SharedCrypto {
  hashesComputed = 0;
  verificationsComputed = 0;
  readonly #hashes = new WeakMap<Uint8Array, Uint8Array>();
  /** Of the hosts: making one from its id takes as long as verifying with it. */
  readonly #publicKeys = new Map<string, KeyObject>();
  readonly #verified = new Map<string, { readonly message: Uint8Array; readonly holds: boolean }>();

  readonly hash: Hash = (bytes) => {
    const known = this.#hashes.get(bytes);
    if (known !== undefined) return known;
    this.hashesComputed++;
    const digest = hasher.init().update(bytes).digest("binary");
    this.#hashes.set(bytes, digest);
    return digest;
  };

  /** For small inputs that are made anew each time, as the directory's digests: nothing is kept. */
  readonly plainHash: Hash = (bytes) => hasher.init().update(bytes).digest("binary");

  keyPair(random: Random): KeyPair {
    const der = Buffer.concat([PKCS8_PREFIX, random.bytes(32)]);
    const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const publicKey = createPublicKey(privateKey);
    const { x } = publicKey.export({ format: "jwk" });
    const id = Buffer.from(x as string, "base64url").toString("hex");
    this.#publicKeys.set(id, publicKey);
    return { id, sign: (message) => sign(null, message, privateKey) };
  }

  verify(id: string, message: Uint8Array, signature: Uint8Array): boolean {
    const key = `${id}${Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("hex")}`;
    const known = this.#verified.get(key);
    if (known !== undefined && Buffer.compare(known.message, message) === 0) return known.holds;
    this.verificationsComputed++;
    const holds = verify(null, message, this.#publicKeys.get(id) ?? publicKeyOf(id), signature);
    this.#verified.set(key, { message, holds });
    if (this.#verified.size > VERIFIED_CAPACITY) {
      for (const oldest of this.#verified.keys()) {
        this.#verified.delete(oldest);
        break;
      }
    }
    return holds;
  }
}

function publicKeyOf(id: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, Buffer.from(id, "hex")]), format: "der", type: "spki" });
}
