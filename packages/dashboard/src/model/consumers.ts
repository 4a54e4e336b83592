/**
 * Who takes most, and who has nobody to talk to. A node that works hard without a peer is the one to look at first: it computes for
 * nobody, or gossip does not reach it.
 */
import type { NodeView } from "@meshwork/console/api-types";

export interface Consumers {
  /** Keys of the rows. */
  readonly topCpu: string | null;
  readonly topRam: string | null;
  /** Live, in a mesh with others, its own active view known and empty. */
  readonly alone: ReadonlySet<string>;
}

/** Below it everybody is idle and the first among them is chance. */
const MIN_CPU_CORES = 0.1;

export function consumersOf(nodes: Iterable<NodeView>): Consumers {
  const live = [...nodes].filter((node) => node.live);
  const members = new Map<string, number>();
  for (const { mesh } of live) members.set(mesh, (members.get(mesh) ?? 0) + 1);
  const alone = live.filter((node) => peersOf(node) === 0 && (members.get(node.mesh) ?? 0) > 1);
  return {
    topCpu: most(live, ({ cpuUsedCores }) => cpuUsedCores, MIN_CPU_CORES),
    topRam: most(live, ({ ramUsedBytes }) => ramUsedBytes, 1),
    alone: new Set(alone.map(({ key }) => key)),
  };
}

/** `lonely`: takes most and has no peer. */
export type Stand = "lonely" | "alone" | "top";

export function standOf({ topCpu, topRam, alone }: Consumers, key: string): Stand | null {
  const top = key === topCpu || key === topRam;
  if (alone.has(key)) return top ? "lonely" : "alone";
  return top ? "top" : null;
}

/** Active peers in its own mesh, by its own word; null where it has not told. */
function peersOf({ activeViews, mesh }: NodeView): number | null {
  return activeViews === null ? null : (activeViews[mesh]?.length ?? 0);
}

function most(nodes: readonly NodeView[], pick: (node: NodeView) => number | null, atLeast: number): string | null {
  let top: { readonly key: string; readonly value: number } | null = null;
  for (const node of nodes) {
    const value = pick(node);
    if (value !== null && value >= atLeast && value > (top?.value ?? 0)) top = { key: node.key, value };
  }
  return top?.key ?? null;
}
