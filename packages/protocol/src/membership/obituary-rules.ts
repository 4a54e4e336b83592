/**
 * When an obituary has an effect. Signatures are verified before (wire/obituary.ts); what is judged here is who signed and about
 * which life.
 *
 * 1. Only members that are live here may sign; issuer, witness and accused are three.
 * 2. Without a witness only where there can be none: fewer than two live besides the accused, those under suspicion not counted.
 * 3. An obituary buries the version it names and those before; a member known by a newer one stays. Of a later generation, or far
 *    ahead in sequence, it is about nothing that is known here: else two colluding members could name a version that the accused can
 *    never surpass.
 * 4. Who has had a byte of the accused within 1.5 s does not apply it, and tells the accused.
 * 5. What a sync brings is never applied unasked: after a split both sides hold old obituaries of the living. It is a reason to look,
 *    and for the accused to speak, even where its signers have gone since. So is what comes from signers who were given up here and
 *    are back for less than 10 s: they tell of the other side of the split.
 */
import type { Obituary } from "../wire/obituary.js";
import type { Tombstone } from "./tombstones.js";
import type { DirectoryEntry } from "./types.js";
import { compareVersions, type RecordVersion } from "./version-order.js";

/** A byte of the accused this recent speaks against any obituary. */
export const LIFE_SIGN_MS = 1_500;
/** An audit that was under way when the paths opened takes 6.6 s at most to its obituary; then the way. */
export const RETURNED_MS = 10_000;
/** Records missed at the most: at one every 2 s, half an hour of them. */
export const MAX_SEQUENCE_AHEAD = 1_024;

export interface ObituarySource {
  /** How long ago this node had a byte of the accused over a connection of its own; absent where it never had. */
  readonly heardAgoMs?: number | undefined;
  /** Not to be applied before an audit of this node has failed to reach the accused: it came by sync, or see rule 5. */
  readonly doubted?: boolean | undefined;
}

export type ObituaryOutcome =
  /** The accused is out of the directory. `entry` is what it was. */
  | { readonly kind: "applied"; readonly entry: DirectoryEntry }
  /** It is this node that is said to be dead: publish a sequence above `refuteAbove`. */
  | { readonly kind: "self"; readonly refuteAbove: number }
  /** This node has heard the accused just now: tell it (probe frame `obituary`), and do no more. */
  | { readonly kind: "contradicted" }
  /** Have the audit look (`doubt`). */
  | { readonly kind: "doubtful" }
  /** Buried already, or never known. */
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  /** The accused has published since. */
  | { readonly kind: "older" }
  /** Names a version beyond all that is known here. */
  | { readonly kind: "ahead" }
  /** The signers are not such as may accuse. */
  | { readonly kind: "unproven" }
  | { readonly kind: "wrong-mesh" };

/** What judging needs to know of a directory. */
export interface ObituaryContext {
  readonly mesh: string;
  readonly self: string;
  /** The version of a live member. */
  versionOf(id: string): RecordVersion | undefined;
  tombstoneOf(id: string): Tombstone | undefined;
  /** Live members that are not under suspicion, this one not counted. */
  unsuspectedBeside(id: string): number;
}

/** True where an obituary of this member needs no witness: nobody could be one. */
export function mayAccuseAlone(unsuspectedBesideAccused: number): boolean {
  return unsuspectedBesideAccused < 2;
}

/** True where an accusation names a version that a holder of `held` can take for real. */
export function isPlausible(accused: RecordVersion, held: RecordVersion): boolean {
  return accused.generation === held.generation && accused.sequence <= held.sequence + MAX_SEQUENCE_AHEAD;
}

/** `apply` where it takes effect; all else is the outcome itself. */
export function judgeObituary(
  obituary: Obituary,
  source: ObituarySource,
  context: ObituaryContext,
): { readonly kind: "apply" } | Exclude<ObituaryOutcome, { readonly kind: "applied" }> {
  const { accused, mesh } = obituary;
  if (mesh !== context.mesh) return { kind: "wrong-mesh" };
  const held = context.versionOf(accused);
  if (held === undefined) return { kind: context.tombstoneOf(accused) === undefined ? "unknown" : "known" };
  if (compareVersions(obituary, held) < 0) return { kind: "older" };
  if (!isPlausible(obituary, held)) return { kind: "ahead" };
  const proven = signersMayAccuse(obituary, context);
  const asksOnly = accused === context.self || source.doubted === true;
  if (!proven && !(asksOnly && signersWere(obituary, context))) return { kind: "unproven" };
  if (accused === context.self) return { kind: "self", refuteAbove: obituary.sequence };
  if (source.heardAgoMs !== undefined && source.heardAgoMs <= LIFE_SIGN_MS) return { kind: "contradicted" };
  if (source.doubted === true) return { kind: "doubtful" };
  return { kind: "apply" };
}

function signersMayAccuse({ accused, issuer, witness }: Obituary, context: ObituaryContext): boolean {
  if (issuer.id === accused || context.versionOf(issuer.id) === undefined) return false;
  if (witness === undefined) return mayAccuseAlone(context.unsuspectedBeside(accused));
  if (witness.id === accused || witness.id === issuer.id) return false;
  return context.versionOf(witness.id) !== undefined;
}

/** Where all that follows is a question, members that are gone may have asked it. */
function signersWere({ accused, issuer, witness }: Obituary, context: ObituaryContext): boolean {
  const was = (id: string) =>
    id !== accused && (context.versionOf(id) !== undefined || context.tombstoneOf(id) !== undefined);
  return witness !== undefined && witness.id !== issuer.id && was(issuer.id) && was(witness.id);
}
