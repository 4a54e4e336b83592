/** What a record meets when it is applied to a directory, and where it came from. */
import type { Tombstone } from "./tombstones.js";
import type { DirectoryEntry, NodeRecord } from "./types.js";

/** Where a record came from. */
export interface RecordSource {
  /** The neighbour that delivered it by gossip; its newcomers are limited. */
  readonly deliveredBy?: string | undefined;
  /** True where it came by sync. */
  readonly viaSync?: boolean | undefined;
  /** How old the sync said it is; 0 by gossip. */
  readonly ageMs?: number | undefined;
}

export type ApplyOutcome =
  | { readonly kind: "accepted-new" }
  | { readonly kind: "accepted-newer"; readonly previous: NodeRecord }
  /** A leave; `entry` is who left, absent where the id was not known. */
  | { readonly kind: "left"; readonly entry: DirectoryEntry | undefined }
  /** Same (generation, sequence) as held. */
  | { readonly kind: "duplicate" }
  | { readonly kind: "older" }
  /** Past its staleness, by the age it carries or because this node has expired this very version. */
  | { readonly kind: "stale" }
  /** The id left (or died) with this or a later generation; answer with `tombstone.leave`, where there is one. */
  | { readonly kind: "buried"; readonly tombstone: Tombstone }
  | { readonly kind: "wrong-mesh" }
  /** No room, and every member has been connected. */
  | { readonly kind: "full" }
  /** Another holder of our key, or an older copy of our data: take `generation`, and publish. */
  | { readonly kind: "self-conflict"; readonly generation: number; readonly bootNonce: string };

/** Outcomes that carry nothing are shared: most records are duplicates. */
export const ACCEPTED_NEW: ApplyOutcome = { kind: "accepted-new" };
export const WRONG_MESH: ApplyOutcome = { kind: "wrong-mesh" };
export const DUPLICATE: ApplyOutcome = { kind: "duplicate" };
export const OLDER: ApplyOutcome = { kind: "older" };
export const STALE: ApplyOutcome = { kind: "stale" };
export const FULL: ApplyOutcome = { kind: "full" };

/** Never negative: an age from the future would renew what it comes with. */
export function carriedAge(source: RecordSource): number {
  const ageMs = source.ageMs ?? 0;
  return Math.max(ageMs, 0);
}
