/** Scales and axes of the report's plots. Colours are the page's variables, so that a plot follows its theme. */
import { at, escapeHtml } from "./markup.js";

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly place: (value: number) => number;
}

export function scale(from: number, to: number, start: number, end: number): Scale {
  const width = to === from ? 1 : to - from;
  return { from, to, place: (value) => start + ((value - from) / width) * (end - start) };
}

/** Round values within, about `count` of them. */
export function ticks({ from, to }: Pick<Scale, "from" | "to">, count: number): number[] {
  const raw = (to - from) / Math.max(1, count);
  if (!(raw > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const values: number[] = [];
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to + step * 1e-9; index++)
    values.push(Number((index * step).toPrecision(12)));
  return values;
}

export function yAxis(frame: Frame, y: Scale, label: (value: number) => string, count = 4): string {
  return ticks(y, count)
    .map((value) => {
      const place = at(y.place(value));
      return (
        `<line class="grid" x1="${frame.left}" x2="${frame.width - frame.right}" y1="${place}" y2="${place}"/>` +
        `<text class="tick" x="${frame.left - 6}" y="${place}" dy="0.32em" text-anchor="end">${escapeHtml(label(value))}</text>`
      );
    })
    .join("");
}

export function xAxis(frame: Frame, x: Scale, label: (value: number) => string, count = 8): string {
  const base = frame.height - frame.bottom;
  const marks = ticks(x, count)
    .map((value) => {
      const place = at(x.place(value));
      return `<text class="tick" x="${place}" y="${base + 16}" text-anchor="middle">${escapeHtml(label(value))}</text>`;
    })
    .join("");
  return `<line class="axis" x1="${frame.left}" x2="${frame.width - frame.right}" y1="${base}" y2="${base}"/>${marks}`;
}

/** A line through the values that are known; a gap stays a gap. */
export function linePath(values: readonly (number | null)[], x: Scale, y: Scale, fromX = 0): string {
  let path = "";
  let pen = false;
  for (const [index, value] of values.entries()) {
    if (value === null) pen = false;
    else {
      path += `${pen ? "L" : "M"}${at(x.place(fromX + index))} ${at(y.place(value))}`;
      pen = true;
    }
  }
  return path;
}

export function svg(frame: Frame, title: string, content: string): string {
  return `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${escapeHtml(title)}">${content}</svg>`;
}
