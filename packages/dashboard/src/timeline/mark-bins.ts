/** Marks gathered into the columns of a drawing: as many shapes as there are pixels at the most, however much happened. Pure. */
import type { HistoryMark } from "@meshwork/console/api-types";
import { type LaneName, laneOf } from "./mark-kinds.js";

export interface MarkBin {
  readonly lane: LaneName;
  /** 0 to 1 of the axis. */
  readonly x: number;
  readonly count: number;
  readonly severity: HistoryMark["severity"];
  /** Of the newest mark in it. */
  readonly atMs: number;
  readonly message: string;
}

export interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
}

const WEIGHT = { info: 0, warn: 1, error: 2 } as const;

export function markBins(marks: Iterable<HistoryMark>, { fromMs, toMs }: Axis, columns: number): MarkBin[] {
  const bins = new Map<string, MarkBin>();
  for (const { kind, atMs, severity, message } of marks) {
    if (atMs < fromMs || atMs > toMs || columns < 1) continue;
    const lane = laneOf(kind);
    const column = Math.min(columns - 1, Math.floor(((atMs - fromMs) / (toMs - fromMs)) * columns));
    const key = `${lane} ${column}`;
    const held = bins.get(key);
    const worse = held === undefined || WEIGHT[severity] > WEIGHT[held.severity] ? severity : held.severity;
    const newest =
      held === undefined || atMs >= held.atMs ? { atMs, message } : { atMs: held.atMs, message: held.message };
    bins.set(key, { lane, x: (column + 0.5) / columns, count: (held?.count ?? 0) + 1, severity: worse, ...newest });
  }
  return [...bins.values()];
}

export interface MarkFilter {
  readonly lanes: ReadonlySet<LaneName>;
  readonly mesh: string | null;
  /** Part of a name. */
  readonly node: string;
}

export function isShown({ kind, mesh, node, peer }: HistoryMark, filter: MarkFilter): boolean {
  if (!filter.lanes.has(laneOf(kind))) return false;
  if (filter.mesh !== null && mesh !== filter.mesh) return false;
  return filter.node === "" || [node, peer].some((name) => name?.includes(filter.node) === true);
}

const STEPS_MS = [10_000, 30_000, 60_000, 120_000, 300_000, 600_000];
const MAX_TICKS = 8;

/** Round times before `toMs`, as far as the axis goes. */
export function timeTicks({ fromMs, toMs }: Axis): { readonly text: string; readonly x: number }[] {
  const lengthMs = toMs - fromMs;
  const stepMs = STEPS_MS.find((each) => lengthMs / each <= MAX_TICKS) ?? STEPS_MS.at(-1)!;
  const ticks: { text: string; x: number }[] = [];
  for (let ms = 0; ms <= lengthMs; ms += stepMs)
    ticks.push({ text: tickText(ms), x: lengthMs === 0 ? 1 : 1 - ms / lengthMs });
  return ticks;
}

function tickText(ms: number): string {
  if (ms === 0) return "now";
  return ms % 60_000 === 0 ? `−${ms / 60_000} min` : `−${ms / 1_000} s`;
}
