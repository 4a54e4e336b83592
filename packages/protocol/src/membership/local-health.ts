/**
 * Local health: how far this node may trust its own clock when it judges others (Lifeguard's local health awareness, Dadgar et al.
 * 2018, §IV-A, with signs that need no extra messages). Ill health only ever lengthens time-outs.
 *
 * The score rises by one when an own timer fires late, when the process resumes, and when others hold this node for dead; it
 * falls by one per 10 s without such a sign. Each point adds half of the time-out again, four at most: 3.7 s become 11.1 s.
 *
 * 1. Until one whole window after the last lateness has passed, this node accuses nobody: it neither issues nor witnesses.
 *
 * Owner: the node, one for detector, audit and witness together.
 */
export const LATE_MS = 250;
export const HEALING_MS = 10_000;
export const MAX_SCORE = 4;
const ONE_STANDSTILL_MS = 1_000;
/** After so late a timer what has piled up meanwhile is old: the standstill began up to a second before the timer was due. */
const OUTDATED_AFTER_MS = 2_500;

/** Factor on every time-out at this score. Never below 1. */
export function healthFactor(score: number): number {
  return 1 + 0.5 * Math.min(Math.max(score, 0), MAX_SCORE);
}

export class LocalHealth {
  #score = 0;
  #changedAtMs = 0;
  #lateAtMs = Number.NEGATIVE_INFINITY;
  #mutedUntilMs = Number.NEGATIVE_INFINITY;
  #outdatedUntilMs = Number.NEGATIVE_INFINITY;

  /** How late a timer may fire before the node doubts itself. */
  isLate(dueAtMs: number, nowMs: number): boolean {
    return Number.isFinite(dueAtMs) && nowMs - dueAtMs > LATE_MS;
  }

  /** The process stood still or was slow, by `lateMs` where that is known: nothing is judged for `windowMs`. */
  late(nowMs: number, windowMs: number, lateMs = 0): void {
    if (lateMs >= OUTDATED_AFTER_MS) this.#outdatedUntilMs = Math.max(this.#outdatedUntilMs, nowMs + windowMs);
    // Detector and audit both notice the same standstill: it counts once.
    if (nowMs - this.#lateAtMs > ONE_STANDSTILL_MS) this.#worsen(nowMs);
    this.#lateAtMs = nowMs;
    this.#mutedUntilMs = Math.max(this.#mutedUntilMs, nowMs + windowMs * healthFactor(this.#score));
  }

  /** Others hold this node for dead: it may well be slow, or badly connected. */
  accused(nowMs: number): void {
    this.#worsen(nowMs);
  }

  score(nowMs: number): number {
    this.#heal(nowMs);
    return this.#score;
  }

  factor(nowMs: number): number {
    return healthFactor(this.score(nowMs));
  }

  mayAccuse(nowMs: number): boolean {
    return nowMs >= this.#mutedUntilMs;
  }

  /** True where what others say may have waited in our sockets while we stood still. */
  isOutdated(nowMs: number): boolean {
    return nowMs < this.#outdatedUntilMs;
  }

  /** When it may accuse again; in the past where it may. */
  get mutedUntilMs(): number {
    return this.#mutedUntilMs;
  }

  #worsen(nowMs: number): void {
    this.#heal(nowMs);
    this.#score = Math.min(MAX_SCORE, this.#score + 1);
    this.#changedAtMs = nowMs;
  }

  #heal(nowMs: number): void {
    const healed = Math.min(this.#score, Math.floor((nowMs - this.#changedAtMs) / HEALING_MS));
    if (healed <= 0) return;
    this.#score -= healed;
    this.#changedAtMs += healed * HEALING_MS;
  }
}
