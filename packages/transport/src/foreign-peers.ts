/** Ids that refused `/meshwork/1`: dialled on `/iroh-gossip/1` first for ten minutes. Bounded; oldest forgotten first. */
export class ForeignPeers {
  readonly #limit: number;
  readonly #memoryMs: number;
  readonly #untilMs = new Map<string, number>();

  constructor(limit: number, memoryMs: number) {
    this.#limit = limit;
    this.#memoryMs = memoryMs;
  }

  get size(): number {
    return this.#untilMs.size;
  }

  remember(peerId: string, nowMs: number): void {
    this.#untilMs.delete(peerId);
    this.#untilMs.set(peerId, nowMs + this.#memoryMs);
    if (this.#untilMs.size <= this.#limit) return;
    const oldest = this.#untilMs.keys().next().value;
    if (oldest !== undefined) this.#untilMs.delete(oldest);
  }

  forget(peerId: string): void {
    this.#untilMs.delete(peerId);
  }

  has(peerId: string, nowMs: number): boolean {
    const until = this.#untilMs.get(peerId);
    if (until === undefined) return false;
    if (nowMs < until) return true;
    this.#untilMs.delete(peerId);
    return false;
  }
}
