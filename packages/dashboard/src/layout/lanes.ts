/**
 * From places to pixels: each mesh a lane, its nodes as cards in two columns along its sides. Rows are at equal heights, so that no two
 * cards touch however many there are; the room between the columns is the links'.
 */
import type { Side, Slot } from "./slot-book.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Lane extends Point {
  readonly mesh: string;
  readonly width: number;
  readonly height: number;
  readonly inner: Side;
}

export interface LaneGrid {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly Lane[];
  readonly cardWidth: number;
}

/** The upper left corner, and where links end: the middle of either side. */
export interface CardPlace extends Point {
  readonly inner: Point;
  readonly outer: Point;
}

export const CARD_HEIGHT = 80;
const ROW_GAP = 10;
const LANE_GAP = 22;
const HEADER = 44;
const EDGE = 12;
/** Below this two lanes do not stand beside each other. */
const MIN_LANE_WIDTH = 420;
/** Below this a card's figures would be cut. */
const MIN_CARD_WIDTH = 136;
const MAX_CARD_WIDTH = 210;
/** The links' room between the columns, where there is room at all. */
const MIDDLE = 120;

export function laneColumns(meshes: number, width: number): number {
  return Math.max(1, Math.min(meshes, Math.floor((width + LANE_GAP) / (MIN_LANE_WIDTH + LANE_GAP))));
}

/** The side that looks at the other lanes: the right one of the left half, else the left one. */
export function innerSide(index: number, columns: number): Side {
  return columns === 1 || (index % columns) * 2 < columns - 1 ? "right" : "left";
}

export function laneGrid(meshes: readonly string[], rows: number, width: number): LaneGrid {
  const columns = laneColumns(meshes.length, width);
  const least = 2 * (MIN_CARD_WIDTH + EDGE) + 24;
  const laneWidth = Math.max(least, Math.floor((width - LANE_GAP * (columns - 1)) / columns));
  const wanted = Math.floor((laneWidth - 2 * EDGE - MIDDLE) / 2);
  const laneHeight = HEADER + rows * (CARD_HEIGHT + ROW_GAP) - ROW_GAP + EDGE;
  const lanes = meshes.map((mesh, index) => ({
    mesh,
    x: (index % columns) * (laneWidth + LANE_GAP),
    y: Math.floor(index / columns) * (laneHeight + LANE_GAP),
    width: laneWidth,
    height: laneHeight,
    inner: innerSide(index, columns),
  }));
  const lines = Math.ceil(meshes.length / columns);
  return {
    width: columns * laneWidth + (columns - 1) * LANE_GAP,
    height: Math.max(0, lines * laneHeight + (lines - 1) * LANE_GAP),
    lanes,
    cardWidth: Math.min(MAX_CARD_WIDTH, Math.max(MIN_CARD_WIDTH, wanted)),
  };
}

export function laneCentre(lane: Lane): Point {
  return { x: lane.x + lane.width / 2, y: lane.y + HEADER + (lane.height - HEADER - EDGE) / 2 };
}

export function cardPlace(lane: Lane, slot: Slot, cardWidth: number): CardPlace {
  const x = slot.side === "left" ? lane.x + EDGE : lane.x + lane.width - EDGE - cardWidth;
  const y = lane.y + HEADER + slot.row * (CARD_HEIGHT + ROW_GAP);
  const [left, right] = [x, x + cardWidth].map((at) => ({ x: at, y: y + CARD_HEIGHT / 2 })) as [Point, Point];
  return slot.side === "left" ? { x, y, inner: right, outer: left } : { x, y, inner: left, outer: right };
}
