/**
 * Whom to dial for healing: seeds, and members lost as dead or without a sign, each for 24 hours since it was last known to live.
 * Who is live in the directory is no target.
 *
 * Owner: Healing. Lost members leave when they come back or leave, after 24 hours, or as the longest lost above the bound; seeds when
 * another mesh is found there, and rest while they live.
 */
export const TARGET_TTL_MS = 86_400_000;
export const MAX_LOST_TARGETS = 1_024;
export const MAX_SEED_TARGETS = 64;

export interface HealingTarget {
  readonly id: string;
  /** ip:port, as last known. */
  readonly addresses: readonly string[];
}

interface Lost {
  readonly target: HealingTarget;
  sinceMs: number;
}

interface Seed extends Lost {
  live: boolean;
}

export class HealingTargets {
  /** In order of loss. */
  readonly #lost = new Map<string, Lost>();
  readonly #seeds = new Map<string, Seed>();

  /** Entries, whether due or not. */
  get size(): number {
    return this.#lost.size + this.#seeds.size;
  }

  seed(target: HealingTarget, nowMs: number): void {
    if (this.#seeds.size >= MAX_SEED_TARGETS && !this.#seeds.has(target.id)) return;
    const live = this.#seeds.get(target.id)?.live ?? false;
    this.#seeds.set(target.id, { target, sinceMs: nowMs, live });
  }

  lost(target: HealingTarget, nowMs: number): void {
    this.#rest(target.id, false, nowMs);
    this.#lost.delete(target.id);
    this.#lost.set(target.id, { target, sinceMs: nowMs });
    if (this.#lost.size <= MAX_LOST_TARGETS) return;
    const longestLost = this.#lost.keys().next().value;
    if (longestLost !== undefined) this.#lost.delete(longestLost);
  }

  /** What it was lost as, where it was. */
  alive(id: string, nowMs: number): HealingTarget | undefined {
    const lost = this.#lost.get(id);
    this.#lost.delete(id);
    this.#rest(id, true, nowMs);
    return lost?.target;
  }

  /** It left: only a seed is still worth a try. */
  left(id: string, nowMs: number): void {
    this.#lost.delete(id);
    this.#rest(id, false, nowMs);
  }

  /** Another mesh lives there. */
  refuse(id: string): void {
    this.#lost.delete(id);
    this.#seeds.delete(id);
  }

  isLost(id: string): boolean {
    return this.#lost.has(id);
  }

  has(id: string): boolean {
    return this.#lost.has(id) || this.#seeds.get(id)?.live === false;
  }

  /** False where there is certainly nobody to dial. */
  get any(): boolean {
    if (this.#lost.size > 0) return true;
    for (const { live } of this.#seeds.values()) if (!live) return true;
    return false;
  }

  /** Who may be dialled now. */
  due(nowMs: number): HealingTarget[] {
    const due = new Map<string, HealingTarget>();
    for (const [id, { target, sinceMs, live }] of this.#seeds) {
      if (!live && nowMs - sinceMs <= TARGET_TTL_MS) due.set(id, target);
    }
    for (const [id, { target, sinceMs }] of this.#lost) {
      if (nowMs - sinceMs > TARGET_TTL_MS) this.#lost.delete(id);
      else due.set(id, target);
    }
    return [...due.values()];
  }

  #rest(id: string, live: boolean, nowMs: number): void {
    const seed = this.#seeds.get(id);
    if (seed === undefined) return;
    seed.live = live;
    seed.sinceMs = nowMs;
  }
}
