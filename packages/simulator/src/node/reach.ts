/**
 * Whether peers can be reached: connects where there is no connection, and pings every 500 ms until a byte comes or the budget is
 * used up (`packages/node`, reach.ts).
 *
 * Owner: MembershipDriver. A try ends within its budget; the machine bounds their number.
 */
import type { SimNode } from "./sim-node.js";

const PING_GAP_MS = 500;

interface Try {
  readonly peer: number;
  readonly untilMs: number;
  readonly ended: (heardAgoMs: number | undefined) => void;
  over: boolean;
}

export class Reach {
  readonly #node: SimNode;
  readonly #tries = new Map<number, Set<Try>>();

  constructor(node: SimNode) {
    this.#node = node;
  }

  get size(): number {
    let size = 0;
    for (const tries of this.#tries.values()) size += tries.size;
    return size;
  }

  try(peer: number, budgetMs: number, ended: (heardAgoMs: number | undefined) => void): void {
    const attempt: Try = { peer, untilMs: this.#node.host.now() + budgetMs, ended, over: false };
    const tries = this.#tries.get(peer) ?? new Set();
    tries.add(attempt);
    this.#tries.set(peer, tries);
    this.#step(attempt);
  }

  /** A byte of the peer has come. */
  heard(peer: number): void {
    const tries = this.#tries.get(peer);
    if (tries === undefined) return;
    this.#tries.delete(peer);
    for (const attempt of tries) {
      attempt.over = true;
      attempt.ended(0);
    }
  }

  #step(attempt: Try): void {
    if (attempt.over) return;
    const { host } = this.#node;
    const leftMs = attempt.untilMs - host.now();
    if (leftMs <= 0) {
      const tries = this.#tries.get(attempt.peer);
      tries?.delete(attempt);
      if (tries?.size === 0) this.#tries.delete(attempt.peer);
      attempt.over = true;
      attempt.ended(undefined);
      return;
    }
    this.#node.ping(attempt.peer, true);
    host.timer(Math.min(PING_GAP_MS, leftMs), () => this.#step(attempt));
  }
}
