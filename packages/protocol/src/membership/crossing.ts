/**
 * Whether a link of one's own leads to those who came back after a split. An instant between two cuts is enough for the records to cross,
 * and who has a full view turns away all who ask without need: then everybody is live to everybody, and the overlay stays in two.
 *
 * 1. Where two who were lost come back, less than 5 s between them, three nodes of each part, drawn by lot, look; so does whoever has
 *    found one by a dial of its own. After a pause it is another split that is over: who came back before is of the own part by now.
 * 2. A look, after 5 s and every 10 s from then on: where no neighbour is one of those who came back, one of them is dialled, and joined
 *    with High priority. Two looks that have found a link, or made one, end it; a dial that fails counts for none. So do ten minutes.
 *
 * Pure. Bound: 1,024 who came back. Owner: Healing. All ends with the looks; without any, after a minute. Who is lost anew or leaves is out.
 */
import type { HealingTarget } from "./healing-targets.js";
import { jittered } from "./jitter.js";

export const FIRST_LOOK_MS = 5_000;
export const LOOK_AFTER_MS = 10_000;
export const MAX_RETURNED = 1_024;
const EPISODE_MS = 60_000;
const PAUSE_MS = 5_000;
const GIVE_UP_AFTER_MS = 600_000;
/** While another dial is under way. */
const BUSY_MS = 1_000;
const LOOKERS = 3;
const LOOKS = 2;
const JITTER = 0.3;

interface Episode {
  readonly sinceMs: number;
  looks: boolean;
  dueAtMs: number;
  /** Looks that are still to find a link, or to make one. */
  left: number;
}

export class Crossing {
  readonly #random: () => number;
  readonly #returned = new Map<string, HealingTarget>();
  #episode: Episode | undefined;
  #returnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(random: () => number) {
    this.#random = random;
  }

  get size(): number {
    return this.#returned.size;
  }

  get nextAtMs(): number {
    return this.#episode?.dueAtMs ?? Number.POSITIVE_INFINITY;
  }

  has(id: string): boolean {
    return this.#returned.has(id);
  }

  delete(id: string): void {
    this.#returned.delete(id);
  }

  /** A lost member is live again. `live`: members of the own part by now, oneself included. */
  returned(target: HealingTarget, live: number, nowMs: number): void {
    if (nowMs - this.#returnedAtMs > PAUSE_MS) {
      this.#returned.clear();
      if (this.#episode !== undefined) this.#episode.left = LOOKS;
    }
    this.#returnedAtMs = nowMs;
    const episode = this.#note(target, nowMs);
    if (this.#returned.size === 2 && this.#random() < LOOKERS / live) this.#look(episode, nowMs);
  }

  /** A dial of our own has reached one that was lost. */
  found(target: HealingTarget, nowMs: number): void {
    const episode = this.#note(target, nowMs);
    if (episode.looks) this.#linked(episode);
    else this.#look(episode, nowMs);
  }

  /** Whom to dial now, where a dial is `free`. */
  due(neighbors: ReadonlySet<string>, free: boolean, nowMs: number): HealingTarget | undefined {
    const episode = this.#episode;
    if (episode === undefined || nowMs < episode.dueAtMs) return undefined;
    if (!episode.looks || this.#returned.size === 0 || nowMs - episode.sinceMs > GIVE_UP_AFTER_MS) this.#end();
    else if (!free) episode.dueAtMs = nowMs + BUSY_MS;
    else {
      episode.dueAtMs = this.#after(LOOK_AFTER_MS, nowMs);
      if ([...neighbors].some((id) => this.#returned.has(id))) this.#linked(episode);
      else return [...this.#returned.values()][Math.floor(this.#random() * this.#returned.size)];
    }
    return undefined;
  }

  #note(target: HealingTarget, nowMs: number): Episode {
    if (this.#returned.size < MAX_RETURNED) this.#returned.set(target.id, target);
    this.#episode ??= { sinceMs: nowMs, looks: false, dueAtMs: nowMs + EPISODE_MS, left: LOOKS };
    return this.#episode;
  }

  #look(episode: Episode, nowMs: number): void {
    if (episode.looks) return;
    episode.looks = true;
    episode.dueAtMs = this.#after(FIRST_LOOK_MS, nowMs);
  }

  #linked(episode: Episode): void {
    if (--episode.left <= 0) this.#end();
  }

  #end(): void {
    this.#episode = undefined;
    this.#returned.clear();
  }

  #after(delayMs: number, nowMs: number): number {
    return nowMs + jittered(delayMs, JITTER, this.#random);
  }
}
