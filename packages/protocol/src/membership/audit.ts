/**
 * Audit, for those who die with all their neighbours: nobody watches them any more, so each node looks after a random member now
 * and then. A pure machine, one audit in turn at a time, and up to sixteen of doubts beside it.
 *
 *   asking      a declared neighbour of the target, one of our own       it vouches → lives
 *               where there is one; after 0.5 s two more, 1.5 s in all   one vouches → lives
 *   dialling    the auditor and two more dial it, 4.5 s                  one reaches it → lives
 *   condemned   0–300 ms, then the obituary
 *
 * 1. One random live member a minute; every 10 s for two minutes after three deaths within 10 s, and while somebody is suspected: a
 *    suspect and another in turns.
 * 2. Nobody is condemned but after 4.5 s in which the auditor's own dial and those of the helpers failed; without a witness only
 *    where none could be. Without one the target is suspected, and looked at again. Who heard no neighbour, and hears one again, was cut
 *    off itself: nobody is suspected for what failed meanwhile.
 * 3. Neighbours under watch are the detector's. Nothing begins, and nobody is condemned, while the own clock is not to be trusted.
 * 4. A doubted obituary (obituary-rules.ts) is looked into at once. Confirmed it takes effect here; refuted, the accused is told.
 * 5. Whoever is asked about one whom it has buried hands over the obituary: that is a witness too, and it need not be flooded again.
 * 6. An observer looks into doubts alone. Nobody answers its questions: where its own dial fails, the obituary holds.
 *
 * Bounds: 256 doubts, 32 suspects. Owner: the node, one for its own mesh.
 */
import type { Accusation, Obituary } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import { type AuditCase, noteSilence } from "./audit-case.js";
import type { IssueObituary } from "./detector-events.js";
import { declaredNeighbors, type MemberView, pickHelpers, shuffled } from "./helpers.js";
import { jittered } from "./jitter.js";
import type { LocalHealth } from "./local-health.js";
import { mayAccuseAlone } from "./obituary-rules.js";
import { DEAD_AFTER_MS } from "./suspicion.js";

export const AUDIT_INTERVAL_MS = 60_000;
export const ALARMED_INTERVAL_MS = 10_000;
export const ALARM_MS = 120_000;
const MASS_DEATHS = 3;
const MASS_WITHIN_MS = 10_000;
/** Audits of a mesh that was started at once must not fall together. */
const JITTER = 0.2;
const ASKED_NEIGHBORS = 3;
const ASK_BUDGET_MS = 1_000;
const ASKING_MS = 1_500;
/** So long the first one alone is asked: asking somebody who is no neighbour of ours opens a connection. */
const FIRST_ALONE_MS = 500;
const DIAL_HELPERS = 2;
/** Above the 4 s of unreachability that a rightful death asks for. */
const DIAL_BUDGET_MS = 4_200;
const DIALLING_MS = 4_500;
const MAX_ISSUE_WAIT_MS = 300;
const MAX_DOUBTS = 256;
const MAX_SUSPECTS = 32;
/** Who was away while many died has as many doubts: one after the other they would take 6 s each. */
const MAX_DOUBT_CASES = 16;
/** Between a doubt and its audit: what comes with the same sync may settle it. */
const DOUBT_GAP_MS = 200;
/** Between trying a doubted obituary as it is and issuing another. */
const CONFIRM_MS = 50;

