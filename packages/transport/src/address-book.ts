/**
 * Where peers may be reached: newest first, at most `maxAddresses` each, least recently learned peers forgotten first. Owner:
 * the transport; entries leave by that bound or by `forget` (an old address costs one failed attempt, a missing one the peer).
 */
import { isNodeId, isSocketAddress } from "@meshwork/protocol";

export class AddressBook {
  readonly #maxPeers: number;
  readonly #maxAddresses: number;
  readonly #addresses = new Map<string, readonly string[]>();

  constructor(maxPeers: number, maxAddresses: number) {
    this.#maxPeers = maxPeers;
    this.#maxAddresses = maxAddresses;
  }

  get size(): number {
    return this.#addresses.size;
  }

  /** What is not `ip:port` is passed over: addresses come from other nodes. */
  learn(peerId: string, addresses: readonly string[]): void {
    if (!isNodeId(peerId)) return;
    const valid = addresses.slice(0, 4 * this.#maxAddresses).filter(isSocketAddress);
    if (valid.length === 0) return;
    const merged = [...new Set([...valid, ...this.known(peerId)])].slice(0, this.#maxAddresses);
    this.#addresses.delete(peerId);
    this.#addresses.set(peerId, merged);
    if (this.#addresses.size <= this.#maxPeers) return;
    const oldest = this.#addresses.keys().next().value;
    if (oldest !== undefined) this.#addresses.delete(oldest);
  }

  peers(): readonly string[] {
    return [...this.#addresses.keys()];
  }

  forget(peerId: string): void {
    this.#addresses.delete(peerId);
  }

  known(peerId: string): readonly string[] {
    return this.#addresses.get(peerId) ?? [];
  }
}
