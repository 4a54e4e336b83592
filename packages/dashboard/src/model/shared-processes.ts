/** Processes that hold several nodes: their figures are the process's and are shown once, not divided among the nodes. */
import type { NodeView } from "@meshwork/console/api-types";
import type { Received } from "../state/live-state.js";

export interface SharedProcess {
  readonly pid: number;
  readonly nodes: readonly string[];
  readonly cpuUsedCores: number | null;
  readonly rssBytes: number | null;
  /** Of the newest report among its nodes. */
  readonly statsAgeMs: number | null;
  readonly receivedAtMs: number;
}

export function sharedProcesses(rows: Iterable<Received<NodeView>>): SharedProcess[] {
  const byPid = new Map<number, SharedProcess>();
  for (const { value: node, receivedAtMs } of rows) {
    const pid = node.process?.pid;
    if (!node.live || node.process?.shared !== true || typeof pid !== "number") continue;
    const held = byPid.get(pid);
    const nodes = [...(held?.nodes ?? []), node.name ?? node.key];
    const newer = held === undefined || (held.receivedAtMs < receivedAtMs && node.statsAgeMs !== null);
    byPid.set(pid, {
      pid,
      nodes,
      cpuUsedCores: newer ? node.process.cpuUsedCores : held.cpuUsedCores,
      rssBytes: newer ? node.process.rssBytes : held.rssBytes,
      statsAgeMs: newer ? node.statsAgeMs : held.statsAgeMs,
      receivedAtMs: newer ? receivedAtMs : held.receivedAtMs,
    });
  }
  return [...byPid.values()].sort((a, b) => a.pid - b.pid);
}
