/** The slope of each process's memory with the interval that holds it, against the limit: what the leak verdict is made of. */
import type { SlopeRow } from "../report.js";
import { LEAK_MB_PER_HOUR } from "../statistics/leak-verdict.js";
import { type Frame, scale, svg, xAxis } from "./axes.js";
import { at, escapeHtml, slope } from "./markup.js";

const ROW = 20;
/** Wider intervals run to the edge: what is of interest is where they lie about the limit. */
const MAX_SHOWN = 8;

export function slopesPlot(rows: readonly SlopeRow[], title: string): string {
  const frame: Frame = { width: 530, height: rows.length * ROW + 40, left: 160, right: 74, top: 10, bottom: 28 };
  const ends = rows.flatMap(({ lower, upper }) => [lower, upper]).filter((value): value is number => value !== null);
  const reach = Math.min(MAX_SHOWN, Math.max(1, ...ends.map(Math.abs)) * 1.1);
  const x = scale(-reach, reach, frame.left, frame.width - frame.right);
  const clamp = (value: number) => x.place(Math.max(-reach, Math.min(reach, value)));
  const base = frame.height - frame.bottom;
  const zone = `<rect class="zone" x="${at(x.place(LEAK_MB_PER_HOUR))}" width="${at(x.place(reach) - x.place(LEAK_MB_PER_HOUR))}" y="${frame.top}" height="${base - frame.top}"/>`;
  const zero = `<line class="axis" x1="${at(x.place(0))}" x2="${at(x.place(0))}" y1="${frame.top}" y2="${base}"/>`;
  const limit = `<line class="bound" x1="${at(x.place(LEAK_MB_PER_HOUR))}" x2="${at(x.place(LEAK_MB_PER_HOUR))}" y1="${frame.top}" y2="${base}"/>`;
  const lines = rows.map((row, index) => {
    const y = frame.top + index * ROW + ROW / 2;
    const name = `<text class="tick" x="${frame.left - 8}" y="${y}" dy="0.32em" text-anchor="end">${escapeHtml(row.label)}</text>`;
    const value = `<text class="value ${row.verdict}" x="${frame.width - frame.right + 6}" y="${y}" dy="0.32em">${row.slope === null ? "too short" : slope(row.slope)}</text>`;
    if (row.slope === null) return name + value;
    const from = row.lower === null ? -reach : row.lower;
    const to = row.upper === null ? reach : row.upper;
    const text = `${row.label}: ${slope(row.slope)} MB/h, interval ${slope(row.lower)} to ${slope(row.upper)}, ${row.points} minutes`;
    return `${name}<g class="interval ${row.verdict}"><title>${escapeHtml(text)}</title><line x1="${at(clamp(from))}" x2="${at(clamp(to))}" y1="${y}" y2="${y}"/><circle cx="${at(clamp(row.slope))}" cy="${y}" r="3.5"/></g>${value}`;
  });
  const axis = xAxis(frame, x, (value) => `${value}`, 6);
  return svg(frame, title, zone + zero + limit + axis + lines.join(""));
}