export type AuditEvent =
  /** The answer to `ask`; none at all needs no event. An `unreached` comes with a verified signature. */
  | { readonly kind: "answer"; readonly target: string; readonly helper: string; readonly reply: IndirectReply }
  /** How `dial` went. Failures need not be told. */
  | { readonly kind: "dialed"; readonly target: string; readonly reached: boolean }
  /** It has become a neighbour: it lives, and is the detector's from now on. */
  | { readonly kind: "met"; readonly peer: string }
  /** A member was declared dead, by whomever. */
  | { readonly kind: "died"; readonly peer: string }
  /** No neighbour was heard, and now one is. */
  | { readonly kind: "reconnected" }
  /** It left, expired, or published anew: there is nothing to look after. */
  | { readonly kind: "gone"; readonly peer: string }
  /** `directory.applyObituary` was not sure. */
  | { readonly kind: "doubt"; readonly obituary: Obituary }
  /** An obituary of somebody under audit was handed over: by who was asked. */
  | { readonly kind: "told"; readonly obituary: Obituary }
  | { readonly kind: "tick" };

export type AuditOutput =
  | { readonly kind: "ask"; readonly helper: string; readonly accusation: Accusation; readonly budgetMs: number }
  /** Dial and ping it. */
  | { readonly kind: "dial"; readonly peer: string; readonly budgetMs: number }
  | { readonly kind: "suspected"; readonly peer: string }
  | { readonly kind: "refuted"; readonly peer: string }
  /** As the detector's. */
  | IssueObituary
  /** `directory.applyObituary(obituary, {})`; no broadcast. Where its signers may not accuse, nothing comes of it. */
  | { readonly kind: "confirm-obituary"; readonly obituary: Obituary }
  /** It lives: send it the obituary (probe frame `obituary`), so that it refutes. */
  | { readonly kind: "tell-accused"; readonly peer: string; readonly obituary: Obituary };

export interface AuditDecision {
  readonly outputs: readonly AuditOutput[];
  readonly nextAtMs: number;
}

export interface AuditOptions {
  readonly members: MemberView;
  readonly role: "member" | "observer";
  readonly health: LocalHealth;
  readonly random: () => number;
  /** True for neighbours that the detector watches. */
  readonly isWatched: (peer: string) => boolean;
}

export class Audit {
  readonly #members: MemberView;
  readonly #observes: boolean;
  readonly #health: LocalHealth;
  readonly #random: () => number;
  readonly #isWatched: (peer: string) => boolean;
  readonly #doubts = new Map<string, Obituary>();
  /** Ids that could not be reached, without a witness. */
  readonly #suspects = new Set<string>();
  #deathsAtMs: number[] = [];
  #alarmedUntilMs = Number.NEGATIVE_INFINITY;
  readonly #cases = new Map<string, AuditCase>();
  #suspectNext = false;
  #routineTarget: string | undefined;
  #nextRoutineAtMs: number | undefined;
  #nextDoubtAtMs = Number.POSITIVE_INFINITY;
  #nextAtMs = Number.POSITIVE_INFINITY;
  #outputs: AuditOutput[] = [];

  constructor(options: AuditOptions) {
    this.#members = options.members;
    this.#observes = options.role === "observer";
    this.#health = options.health;
    this.#random = options.random;
    this.#isWatched = options.isWatched;
  }

  get size(): number {
    return this.#doubts.size + this.#suspects.size + this.#cases.size;
  }

  isLookingAt(peer: string): boolean {
    return this.#cases.has(peer);
  }

  isAlarmed(nowMs: number): boolean {
    return nowMs < this.#alarmedUntilMs;
  }

