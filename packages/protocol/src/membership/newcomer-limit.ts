/**
 * How many new identities a neighbour may deliver: a token bucket each. Keys cost nothing to make, so that without it one hostile
 * neighbour could fill every directory of the mesh at wire speed. An honest burst above it arrives by sync, which is bounded
 * on its own.
 *
 * Owner: Directory. A bucket leaves once it is full again, never before, else who comes and goes would have a burst each time; or as
 * the longest unused above `MAX_BUCKETS`.
 */
export const NEWCOMER_BURST = 2_000;
export const NEWCOMERS_PER_SECOND = 50;
const MAX_BUCKETS = 256;

interface Bucket {
  tokens: number;
  atMs: number;
}

export class NewcomerLimit {
  /** In order of use, so that the first is the longest unused. */
  readonly #buckets = new Map<string, Bucket>();

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token of this neighbour; false where it has none left. */
  take(neighbor: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(neighbor) ?? { tokens: NEWCOMER_BURST, atMs: nowMs };
    bucket.tokens = tokensAt(bucket, nowMs);
    bucket.atMs = nowMs;
    this.#buckets.delete(neighbor);
    this.#buckets.set(neighbor, bucket);
    if (this.#buckets.size > MAX_BUCKETS) {
      for (const longestUnused of this.#buckets.keys()) {
        this.#buckets.delete(longestUnused);
        break;
      }
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** A full bucket says no more than none. */
  sweep(nowMs: number): void {
    for (const [neighbor, bucket] of this.#buckets)
      if (tokensAt(bucket, nowMs) >= NEWCOMER_BURST) this.#buckets.delete(neighbor);
  }
}

function tokensAt({ tokens, atMs }: Bucket, nowMs: number): number {
  return Math.min(NEWCOMER_BURST, tokens + (Math.max(0, nowMs - atMs) / 1_000) * NEWCOMERS_PER_SECOND);
}
