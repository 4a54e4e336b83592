/** Waterfalls: where a span lies on a scale of milliseconds, and where the ticks go. */
export interface Placement {
  /** Both in percent of the width. */
  readonly left: number;
  readonly width: number;
}

/** A span too short to be seen keeps `minPercent`; its figure stands beside it, so nothing is claimed by the width. */
export function placed(offsetMs: number, durationMs: number, totalMs: number, minPercent = 0.3): Placement {
  if (!(totalMs > 0)) return { left: 0, width: 100 };
  const width = Math.min(100, Math.max(minPercent, (durationMs / totalMs) * 100));
  const left = Math.min(100 - width, Math.max(0, (offsetMs / totalMs) * 100));
  return { left, width };
}

/** Round steps (1, 2, 5 × 10ⁿ) from 0, at most `most` of them, none beyond the end. */
export function ticksOf(totalMs: number, most = 6): number[] {
  if (!(totalMs > 0) || !Number.isFinite(totalMs)) return [0];
  const rough = totalMs / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  const ticks: number[] = [];
  for (let index = 0; index * step <= totalMs * 1.000_001; index += 1)
    ticks.push(Number((index * step).toPrecision(12)));
  return ticks;
}
