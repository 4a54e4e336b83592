/** One process's memory: PSS and heap after a forced collection, the least of each minute, on a scale from zero. */
import type { SeriesState, SoakState } from "../state.js";
import { type Frame, linePath, scale, svg, xAxis, yAxis } from "./axes.js";
import { escapeHtml, megabytes } from "./markup.js";

const DRAWN = [
  { metric: "pssBytes", className: "pss", title: "PSS" },
  { metric: "heapBytes", className: "heap", title: "heap" },
] as const;

export function seriesPlot(state: SoakState, series: SeriesState): string {
  const frame: Frame = { width: 350, height: 120, left: 48, right: 24, top: 8, bottom: 22 };
  const all = DRAWN.flatMap(({ metric }) => series.parts.flatMap((part) => part[metric] ?? []));
  const known = all.filter((value): value is number => value !== null);
  const x = scale(0, state.plan.durationMs / 60_000, frame.left, frame.width - frame.right);
  const y = scale(0, Math.max(...known, 1) * 1.15, frame.height - frame.bottom, frame.top);
  const lines = DRAWN.map(({ metric, className, title }) =>
    series.parts
      .map((part, index) => {
        const values = part[metric] ?? [];
        const fromMinute = (state.parts[index]?.fromMs ?? 0) / 60_000;
        const last = values.findLast((value) => value !== null) ?? null;
        return `<path class="line ${className}" d="${linePath(values, x, y, fromMinute)}"><title>${title}: ${megabytes(last)} at the end</title></path>`;
      })
      .join(""),
  );
  const axes = yAxis(frame, y, (value) => `${value / 1e6} MB`, 3) + xAxis(frame, x, (value) => `${value} min`, 3);
  return `<figure class="small"><figcaption>${escapeHtml(series.label)}</figcaption>${svg(frame, series.label, axes + lines.join(""))}</figure>`;
}
