/**
 * A trace as a waterfall in the terminal: the tree of its spans, each with a bar on a common time axis.
 *
 *     mesh.message.sent produce   mesh1.gateway.1a2b3c  ████████████████      1.20 ms
 *       mesh.message.received …   mesh2.broker.239dc9      ▐█████▌            0.41 ms
 *
 * Pure: takes rows in the order in which they are drawn, gives lines.
 */
import { duration } from "./format.js";
import { visibleLength } from "./table.js";

export interface WaterfallRow {
  readonly label: string;
  readonly node: string;
  /** 0 for the root. */
  readonly depth: number;
  readonly offsetMs: number;
  readonly durationMs: number;
  readonly error: boolean;
  readonly note: string;
}

export interface WaterfallStyle {
  readonly columns: number;
  readonly bar: (text: string, error: boolean) => string;
}

/** Eighths of a cell, from the left. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const MIN_BAR_CELLS = 16;
const MAX_BAR_CELLS = 60;

export function waterfall(rows: readonly WaterfallRow[], style: WaterfallStyle): string {
  const labels = rows.map(({ label, depth }) => `${"  ".repeat(Math.min(depth, 20))}${label}`);
  const labelWidth = Math.min(48, Math.max(...labels.map(visibleLength), 0));
  const nodeWidth = Math.max(...rows.map(({ node }) => visibleLength(node)), 0);
  const times = rows.map(({ durationMs }) => duration(durationMs));
  const timeWidth = Math.max(...times.map(visibleLength), 0);
  const room = style.columns - labelWidth - nodeWidth - timeWidth - 6;
  const cells = Math.min(MAX_BAR_CELLS, Math.max(MIN_BAR_CELLS, room));
  const endMs = Math.max(...rows.map(({ offsetMs, durationMs }) => offsetMs + durationMs), 0);
  const lines = rows.map((row, index) => {
    const bar = drawBar(row.offsetMs, row.durationMs, endMs, cells);
    const painted = bar.blank + style.bar(bar.filled, row.error) + " ".repeat(bar.rest);
    const parts = [
      fit(labels[index] ?? "", labelWidth),
      row.node.padEnd(nodeWidth),
      painted,
      (times[index] ?? "").padStart(timeWidth),
    ];
    return `${parts.join("  ")}${row.note === "" ? "" : `  ${row.note}`}`.trimEnd();
  });
  return `${lines.join("\n")}\n`;
}

/** A span shorter than an eighth of a cell still shows as the thinnest mark at its place. */
export function drawBar(
  offsetMs: number,
  durationMs: number,
  endMs: number,
  cells: number,
): { blank: string; filled: string; rest: number } {
  // Shares of the whole first: cells per millisecond of a trace without length would be infinite.
  const cellsUntil = (ms: number) => (endMs > 0 ? (ms / endMs) * cells : 0);
  const start = Math.min(cells - 1, Math.floor(cellsUntil(offsetMs)));
  const end = Math.round(cellsUntil(offsetMs + durationMs) * 8);
  const eighths = Math.max(1, Math.min((cells - start) * 8, end - start * 8));
  const filled = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return { blank: " ".repeat(start), filled, rest: cells - start - [...filled].length };
}

function fit(text: string, width: number): string {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join("")}…` : text.padEnd(width);
}
