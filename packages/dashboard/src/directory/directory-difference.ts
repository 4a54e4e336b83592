/**
 * What two nodes' directories disagree about. Pure. Only meshes that both take part in are compared: that one knows nobody of a mesh that it
 * is not in is no difference. Who is gone for one and unknown to the other (it came later) is none either.
 */
import type { DirectoryLine, DirectoryView } from "@meshwork/console/api-types";

export type Disagreement = "only in the first" | "only in the second" | "state" | "addresses";

export interface DirectoryDifference {
  readonly key: string;
  readonly name: string;
  readonly mesh: string;
  readonly first: DirectoryLine | null;
  readonly second: DirectoryLine | null;
  readonly about: Disagreement;
}

export interface Comparison {
  readonly differences: readonly DirectoryDifference[];
  /** Members of the compared meshes that both say the same of. */
  readonly same: number;
  /** Meshes of which only one of the two knows anybody. */
  readonly notCompared: readonly string[];
}

export function compared(first: DirectoryView, second: DirectoryView): Comparison {
  const [ours, theirs] = [linesOf(first), linesOf(second)];
  const [ourMeshes, theirMeshes] = [meshesOf(first), meshesOf(second)];
  const both = (mesh: string) => ourMeshes.has(mesh) && theirMeshes.has(mesh);
  const differences: DirectoryDifference[] = [];
  let same = 0;
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(key) ?? null, theirs.get(key) ?? null];
    const line = a ?? b;
    if (line === null || !both(line.mesh)) continue;
    const about = disagreement(a, b);
    if (about === undefined) same += 1;
    else differences.push({ key, name: line.name, mesh: line.mesh, first: a, second: b, about });
  }
  differences.sort((a, b) => a.mesh.localeCompare(b.mesh) || a.name.localeCompare(b.name));
  const notCompared = [...new Set([...ourMeshes, ...theirMeshes])].filter((mesh) => !both(mesh)).sort();
  return { differences, same, notCompared };
}

function linesOf({ entries, departed }: DirectoryView): Map<string, DirectoryLine> {
  // The live last: who came back is live, whatever was before.
  return new Map([...departed, ...entries].map((line) => [`${line.mesh} ${line.id}`, line]));
}

function meshesOf({ entries }: DirectoryView): Set<string> {
  return new Set(entries.map(({ mesh }) => mesh));
}

function disagreement(a: DirectoryLine | null, b: DirectoryLine | null): Disagreement | undefined {
  if (a === null || b === null) {
    if (!isLive(a ?? b)) return undefined;
    return b === null ? "only in the first" : "only in the second";
  }
  if (a.state !== b.state) return isLive(a) || isLive(b) ? "state" : undefined;
  return isLive(a) && [...a.addresses].sort().join() !== [...b.addresses].sort().join() ? "addresses" : undefined;
}

function isLive(line: DirectoryLine | null): boolean {
  return line?.state === "alive" || line?.state === "suspected";
}
