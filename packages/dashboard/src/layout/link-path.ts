/** The curve of a link or flow, as an SVG path. */
import type { CardPlace, Point } from "./lanes.js";

/**
 * Within a lane, from inner side to inner side: it leaves both cards level, so that links of one column stand apart as arcs, the longer
 * the further out, up to the lane's middle.
 */
export function linkWithin(a: CardPlace, b: CardPlace, centre: Point): string {
  const [from, to] = [a.inner, b.inner];
  const sameSide = from.x === to.x;
  const reach = sameSide ? Math.min(0.92, 0.3 + Math.abs(from.y - to.y) / 620) : 0.75;
  const pull = (end: Point) => round(end.x + (centre.x - end.x) * reach);
  return `M${at(from)}C${pull(from)} ${round(from.y)} ${pull(to)} ${round(to.y)} ${at(to)}`;
}

/** Between lanes: from the sides that face each other. Leaves and arrives level, so that a bundle reads as traffic and not as a fan. */
export function linkBetween(a: CardPlace, b: CardPlace): string {
  const [from, to] = facing(a, b);
  const way = (to.x - from.x) * 0.45;
  if (Math.abs(way) < 20) {
    // Lanes below each other: beside the cards, not through them.
    const bend = 36 + Math.abs(to.y - from.y) / 20;
    return `M${at(from)}C${round(from.x + bend)} ${round(from.y)} ${round(to.x + bend)} ${round(to.y)} ${at(to)}`;
  }
  return `M${at(from)}C${round(from.x + way)} ${round(from.y)} ${round(to.x - way)} ${round(to.y)} ${at(to)}`;
}

/** Of each card the side that looks at the other one. */
function facing(a: CardPlace, b: CardPlace): readonly [Point, Point] {
  const sides = (place: CardPlace) => [place.inner, place.outer].sort((one, two) => one.x - two.x) as [Point, Point];
  const [[aLeft, aRight], [bLeft, bRight]] = [sides(a), sides(b)];
  if (aRight.x < bLeft.x) return [aRight, bLeft];
  return bRight.x < aLeft.x ? [aLeft, bRight] : [aRight, bRight];
}

function at(point: Point): string {
  return `${round(point.x)} ${round(point.y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
