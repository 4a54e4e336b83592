/** The curve of a link. Within a lane it bows towards the lane's centre, so that it does not pass behind other discs of its side. */
import type { Point } from "./lanes.js";

const BOW = 0.38;

export function linkPath(a: Point, b: Point, centre: Point | null): string {
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  if (centre !== null) {
    const x = middle.x + (centre.x - middle.x) * BOW;
    const y = middle.y + (centre.y - middle.y) * BOW;
    return `M${round(a.x)} ${round(a.y)}Q${round(x)} ${round(y)} ${round(b.x)} ${round(b.y)}`;
  }
  // Between lanes: leaves and arrives level, so that a bundle of such links reads as lanes of traffic and not as a fan.
  const pull = (b.x - a.x) * 0.45;
  if (Math.abs(pull) < 40) return `M${round(a.x)} ${round(a.y)}L${round(b.x)} ${round(b.y)}`;
  return `M${round(a.x)} ${round(a.y)}C${round(a.x + pull)} ${round(a.y)} ${round(b.x - pull)} ${round(b.y)} ${round(b.x)} ${round(b.y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
