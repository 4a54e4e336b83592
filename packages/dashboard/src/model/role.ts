/** Hubs and leaves: who has many more links than the others, and who hangs by one. */

export type Role = "hub" | "leaf" | "alone" | "usual";

/** Links of a usual node: the median of those that have any. 0 where nobody has. */
export function usualDegree(degrees: Iterable<number>): number {
  const sorted = [...degrees].filter((degree) => degree > 0).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Among few links everybody is as good as a hub or a leaf: nobody is called so. */
export function roleOf(degree: number, usual: number): Role {
  if (usual < 3) return degree === 0 && usual > 0 ? "alone" : "usual";
  if (degree === 0) return "alone";
  if (degree === 1) return "leaf";
  return degree >= usual + 3 && degree >= 1.6 * usual ? "hub" : "usual";
}
