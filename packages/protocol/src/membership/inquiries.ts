/**
 * Questions about a third: those that this node asks helpers, those that it is asked as a helper, and its own attempts to reach
 * somebody. Each is under a number until its end is reported; what an end means is handed back.
 *
 * 1. An `unreached` is believed only with a signature that holds for the very version it names.
 * 2. Who is asked and tries answers in any case, once.
 *
 * Bounds: 256 questions and 256 tries, oldest first; witness.ts. Owner: Membership.
 */
import { type Accusation, obituarySignatureInput, verifyWitness } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import type { AuditEvent } from "./audit.js";
import type { DetectorEvent } from "./detector-events.js";
import type { MembershipEvent, MembershipOutput } from "./membership-events.js";
import { Pending } from "./pending.js";
import type { WitnessDesk } from "./witness.js";

const MAX_PENDING = 256;

type Asker = {
  readonly by: "detector" | "audit" | "witness";
  readonly helper: string;
  readonly accusation: Accusation;
};
type Trier =
  | { readonly by: "audit"; readonly peer: string }
  | { readonly by: "witness"; readonly ask: number; readonly accusation: Accusation };

/** The end of an inquiry: an answer to send, or news for one of the machines. Nothing where it was forgotten, or a forgery. */
export type InquiryEnd =
  | { readonly to: "peer"; readonly output: MembershipOutput }
  | { readonly to: "detector"; readonly event: DetectorEvent }
  | { readonly to: "audit"; readonly event: AuditEvent }
  | { readonly to: "nobody"; readonly forged: boolean };

export interface InquiriesOptions {
  readonly desk: WitnessDesk;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly verify: (id: string, message: Uint8Array, signature: Uint8Array) => boolean;
}

export class Inquiries {
  readonly #options: InquiriesOptions;
  readonly #asks = new Pending<Asker>(MAX_PENDING);
  readonly #tries = new Pending<Trier>(MAX_PENDING);

  constructor(options: InquiriesOptions) {
    this.#options = options;
  }

  sizes(): Record<"asksPending" | "triesPending" | "witnessTries", number> {
    return { asksPending: this.#asks.size, triesPending: this.#tries.size, witnessTries: this.#options.desk.size };
  }

  ask(by: Asker["by"], helper: string, accusation: Accusation, budgetMs: number): MembershipOutput {
    return { kind: "ask", ask: this.#asks.add({ by, helper, accusation }), helper, accusation, budgetMs };
  }

  /** A member has given a sign of life elsewhere. */
  heardOf(id: string, atMs: number): void {
    this.#options.desk.heardOf(id, atMs);
  }

  /** The audit's own attempt. */
  try(peer: string, budgetMs: number): MembershipOutput {
    return { kind: "try", attempt: this.#tries.add({ by: "audit", peer }), peer, budgetMs };
  }

  /** A peer asks. `heardAgoMs`: of the accused, where there is a connection to it. */
  asked(
    { ask, from, accusation, budgetMs }: Extract<MembershipEvent, { kind: "asked" }>,
    heardAgoMs: number | undefined,
    nowMs: number,
  ): MembershipOutput[] {
    const decision = this.#options.desk.accept(from, accusation, budgetMs, heardAgoMs, nowMs);
    if (decision.kind === "reply") return [{ kind: "reply", ask, reply: decision.reply }];
    const attempt = this.#tries.add({ by: "witness", ask, accusation });
    const questions = decision.vouchers.map((helper) => this.ask("witness", helper, accusation, 0));
    return [{ kind: "try", attempt, peer: accusation.accused, budgetMs: decision.budgetMs }, ...questions];
  }

  tried(attempt: number, heardAgoMs: number | undefined, nowMs: number): InquiryEnd {
    const trier = this.#tries.take(attempt);
    if (trier === undefined) return NOTHING;
    if (trier.by === "audit") {
      return { to: "audit", event: { kind: "dialed", target: trier.peer, reached: heardAgoMs !== undefined } };
    }
    const { ask } = trier;
    const verdict = this.#options.desk.settle(trier.accusation, heardAgoMs, nowMs);
    if (verdict.kind === "reply") return { to: "peer", output: { kind: "reply", ask, reply: verdict.reply } };
    const { generation, sequence } = verdict.accusation;
    const signature = Uint8Array.from(this.#options.sign(obituarySignatureInput(verdict.accusation, "witness")));
    const reply: IndirectReply = { outcome: "unreached", generation, sequence, signature };
    return { to: "peer", output: { kind: "reply", ask, reply } };
  }

  answered(ask: number, reply: IndirectReply | undefined, nowMs: number): InquiryEnd {
    const asker = this.#asks.take(ask);
    if (asker === undefined || reply === undefined) return NOTHING;
    const { by, helper, accusation } = asker;
    if (reply.outcome === "unreached") {
      const { generation, sequence, signature } = reply;
      const signed = { ...accusation, generation, sequence };
      if (!verifyWitness(signed, { id: helper, signature }, this.#options.verify)) return FORGERY;
    }
    const target = accusation.accused;
    if (reply.outcome === "reached") this.#options.desk.heardOf(target, nowMs - Math.max(0, reply.heardAgoMs));
    if (by === "witness") return NOTHING;
    if (by === "detector") return { to: "detector", event: { kind: "indirect-result", target, helper, reply } };
    return { to: "audit", event: { kind: "answer", target, helper, reply } };
  }
}

const NOTHING: InquiryEnd = { to: "nobody", forged: false };
const FORGERY: InquiryEnd = { to: "nobody", forged: true };
