/** Sums over the nodes for the strip: only what is known, with how many nodes it is known of. */
import type { NodeView } from "@meshwork/console/api-types";

export interface Sum {
  readonly used: number | null;
  readonly budget: number | null;
  /** Live nodes whose use is in it, alone or with their process. */
  readonly known: number;
}

export interface Mean {
  readonly value: number | null;
  /** Live nodes that it is the mean of. */
  readonly known: number;
}

export interface Totals {
  readonly live: number;
  /** All rows given. */
  readonly all: number;
  /** Of the live: under the console's suspicion. */
  readonly suspected: number;
  /** Left, dead or expired, of the rows given. */
  readonly departed: number;
  readonly meshes: readonly string[];
  readonly cpuCores: Sum;
  readonly ramBytes: Sum;
  /** Active peers in a node's own mesh. */
  readonly activePeers: Mean;
}

export function totalsOf(nodes: Iterable<NodeView>): Totals {
  const all = [...nodes];
  const live = all.filter((node) => node.live);
  return {
    live: live.length,
    all: all.length,
    suspected: live.filter(({ state }) => state === "suspected").length,
    departed: all.filter(({ state }) => state === "left" || state === "dead" || state === "expired").length,
    meshes: [...new Set(live.map((node) => node.mesh))].sort(),
    cpuCores: sum(
      live,
      (node) => node.cpuUsedCores,
      (node) => node.process?.cpuUsedCores,
      (node) => node.cpuBudgetCores,
    ),
    ramBytes: sum(
      live,
      (node) => node.ramUsedBytes,
      (node) => node.process?.rssBytes,
      (node) => node.ramBudgetBytes,
    ),
    activePeers: meanPeers(live),
  };
}

/** Mean use of a node, over those whose use is known; null where none is. */
export function perNode({ used, known }: Sum): number | null {
  return used === null || known === 0 ? null : used / known;
}

function meanPeers(nodes: readonly NodeView[]): Mean {
  const counts = nodes.flatMap(({ activeViews, mesh }) =>
    activeViews == null ? [] : [activeViews[mesh]?.length ?? 0],
  );
  const sum = counts.reduce((total, count) => total + count, 0);
  return { value: counts.length === 0 ? null : sum / counts.length, known: counts.length };
}

type Pick = (node: NodeView) => number | null | undefined;

/** A process that several nodes share counts once, whatever the number of its nodes. */
function sum(nodes: readonly NodeView[], own: Pick, ofProcess: Pick, budget: Pick): Sum {
  let used: number | null = null;
  let budgets: number | null = null;
  let known = 0;
  const counted = new Set<number>();
  for (const node of nodes) {
    const shared = node.process?.shared === true;
    const value = shared ? ofProcess(node) : own(node);
    const limit = budget(node);
    if (typeof limit === "number") budgets = (budgets ?? 0) + limit;
    if (typeof value !== "number") continue;
    known += 1;
    const pid = node.process?.pid;
    if (shared && typeof pid === "number") {
      if (counted.has(pid)) continue;
      counted.add(pid);
    }
    used = (used ?? 0) + value;
  }
  return { used, budget: budgets, known };
}