  handle(event: AuditEvent, nowMs: number): AuditDecision {
    if (this.#health.isLate(this.#nextAtMs, nowMs)) {
      this.#health.late(nowMs, DEAD_AFTER_MS, nowMs - this.#nextAtMs);
      this.#restart(nowMs);
    }
    this.#note(event, nowMs);
    this.#evaluate(nowMs);
    this.#nextAtMs = this.#dueAtMs();
    const outputs = this.#outputs;
    this.#outputs = [];
    return { outputs, nextAtMs: this.#nextAtMs };
  }

  #note(event: AuditEvent, nowMs: number): void {
    switch (event.kind) {
      case "answer":
        this.#answer(event.target, event.helper, event.reply, nowMs);
        break;
      case "dialed": {
        const open = this.#cases.get(event.target);
        if (open === undefined) break;
        if (event.reached) this.#lives(event.target, nowMs);
        else open.pending--;
        break;
      }
      case "met":
        this.#lives(event.peer, nowMs);
        break;
      case "reconnected":
        for (const peer of [...this.#suspects]) this.#refute(peer);
        break;
      case "died":
        this.#forget(event.peer, nowMs);
        this.#countDeath(nowMs);
        break;
      case "gone":
        this.#refute(event.peer);
        this.#forget(event.peer, nowMs);
        break;
      case "doubt":
        if (this.#cases.has(event.obituary.accused) || this.#doubts.size >= MAX_DOUBTS) break;
        this.#doubts.set(event.obituary.accused, event.obituary);
        this.#nextDoubtAtMs = Math.min(this.#nextDoubtAtMs, nowMs + DOUBT_GAP_MS);
        break;
      case "told": {
        const open = this.#cases.get(event.obituary.accused);
        if (open === undefined || open.stage === "condemned") break;
        open.obituary = event.obituary;
        open.told = true;
        break;
      }
      case "tick":
        break;
      default:
        event satisfies never;
    }
  }

  /** What was learned before a standstill means nothing; doubts are looked into anew. */
  #restart(nowMs: number): void {
    for (const { target, obituary } of this.#cases.values()) {
      if (obituary !== undefined && this.#doubts.size < MAX_DOUBTS) this.#doubts.set(target, obituary);
    }
    this.#cases.clear();
    this.#routineTarget = undefined;
    this.#nextDoubtAtMs = nowMs + DOUBT_GAP_MS;
  }

  #answer(target: string, helper: string, reply: IndirectReply, nowMs: number): void {
    const open = this.#cases.get(target);
    if (open?.helpers.includes(helper) !== true) return;
    if (reply.outcome === "reached") this.#lives(target, nowMs);
    else noteSilence(open, helper, reply, this.#members.versionOf(target));
  }

  #countDeath(nowMs: number): void {
    this.#deathsAtMs = [...this.#deathsAtMs, nowMs]
      .filter((atMs) => nowMs - atMs <= MASS_WITHIN_MS)
      .slice(-MASS_DEATHS);
    if (this.#deathsAtMs.length < MASS_DEATHS) return;
    const wasAlarmed = this.isAlarmed(nowMs);
    this.#alarmedUntilMs = nowMs + ALARM_MS;
    if (wasAlarmed) return;
    this.#nextRoutineAtMs = Math.min(this.#nextRoutineAtMs ?? Number.POSITIVE_INFINITY, this.#draw(nowMs));
  }

  #forget(peer: string, nowMs: number): void {
    this.#suspects.delete(peer);
    this.#doubts.delete(peer);
    const open = this.#cases.get(peer);
    if (open !== undefined) this.#close(open, nowMs);
  }

  /** Suspected or under audit, it is neither any more. */
  #lives(peer: string, nowMs: number): void {
    this.#refute(peer);
    const open = this.#cases.get(peer);
    if (open === undefined) return;
    if (open.obituary !== undefined) this.#outputs.push({ kind: "tell-accused", peer, obituary: open.obituary });
    this.#close(open, nowMs);
  }

  #refute(peer: string): void {
    if (this.#suspects.delete(peer)) this.#outputs.push({ kind: "refuted", peer });
  }

  #close(open: AuditCase, nowMs: number): void {
    this.#cases.delete(open.target);
    if (open.target !== this.#routineTarget) return;
    this.#routineTarget = undefined;
    this.#nextRoutineAtMs = this.#draw(nowMs);
  }

  /** The single decision function: carries on and ends what is open, begins what is due. */
  #evaluate(nowMs: number): void {
    this.#nextRoutineAtMs ??= this.#draw(nowMs);
    for (const open of [...this.#cases.values()]) this.#carryOn(open, nowMs);
    if (nowMs >= this.#nextDoubtAtMs && this.#health.mayAccuse(nowMs)) this.#beginDoubts(nowMs);
    if (this.#routineTarget !== undefined || nowMs < this.#nextRoutineAtMs) return;
    this.#routineTarget = this.#health.mayAccuse(nowMs) ? this.#nextTarget() : undefined;
    if (this.#routineTarget === undefined) this.#nextRoutineAtMs = this.#draw(nowMs);
    else this.#begin(this.#routineTarget, undefined, nowMs);
  }

  #carryOn(open: AuditCase, nowMs: number): void {
    const { stage } = open;
    const over = nowMs >= open.untilMs;
    if (this.#members.versionOf(open.target) === undefined) this.#forget(open.target, nowMs);
    else if (stage === "asking" && (over || open.pending <= 0)) {
      if (open.others.length > 0) this.#askOthers(open, nowMs);
      else this.#dial(open, nowMs);
    } else if (stage === "dialling" && over) this.#judge(open, nowMs);
    else if (stage === "condemned" && over) this.#issue(open, nowMs);
  }

  #beginDoubts(nowMs: number): void {
    for (const [id, obituary] of this.#doubts) {
      if (this.#doubtCasesAreMany) break;
      this.#doubts.delete(id);
      if (this.#members.versionOf(id) !== undefined && !this.#cases.has(id)) this.#begin(id, obituary, nowMs);
    }
  }

  get #doubtCasesAreMany(): boolean {
    return this.#cases.size - (this.#routineTarget === undefined ? 0 : 1) >= MAX_DOUBT_CASES;
  }

  #begin(target: string, obituary: Obituary | undefined, nowMs: number): void {
    const declared = this.#observes ? [] : shuffled(declaredNeighbors(this.#members, target), this.#random);
    const ours = declared.filter((id) => this.#isWatched(id));
    const chosen = [...ours, ...declared.filter((id) => !ours.includes(id))].slice(0, ASKED_NEIGHBORS);
    const helpers = chosen.slice(0, 1);
    const others = chosen.slice(1);
    const open: AuditCase = {
      target,
      obituary,
      told: false,
      stage: "asking",
      untilMs: nowMs + (others.length > 0 ? FIRST_ALONE_MS : ASKING_MS),
      helpers,
      others,
      declined: new Set(),
      pending: helpers.length,
      witness: undefined,
    };
    this.#cases.set(target, open);
    this.#askAll(open, helpers, ASK_BUDGET_MS);
    if (helpers.length === 0) this.#dial(open, nowMs);
  }

  /** The first has not vouched: two more are asked. */
  #askOthers(open: AuditCase, nowMs: number): void {
    const { others } = open;
    open.helpers = [...open.helpers, ...others];
    open.others = [];
    open.pending += others.length;
    open.untilMs = nowMs + ASKING_MS - FIRST_ALONE_MS;
    this.#askAll(open, others, ASK_BUDGET_MS);
  }

  #nextTarget(): string | undefined {
    const accept = (id: string) => !this.#isWatched(id) && !this.#cases.has(id) && !this.#doubts.has(id);
    const [fresh] = this.#members.sample(1, this.#random, accept);
    const [suspect] = this.#suspects;
    this.#suspectNext = !this.#suspectNext;
    if (suspect === undefined || (fresh !== undefined && !this.#suspectNext)) return fresh;
    this.#suspects.delete(suspect);
    this.#suspects.add(suspect);
    return accept(suspect) ? suspect : fresh;
  }

  #dial(open: AuditCase, nowMs: number): void {
    open.stage = "dialling";
    open.untilMs = nowMs + DIALLING_MS;
    const helpers = this.#observes
      ? []
      : pickHelpers(this.#members, open.target, DIAL_HELPERS, this.#random, (id) => open.declined.has(id));
    open.helpers = helpers;
    open.pending = helpers.length + 1;
    this.#outputs.push({ kind: "dial", peer: open.target, budgetMs: DIAL_BUDGET_MS });
    this.#askAll(open, helpers, DIAL_BUDGET_MS);
  }

  #askAll({ target }: AuditCase, helpers: readonly string[], budgetMs: number): void {
    const held = this.#members.versionOf(target);
    if (held === undefined) return;
    const { generation, sequence } = held;
    const accusation = { mesh: this.#members.mesh, accused: target, generation, sequence };
    for (const helper of helpers) this.#outputs.push({ kind: "ask", helper, accusation, budgetMs });
  }

  #judge(open: AuditCase, nowMs: number): void {
    const isTold = this.#observes ? open.obituary !== undefined : open.told;
    const mayEnd = isTold || this.#mayIssue(open);
    if (mayEnd && this.#health.mayAccuse(nowMs)) {
      open.stage = "condemned";
      open.untilMs = nowMs + this.#random() * MAX_ISSUE_WAIT_MS;
      return;
    }
    this.#suspect(open, nowMs);
  }

  /** It was not reached, but that proves nothing: it is looked at again. */
  #suspect(open: AuditCase, nowMs: number): void {
    const { target } = open;
    if (
      !this.#observes &&
      this.#suspects.size < MAX_SUSPECTS &&
      !this.#suspects.has(target) &&
      this.#health.mayAccuse(nowMs)
    ) {
      this.#suspects.add(target);
      this.#outputs.push({ kind: "suspected", peer: target });
    }
    this.#close(open, nowMs);
  }

  #mayIssue({ target, witness }: AuditCase): boolean {
    return !this.#observes && (witness !== undefined || mayAccuseAlone(this.#members.unsuspectedBeside(target)));
  }

  #issue(open: AuditCase, nowMs: number): void {
    const { target, witness, obituary } = open;
    const held = this.#members.versionOf(target);
    if (held !== undefined && this.#health.mayAccuse(nowMs)) {
      if (obituary !== undefined) {
        // The mesh knows it already: where that obituary can be applied as it is, no other is flooded.
        open.obituary = undefined;
        open.untilMs = nowMs + CONFIRM_MS;
        this.#outputs.push({ kind: "confirm-obituary", obituary });
        return;
      }
      if (!this.#mayIssue(open)) {
        // Who signed it may accuse no more, and nobody has signed anew.
        this.#suspect(open, nowMs);
        return;
      }
      const { generation, sequence } = witness ?? held;
      this.#outputs.push({
        kind: "issue-obituary",
        accusation: { mesh: this.#members.mesh, accused: target, generation, sequence },
        witness: witness === undefined ? undefined : { id: witness.id, signature: witness.signature },
        tell: declaredNeighbors(this.#members, target),
      });
    }
    this.#suspects.delete(target);
    this.#close(open, nowMs);
  }

  /** A full interval from now on average. */
  #draw(nowMs: number): number {
    if (this.#observes) return Number.POSITIVE_INFINITY;
    const isUrgent = this.isAlarmed(nowMs) || this.#suspects.size > 0;
    const intervalMs = isUrgent ? ALARMED_INTERVAL_MS : AUDIT_INTERVAL_MS;
    return nowMs + jittered(intervalMs, JITTER, this.#random);
  }

  #dueAtMs(): number {
    const routineAtMs = this.#routineTarget === undefined ? this.#nextRoutineAtMs : undefined;
    let dueAtMs = routineAtMs ?? Number.POSITIVE_INFINITY;
    for (const { untilMs } of this.#cases.values()) dueAtMs = Math.min(dueAtMs, untilMs);
    if (this.#doubts.size === 0 || this.#doubtCasesAreMany) return dueAtMs;
    return Math.min(dueAtMs, Math.max(this.#nextDoubtAtMs, this.#health.mutedUntilMs));
  }
}
