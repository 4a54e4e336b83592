/**
 * Whom to ask about a member: first those it named as its neighbours, who have a connection to it and answer at once, then
 * others at random, so that no clique of neighbours can vouch or accuse alone. Pure; used by detector and audit.
 */
import type { NodeRecord } from "./types.js";
import type { RecordVersion } from "./version-order.js";

/** What detector and audit read of a directory (`Directory` is one). */
export interface MemberView {
  readonly mesh: string;
  readonly self: string;
  readonly size: number;
  get(id: string): { readonly record: NodeRecord; readonly suspectedSinceMs?: number } | undefined;
  versionOf(id: string): RecordVersion | undefined;
  /** Under which version it is held for dead. */
  deadVersionOf(id: string): RecordVersion | undefined;
  unsuspectedBeside(id: string): number;
  sample(count: number, random: () => number, accept: (id: string) => boolean): string[];
}

/** The declared neighbours of a member that are live here and not suspected; without oneself. */
export function declaredNeighbors(view: MemberView, target: string): string[] {
  const declared = view.get(target)?.record.neighbors ?? [];
  return declared.filter((id) => {
    if (id === view.self || id === target) return false;
    const member = view.get(id);
    return member !== undefined && member.suspectedSinceMs === undefined;
  });
}

/** Up to `count` helpers to reach `target` through, at most two of them declared neighbours. */
export function pickHelpers(
  view: MemberView,
  target: string,
  count: number,
  random: () => number,
  exclude: (id: string) => boolean,
): string[] {
  const chosen = shuffled(declaredNeighbors(view, target), random)
    .filter((id) => !exclude(id))
    .slice(0, Math.min(2, count));
  const others = view.sample(count - chosen.length, random, (id) => {
    return id !== target && !chosen.includes(id) && !exclude(id);
  });
  return [...chosen, ...others];
}

export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const list = [...values];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
