/** What the machines have decided, in the driver's words. Pure; used by membership.ts alone. */
import { buriedBitmap, type SignedMerged, signMerged } from "../wire/merged.js";
import { type Accusation, decodeObituary } from "../wire/obituary.js";
import type { AuditOutput } from "./audit.js";
import type { Detector } from "./detector.js";
import type { DetectorOutput } from "./detector-events.js";
import type { Directory } from "./directory.js";
import type { MembershipOutput } from "./membership-events.js";
import { LIFE_SIGN_MS } from "./obituary-rules.js";
import { buries, type Tombstone, tombstoneAnswer } from "./tombstones.js";

/** So many of those who hear a buried record second-hand answer it, all nodes together. */
const ANSWERS_TO_BURIED = 3;

type ForDriver = Extract<
  DetectorOutput | AuditOutput,
  { readonly kind: "send-probe" | "tell-accused" | "repair-link" | "drop-link" }
>;

export function carriedOver(output: ForDriver): MembershipOutput {
  const { peer } = output;
  switch (output.kind) {
    case "send-probe":
      return { kind: "ping", peer, dial: output.dial };
    case "tell-accused":
      return { kind: "tell", peer, obituary: output.obituary };
    case "repair-link":
      return { kind: "repair", peer };
    case "drop-link":
      return { kind: "drop", peer, cut: output.reason === "silent" };
  }
}

/**
 * What is said to who shows a record of somebody buried: the leave to everybody, the obituary to the accused. `share` is drawn from
 * 0 to the number of members by who heard it second-hand, and 0 for who heard it from the accused itself.
 */
export function answerToBuried(tombstone: Tombstone, share: number): readonly MembershipOutput[] {
  const answer = share < ANSWERS_TO_BURIED ? tombstoneAnswer(tombstone) : undefined;
  if (answer === undefined) return [];
  if (tombstone.obituary === undefined) return [{ kind: "broadcast", content: answer }];
  return [{ kind: "tell", peer: tombstone.id, obituary: decodeObituary(answer) }];
}

/**
 * A process has begun anew. A silent connection to the former one would take all tries to reach it, until QUIC gives it up; of neighbours the
 * detector sees to that.
 */
export function cutFormerLife(
  peer: string,
  heardAgoMs: number | undefined,
  detector: Pick<Detector, "isWatched">,
): readonly MembershipOutput[] {
  if (heardAgoMs === undefined || heardAgoMs < LIFE_SIGN_MS || detector.isWatched(peer)) return [];
  return [{ kind: "drop", peer, cut: true }];
}

/** Who asks about somebody that is buried here has missed it: the obituary that this node holds. */
export function newsOfDeath(
  directory: Directory,
  { from, accusation }: { readonly from: string; readonly accusation: Accusation },
): readonly MembershipOutput[] {
  const tombstone = directory.tombstoneOf(accusation.accused);
  if (tombstone?.obituary === undefined || !buries(tombstone, accusation)) return [];
  if (accusation.mesh !== directory.mesh || directory.versionOf(from) === undefined) return [];
  return [{ kind: "tell", peer: from, obituary: decodeObituary(tombstone.obituary) }];
}

/** The signed news that `contact` was found again. `buried`: all who are held for dead, here or there. */
export function announcement(
  directory: Directory,
  { contact, nonce }: { readonly contact: string; readonly nonce: number },
  buried: Iterable<string>,
  sign: (message: Uint8Array) => Uint8Array,
): SignedMerged {
  const digest = { mesh: directory.mesh, issuer: directory.self, contact, nonce, buried: buriedBitmap(buried) };
  return signMerged(digest, sign);
}
