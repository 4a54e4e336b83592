/**
 * A thin view: fewer neighbours than keep a random overlay in one piece. Gossip fills its views from peers that it has heard of; where all
 * came through one node, and that node dies, the survivors know no others and stay in pairs. The directory knows them.
 *
 * 1. Thin is below three neighbours, or below all the others where there are fewer than three.
 * 2. While it is, gossip is offered members after 1, 2, 4, … 60 s, ± 20 %: where nobody has room, the tries get rare.
 * 3. An observer, whom members with a full view turn away, needs it most: its only neighbours are newcomers, and where these die it
 *    misses the flood that tells of it.
 *
 * Pure. Owner: Membership; ends with it.
 */
import type { MemberView } from "./helpers.js";
import { jittered } from "./jitter.js";

const THIN_BELOW = 3;
const CANDIDATES = 8;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
const JITTER = 0.2;

export class ThinView {
  readonly #random: () => number;
  #attempt = 0;
  /** When to offer; never while the view is not thin. */
  dueAtMs = Number.POSITIVE_INFINITY;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Neighbours, and live members, oneself included. */
  view(neighbors: number, live: number, nowMs: number): void {
    if (neighbors >= Math.min(THIN_BELOW, live - 1)) {
      this.#attempt = 0;
      this.dueAtMs = Number.POSITIVE_INFINITY;
    } else if (!Number.isFinite(this.dueAtMs)) this.#arm(nowMs);
  }

  /** Members at random that are no neighbours. */
  offer(members: Pick<MemberView, "sample">, neighbors: ReadonlySet<string>, nowMs: number): string[] {
    this.#attempt++;
    this.#arm(nowMs);
    return members.sample(CANDIDATES, this.#random, (id) => !neighbors.has(id));
  }

  #arm(nowMs: number): void {
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#attempt, 10));
    this.dueAtMs = nowMs + jittered(delayMs, JITTER, this.#random);
  }
}
