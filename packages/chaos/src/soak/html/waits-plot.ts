/** How long survivors took: a histogram on a scale of time, with the bound. */
import { type Frame, scale, svg, xAxis, yAxis } from "./axes.js";
import { at } from "./markup.js";

const BIN_MS = 250;

export function waitsPlot(waits: readonly (number | null)[], boundMs: number | null, title: string): string {
  const known = waits.filter((wait): wait is number => wait !== null);
  const frame: Frame = { width: 530, height: 170, left: 48, right: 12, top: 14, bottom: 26 };
  const lastMs = Math.max(boundMs ?? 0, ...known) * 1.08;
  const bins = new Array<number>(Math.max(1, Math.ceil(lastMs / BIN_MS))).fill(0);
  for (const wait of known) {
    const bin = Math.min(bins.length - 1, Math.floor(wait / BIN_MS));
    bins[bin] = (bins[bin] as number) + 1;
  }
  const x = scale(0, bins.length * BIN_MS, frame.left, frame.width - frame.right);
  const y = scale(0, Math.max(...bins, 1) * 1.1, frame.height - frame.bottom, frame.top);
  const bars = bins.map((count, index) => {
    if (count === 0) return "";
    const left = x.place(index * BIN_MS);
    const from = `${((index * BIN_MS) / 1_000).toFixed(2)}–${(((index + 1) * BIN_MS) / 1_000).toFixed(2)} s`;
    const over = boundMs !== null && index * BIN_MS >= boundMs ? " over" : "";
    return `<rect class="bar${over}" x="${at(left + 0.5)}" width="${at(x.place((index + 1) * BIN_MS) - left - 1)}" y="${at(y.place(count))}" height="${at(y.place(0) - y.place(count))}" rx="1.5"><title>${from}: ${count}</title></rect>`;
  });
  const bound =
    boundMs === null
      ? ""
      : `<line class="bound" x1="${at(x.place(boundMs))}" x2="${at(x.place(boundMs))}" y1="${frame.top - 6}" y2="${frame.height - frame.bottom}"/>` +
        `<text class="bound-label" x="${at(x.place(boundMs) - 5)}" y="${frame.top}" text-anchor="end">p99 bound ${boundMs / 1_000} s</text>`;
  const axes = yAxis(frame, y, (value) => `${value}`, 3) + xAxis(frame, x, (value) => `${value / 1_000} s`, 6);
  return svg(frame, title, axes + bars.join("") + bound);
}
