/** Which of many rows stand in or near the window; the others are room above and below. Few rows are all drawn. */
export interface RowWindow {
  readonly from: number;
  /** Not itself drawn. */
  readonly to: number;
  readonly abovePx: number;
  readonly belowPx: number;
}

/** Up to so many rows no windowing is worth its trouble. */
const ALL_UP_TO = 120;
/** Drawn beyond each edge, so that a quick hand does not reach emptiness. */
const MARGIN_PX = 600;
const STEP_ROWS = 10;

/** Where the list's top stands relative to the window, and the window's height, both in pixels. */
export function rowWindow(count: number, rowPx: number, topPx: number, heightPx: number): RowWindow {
  if (count <= ALL_UP_TO) return { from: 0, to: count, abovePx: 0, belowPx: 0 };
  const at = (px: number) => Math.floor(px / rowPx / STEP_ROWS) * STEP_ROWS;
  const from = Math.min(Math.max(0, at(-topPx - MARGIN_PX)), count);
  const to = Math.min(count, Math.max(from, at(heightPx - topPx + MARGIN_PX) + STEP_ROWS));
  return { from, to, abovePx: from * rowPx, belowPx: (count - to) * rowPx };
}
