/**
 * The helper's side of an indirect probe: whom it tries for others, and when it signs that it could not reach somebody.
 *
 * 1. It tries live members alone, for live members alone, so many per asker and so many at a time: a stranger cannot make it dial.
 * 2. Who was heard within 1.5 s is vouched for without another probe; a question without a budget is about that alone.
 * 3. It signs for the version asked about, or its own where that is newer; for none that is beyond what it can believe.
 * 4. While its own clock is not to be trusted it declines; so does who has heard from others, within the time-out, that the target lives.
 *    For that it asks two of the target's neighbours, once a second: where paths are cut one by one, who asks may hear no voucher.
 * 5. Who holds it for dead tries as well: the signers of that obituary may have gone since.
 *
 * Owner: the node. Buckets, signs of life and what was asked leave as the longest unused above 256; a try ends with `settle`.
 */
import type { Accusation } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import { declaredNeighbors, type MemberView } from "./helpers.js";
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
const VOUCHERS = 2;
const VOUCHERS_EVERY_MS = 1_000;

export type WitnessDecision =
  | { readonly kind: "reply"; readonly reply: IndirectReply }
  /** Probe the target, dialling where there is no connection; then `settle`, within the budget. */
  /** `vouchers`: ask these, without a budget, whether they have heard the target. */
  | { readonly kind: "try"; readonly budgetMs: number; readonly vouchers: readonly string[] };

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
  /** When the neighbours of whom were last asked. */
  readonly #askedAtMs = new Map<string, number>();
  #turn = 0;
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
    if (budgetMs <= 0 || this.#tries >= MAX_TRIES) return DECLINED;
    this.#tries++;
    return {
      kind: "try",
      budgetMs: Math.min(budgetMs, MAX_BUDGET_MS),
      vouchers: this.#vouchersFor(accused, from, nowMs),
    };
  }

  /** In turn, since some of them may be as far from it as we are. */
  #vouchersFor(target: string, from: string, nowMs: number): string[] {
    if (nowMs - (this.#askedAtMs.get(target) ?? Number.NEGATIVE_INFINITY) < VOUCHERS_EVERY_MS) return [];
    setNewest(this.#askedAtMs, target, nowMs);
    const declared = declaredNeighbors(this.#members, target).filter((id) => id !== from);
    const first = declared.length === 0 ? 0 : this.#turn++ % declared.length;
    return [...declared.slice(first), ...declared.slice(0, first)].slice(0, VOUCHERS);
  }

  /** Somebody else has reached this member, or it has published. */
  heardOf(id: string, atMs: number): void {
    setNewest(this.#lifeAtMs, id, Math.max(this.#lifeAtMs.get(id) ?? Number.NEGATIVE_INFINITY, atMs));
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

function setNewest(times: Map<string, number>, id: string, atMs: number): void {
  times.delete(id);
  times.set(id, atMs);
  if (times.size <= MAX_LIFE_SIGNS) return;
  const oldest = times.keys().next().value;
  if (oldest !== undefined) times.delete(oldest);
}
