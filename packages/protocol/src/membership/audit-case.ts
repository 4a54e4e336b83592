/**
 * One audit: whom it is about, how far it is, and what has been said. Owner: Audit, one per target; it ends with a sign of life, with
 * a verdict, or when the target is gone.
 */
import type { Obituary, ObituarySigner } from "../wire/obituary.js";
import type { IndirectReply } from "../wire/probe.js";
import { isPlausible } from "./obituary-rules.js";
import { compareVersions, type RecordVersion } from "./version-order.js";

export interface AuditCase {
  readonly target: string;
  /** What is doubted; gone once it was tried as it is. */
  obituary: Obituary | undefined;
  /** Somebody who was asked handed over an obituary: it holds the target for dead. */
  told: boolean;
  /** Who was asked in this stage. */
  helpers: readonly string[];
  /** Declared neighbours who were not asked yet. */
  others: readonly string[];
  /** Who could not tell. */
  readonly declined: Set<string>;
  stage: "asking" | "dialling" | "condemned";
  untilMs: number;
  /** Answers still out; at none the stage is over. */
  pending: number;
  witness: (ObituarySigner & RecordVersion) | undefined;
}

/** Notes an answer that is no sign of life. */
export function noteSilence(
  open: AuditCase,
  helper: string,
  reply: Exclude<IndirectReply, { readonly outcome: "reached" }>,
  held: RecordVersion | undefined,
): void {
  open.pending--;
  if (reply.outcome === "declined") open.declined.add(helper);
  // Who did not reach it while asked for a fresh sign has not dialled it as long as a witness must have.
  if (reply.outcome === "declined" || open.stage === "asking" || held === undefined) return;
  const { generation, sequence, signature } = reply;
  if (!isPlausible(reply, held) || compareVersions(reply, held) < 0) return;
  open.witness = { id: helper, signature, generation, sequence };
}
