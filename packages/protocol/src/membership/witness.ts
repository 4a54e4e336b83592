/**
 * The helper's side of an indirect probe: whom it tries for others, and when it signs that it could not reach somebody.
 *
 * 1. It tries live members alone, for live members alone, so many per asker and so many at a time: a stranger cannot make it dial.
 * 2. Who was heard within 1.5 s is vouched for without another probe.
 * 3. It signs for the version asked about, or its own where that is newer; for none that is beyond what it can believe.
 * 4. While its own clock is not to be trusted it declines; so does who has heard from others, within the time-out, that the target lives.
 * 5. Who holds it for dead tries as well: the signers of that obituary may have gone since.
 *
 * Owner: the node. Buckets and signs of life leave as the longest unused above 256; a try ends with `settle`.
 */
import type { Accusation } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import type { MemberView } from "./helpers.js";
import type { LocalHealth } from "./local-health.js";
import { isPlausible, LIFE_SIGN_MS } from "./obituary-rules.js";
import { DEAD_AFTER_MS } from "./suspicion.js";
import { compareVersions, type RecordVersion } from "./version-order.js";

/** A detector asks a helper 2.5 times a second per suspect at the most; after a mass death it has five suspects. */
export const ASKS_PER_SECOND = 16;
export const ASK_BURST = 32;
export const MAX_TRIES = 64;
/** No try takes longer, whatever the asker allows. */
export const MAX_BUDGET_MS = 5_000;
const MAX_BUCKETS = 256;
const MAX_LIFE_SIGNS = 256;

export type WitnessDecision =
  | { readonly kind: "reply"; readonly reply: IndirectReply }
  /** Probe the target, dialling where there is no connection; then `settle`, within the budget. */
  | { readonly kind: "try"; readonly budgetMs: number };

export type WitnessVerdict =
  | { readonly kind: "reply"; readonly reply: IndirectReply }
  /** Sign `obituarySignatureInput(accusation, "witness")` and reply `unreached` with it. */
  | { readonly kind: "sign"; readonly accusation: Accusation };

const DECLINED = { kind: "reply", reply: { outcome: "declined" } } as const;

export class WitnessDesk {
  readonly #members: MemberView;
  readonly #health: LocalHealth;
  /** In order of use. */
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();
  /** When others last reached whom. */
  readonly #lifeAtMs = new Map<string, number>();
  #tries = 0;

  constructor(members: MemberView, health: LocalHealth) {
    this.#members = members;
    this.#health = health;
  }

  get size(): number {
    return this.#tries;
  }

  /** `heardAgoMs`: how long ago this node had a byte of the target, where it has a connection. */
  accept(
    from: string,
    { mesh, accused }: Accusation,
    budgetMs: number,
    heardAgoMs: number | undefined,
    nowMs: number,
  ): WitnessDecision {
    if (mesh !== this.#members.mesh || this.#members.versionOf(from) === undefined) return DECLINED;
    if (accused === this.#members.self) return reached(0);
    if (this.#held(accused) === undefined || !this.#takeToken(from, nowMs)) return DECLINED;
    if (heardAgoMs !== undefined && heardAgoMs <= LIFE_SIGN_MS) return reached(heardAgoMs);
    if (this.#tries >= MAX_TRIES) return DECLINED;
    this.#tries++;
    return { kind: "try", budgetMs: Math.min(budgetMs, MAX_BUDGET_MS) };
  }

  /** Somebody else has reached this member, or it has published. */
  heardOf(id: string, atMs: number): void {
    const known = this.#lifeAtMs.get(id) ?? Number.NEGATIVE_INFINITY;
    this.#lifeAtMs.delete(id);
    this.#lifeAtMs.set(id, Math.max(known, atMs));
    if (this.#lifeAtMs.size <= MAX_LIFE_SIGNS) return;
    const oldest = this.#lifeAtMs.keys().next().value;
    if (oldest !== undefined) this.#lifeAtMs.delete(oldest);
  }

  /** A try has ended: with a byte of the target `heardAgoMs` ago, or without (`undefined`). */
  settle(accusation: Accusation, heardAgoMs: number | undefined, nowMs: number): WitnessVerdict {
    this.#tries = Math.max(0, this.#tries - 1);
    if (heardAgoMs !== undefined) return reached(heardAgoMs);
    const held = this.#held(accusation.accused);
    if (held === undefined || !this.#health.mayAccuse(nowMs)) return DECLINED;
    const lifeAtMs = this.#lifeAtMs.get(accusation.accused);
    if (lifeAtMs !== undefined && nowMs - lifeAtMs < DEAD_AFTER_MS) return DECLINED;
    const newer = compareVersions(held, accusation) > 0;
    if (!newer && !isPlausible(accusation, held)) return DECLINED;
    const { generation, sequence } = newer ? held : accusation;
    return { kind: "sign", accusation: { ...accusation, generation, sequence } };
  }

  #held(id: string): RecordVersion | undefined {
    return this.#members.versionOf(id) ?? this.#members.deadVersionOf(id);
  }

  #takeToken(from: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(from) ?? { tokens: ASK_BURST, atMs: nowMs };
    const refill = (Math.max(0, nowMs - bucket.atMs) / 1_000) * ASKS_PER_SECOND;
    bucket.tokens = Math.min(ASK_BURST, bucket.tokens + refill);
    bucket.atMs = nowMs;
    this.#buckets.delete(from);
    this.#buckets.set(from, bucket);
    if (this.#buckets.size > MAX_BUCKETS) {
      const longestUnused = this.#buckets.keys().next().value;
      if (longestUnused !== undefined) this.#buckets.delete(longestUnused);
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function reached(heardAgoMs: number): { readonly kind: "reply"; readonly reply: IndirectReply } {
  return { kind: "reply", reply: { outcome: "reached", heardAgoMs } };
}
