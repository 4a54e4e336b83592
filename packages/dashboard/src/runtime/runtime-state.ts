/**
 * What each node holds, with its course since this page began to look: the data of the runtime stream. Owner: RuntimeStore, while the tab
 * is shown. Rows are the console's own; of each at most `MAX_SIZES` collections are followed.
 */
import type { Delta, RuntimeSnapshot, RuntimeView } from "@meshwork/console/api-types";
import { Trend } from "./trend.js";

const MAX_SIZES = 128;
export const MEMORY = "memory";
export const HANDLES = "handles";

export interface RuntimeRow {
  readonly view: RuntimeView;
  readonly receivedAtMs: number;
  /** By collection, and `memory` and `handles`. A node that started anew begins anew. */
  readonly trends: ReadonlyMap<string, Trend>;
}

export interface RuntimeData {
  readonly seq: number;
  readonly sinceMs: number;
  readonly rows: ReadonlyMap<string, RuntimeRow>;
}

/** A snapshot after a break goes on with the courses that are known. */
export function runtimeFrom(snapshot: RuntimeSnapshot, before: RuntimeData | null, nowMs: number): RuntimeData {
  const rows = new Map(snapshot.runtime.map((view) => [view.key, rowOf(view, before?.rows.get(view.key), nowMs)]));
  return { seq: snapshot.seq, sinceMs: before?.sinceMs ?? nowMs, rows };
}

/** Undefined where the delta does not follow. */
export function runtimeWith(data: RuntimeData, delta: Delta, nowMs: number): RuntimeData | undefined {
  if (delta.from !== data.seq) return undefined;
  const rows = new Map(data.rows);
  for (const key of delta.removedNodes ?? []) rows.delete(key);
  for (const view of delta.runtime ?? []) rows.set(view.key, rowOf(view, rows.get(view.key), nowMs));
  return { ...data, seq: delta.seq, rows };
}

function rowOf(view: RuntimeView, before: RuntimeRow | undefined, nowMs: number): RuntimeRow {
  // A row is told anew for other reasons than figures too, and those are then the ones of before.
  const aged = view.statsAgeMs === null ? null : nowMs - view.statsAgeMs;
  if (aged === null) return { view, receivedAtMs: nowMs, trends: new Map() };
  const restarted = (before?.view.uptimeMs ?? 0) > (view.uptimeMs ?? 0);
  const trends = new Map(restarted ? [] : before?.trends);
  const follow = (name: string, value: number | null) => {
    if (value === null) return;
    const trend = trends.get(name);
    if (trend !== undefined) trend.add(aged, value);
    else if (trends.size < MAX_SIZES) trends.set(name, new Trend(aged, value));
  };
  follow(MEMORY, view.rssBytes);
  follow(HANDLES, view.handles);
  for (const [name, size] of Object.entries(view.sizes ?? {})) follow(name, size);
  return { view, receivedAtMs: nowMs, trends };
}
