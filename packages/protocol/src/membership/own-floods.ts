/**
 * Obituaries and merged digests of ours that may have reached nobody. Gossip hands a broadcast to the neighbours of that moment; where all of them were
 * dead or cut off, which is known seconds later, it is lost. After a mass crash that befalls obituaries: of 100 nodes of which 30 died,
 * one death in thirty stayed unknown to all but its former neighbours. So the same bytes are broadcast again, which costs
 * nothing further on where they are known. (Records need no such care: a sync brings them.)
 *
 * 1. A broadcast is carried once one of the neighbours it was handed to is heard half a second after it or later.
 * 2. Until then it is repeated, every 1.7 s, and at once when a neighbour comes, to the neighbours of then, for 9 s: by then the dead
 *    among the neighbours are known and replaced. What it says was true when it was said: repeated for 30 s it outlived standstills, and
 *    buried who had thawed (docs/simulation.md).
 * 3. Of one subject (an accused, a merge) the latest alone counts.
 *
 * Bounds: 64 subjects, oldest first. Owner: Membership.
 */
const PROOF_AFTER_MS = 500;
/** The proof, a probe interval, and the way. */
const REPEAT_AFTER_MS = 1_700;
const GIVE_UP_AFTER_MS = 9_000;
const MAX_WAITING = 64;

interface Waiting {
  readonly content: Uint8Array;
  readonly sinceMs: number;
  /** The last attempt, and to whom. */
  atMs: number;
  to: readonly string[];
  dueAtMs: number;
}

export class OwnFloods {
  readonly #waiting = new Map<string, Waiting>();
  #nextAtMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#waiting.size;
  }

  get nextAtMs(): number {
    return this.#nextAtMs;
  }

  sent(subject: string, content: Uint8Array, to: Iterable<string>, nowMs: number): void {
    this.#waiting.delete(subject);
    this.#waiting.set(subject, {
      ...{ content, sinceMs: nowMs, atMs: nowMs, to: [...to] },
      dueAtMs: nowMs + REPEAT_AFTER_MS,
    });
    if (this.#waiting.size > MAX_WAITING) {
      const oldest = this.#waiting.keys().next().value;
      if (oldest !== undefined) this.#waiting.delete(oldest);
    }
    this.#nextAtMs = Math.min(this.#nextAtMs, nowMs + REPEAT_AFTER_MS);
  }

  neighborUp(nowMs: number): void {
    for (const waiting of this.#waiting.values()) {
      waiting.dueAtMs = Math.min(waiting.dueAtMs, Math.max(nowMs, waiting.atMs + PROOF_AFTER_MS));
      this.#nextAtMs = Math.min(this.#nextAtMs, waiting.dueAtMs);
    }
  }

  /** What it says is true no more. */
  forget(subject: string): void {
    this.#waiting.delete(subject);
  }

  /** What to broadcast again now, to `neighbors`. */
  due(neighbors: ReadonlySet<string>, lastHeardMs: (peer: string) => number | undefined, nowMs: number): Uint8Array[] {
    const again: Uint8Array[] = [];
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    for (const [subject, waiting] of this.#waiting) {
      const provenAtMs = waiting.atMs + PROOF_AFTER_MS;
      const carried = waiting.to.some((peer) => (lastHeardMs(peer) ?? Number.NEGATIVE_INFINITY) >= provenAtMs);
      if (carried || nowMs - waiting.sinceMs > GIVE_UP_AFTER_MS) {
        this.#waiting.delete(subject);
        continue;
      }
      if (nowMs >= waiting.dueAtMs) {
        waiting.atMs = nowMs;
        waiting.dueAtMs = nowMs + REPEAT_AFTER_MS;
        waiting.to = [...neighbors];
        if (waiting.to.length > 0) again.push(waiting.content);
      }
      this.#nextAtMs = Math.min(this.#nextAtMs, waiting.dueAtMs);
    }
    return again;
  }
}
