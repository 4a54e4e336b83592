/** Whom a fault hits: members of one mesh, drawn from the run's seed among those that the selector fits. */
import { MeshError } from "@meshwork/protocol";
import type { ChaosCluster } from "../cluster/chaos-cluster.js";
import type { ChaosNode } from "../cluster/chaos-node.js";

/** By a name, the beginning of one, an id's beginning, or a type. */
export function fitsTarget(
  { name, id, type }: { readonly name: string; readonly id: string; readonly type: string },
  wanted: string,
): boolean {
  return name.startsWith(wanted) || id.startsWith(wanted) || type === wanted;
}

/** Of one mesh: the target's, or one that is drawn. */
export function pickTargets<N extends ChaosNode>(
  cluster: ChaosCluster<N>,
  random: () => number,
  count: number,
  wanted?: string,
): readonly N[] {
  const candidates = wanted === undefined ? cluster.nodes : cluster.nodes.filter((node) => fitsTarget(node, wanted));
  const first = draw(candidates, random);
  if (first === undefined) {
    const names = cluster.nodes.map(({ name }) => name).join(", ");
    throw new MeshError("MESH_E_NO_SUCH_TARGET", `${wanted}; there are ${names}`);
  }
  const picked = [first];
  while (picked.length < count) {
    const next = draw(
      cluster.members(first.mesh).filter((node) => !picked.includes(node)),
      random,
    );
    if (next === undefined) throw new MeshError("MESH_E_NO_SUCH_TARGET", `${first.mesh} has fewer than ${count} nodes`);
    picked.push(next);
  }
  return picked;
}

function draw<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)];
}
