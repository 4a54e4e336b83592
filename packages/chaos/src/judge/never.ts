/**
 * What must never happen, whatever the fault: read from what the nodes said while it was on and while it healed.
 *
 * 1. A false death: somebody is taken for dead whom the fault does not excuse.
 * 2. One mesh's fault felt in the other: its members lose one another, or a message between them fails.
 * 3. An acknowledged message lost, or carried out twice.
 * 4. A connection storm: a node opens more connections than its peers could explain.
 * A cluster that others act on meanwhile proves nothing: that is told first.
 * (A ghost, somebody listed who is not there, is what the judge's wait for whole directories finds.)
 */
import type { ChaosCluster } from "../cluster/chaos-cluster.js";
import type { ChaosNode } from "../cluster/chaos-node.js";
import type { FaultRun } from "../faults/fault.js";

/**
 * Connections opened by one node, per node of the cluster and fault: one to every other for requests, as many again after a fault that
 * costs them, and the repairs of links. A storm makes hundreds a second.
 */
const CONNECTIONS_PER_NODE = 6;
const MAX_LINES = 20;

export interface NoteFigures {
  readonly acknowledged: number;
  readonly failed: number;
  readonly lost: number;
  readonly doubled: number;
}

export interface NeverReport {
  readonly violations: readonly string[];
  readonly notes: NoteFigures;
  readonly maxConnectionsOpened: number;
}

export async function whatNeverHappened(
  cluster: ChaosCluster,
  run: FaultRun,
  openedBefore: ReadonlyMap<ChaosNode, number>,
): Promise<NeverReport> {
  const nameOf = new Map(
    cluster.everybody.flatMap((node) => (node.changes.length > 0 || node.isRunning ? [[node.id, node.name]] : [])),
  );
  const name = (id: string) => nameOf.get(id) ?? id.slice(0, 12);
  const mesh = run.targets[0]?.mesh;
  const violations: string[] = cluster.disturbances().map((what) => `disturbed: ${what}`);
  for (const node of cluster.everybody) {
    for (const change of node.changes) {
      const gone = change.kind === "dead" || change.kind === "expired";
      if (gone && change.id !== node.id && !run.excuses(node, change.id)) {
        violations.push(`false death: ${node.name} took ${name(change.id)} for ${change.kind}`);
      }
      const own = change.mesh === node.mesh && node.mesh !== mesh;
      if (own && (gone || change.kind === "left")) {
        violations.push(`felt in ${node.mesh}: ${node.name} lost ${name(change.id)} (${change.kind})`);
      }
    }
    if (node.overflowed) violations.push(`${node.name} said more than could be kept`);
    const failed = node.mesh === mesh ? [] : node.notes.filter((note) => note.kind === "failed");
    const [first] = failed;
    if (first !== undefined) {
      const how = first.kind === "failed" ? `to ${name(first.to)}: ${first.code}` : "";
      violations.push(`felt in ${node.mesh}: ${failed.length} messages of ${node.name} failed (${how})`);
    }
  }
  const notes = countNotes(cluster);
  if (notes.lost > 0) violations.push(`${notes.lost} acknowledged messages lost`);
  if (notes.doubled > 0) violations.push(`${notes.doubled} messages carried out twice`);
  const opened = await Promise.all(
    [...openedBefore].map(async ([node, before]) => {
      const after = node.isRunning ? await node.call("stats", {}).catch(() => undefined) : undefined;
      return { node, opened: Math.max(0, (after?.connectionsOpened ?? 0) - before) };
    }),
  );
  const bound = CONNECTIONS_PER_NODE * cluster.nodes.length;
  for (const { node, opened: count } of opened) {
    if (count > bound) violations.push(`connection storm: ${node.name} opened ${count} (bound ${bound})`);
  }
  const maxConnectionsOpened = Math.max(0, ...opened.map((entry) => entry.opened));
  return { violations: violations.slice(0, MAX_LINES), notes, maxConnectionsOpened };
}

function countNotes(cluster: ChaosCluster): NoteFigures {
  const received = new Map<string, number>();
  for (const note of cluster.receivedNotes()) received.set(note, (received.get(note) ?? 0) + 1);
  const outcomes = cluster.everybody.flatMap((node) => node.notes);
  const acknowledged = outcomes.filter((note) => note.kind === "acknowledged");
  return {
    acknowledged: acknowledged.length,
    failed: outcomes.length - acknowledged.length,
    lost: acknowledged.filter(({ note }) => !received.has(note)).length,
    doubled: acknowledged.filter(({ note }) => (received.get(note) ?? 0) > 1).length,
  };
}
