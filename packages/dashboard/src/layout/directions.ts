/** From one place to the next by an arrow key: the nearest in its direction, where those beside the way count as further. */
import type { Point } from "./lanes.js";

const WAYS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export function wayOf(key: string): Point | undefined {
  return WAYS[key];
}

export function nextPlace<T extends Point>(places: readonly T[], from: Point, way: Point): T | null {
  let best: T | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const along = (place.x - from.x) * way.x + (place.y - from.y) * way.y;
    const aside = Math.abs((place.x - from.x) * way.y) + Math.abs((place.y - from.y) * way.x);
    if (along <= 0.5 || along + 2.5 * aside >= least) continue;
    least = along + 2.5 * aside;
    best = place;
  }
  return best;
}
