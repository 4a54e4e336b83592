/** A size's course since the page began to look, from its own least to its own most. */
import type { Course, Trend } from "./trend.js";

const WIDTH = 90;
const HEIGHT = 18;

export function Sparkline({ trend, course }: { readonly trend: Trend; readonly course: Course }) {
  const { samples } = trend;
  const values = samples.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const first = samples[0]!.atMs;
  const spanMs = Math.max(1, samples.at(-1)!.atMs - first);
  const points = samples.map(({ atMs, value }) => {
    const y = most === least ? HEIGHT / 2 : HEIGHT - 2 - ((value - least) / (most - least)) * (HEIGHT - 4);
    return `${(((atMs - first) / spanMs) * WIDTH).toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg className={`sparkline is-${course}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <polyline points={points.length === 1 ? `0,${HEIGHT / 2} ${WIDTH},${HEIGHT / 2}` : points.join(" ")} />
    </svg>
  );
}
