/**
 * From places to pixels: each mesh a lane, its nodes on two facing curves. Rows are at equal heights, so labels (outside the curves)
 * never touch however many nodes there are, and the curve keeps links between neighbours of one side apart from the node in between.
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
  readonly rows: number;
}

export const DISC_RADIUS = 15;
const GAP = 20;
const HEADER = 46;
const FOOT = 14;
/** Below this a lane has no room for its labels and links. */
const MIN_LANE_WIDTH = 430;
/** Room for a label beside a disc. */
const LABEL_WIDTH = 112;

/** Rows shrink with their number, down to where two lines of text still fit; wide lanes give few rows more air. */
export function rowHeight(rows: number, laneWidth: number): number {
  if (rows > 10) return 46;
  return rows > 6 ? 66 : Math.min(110, Math.max(84, Math.round(laneWidth / 7)));
}

export function laneColumns(meshes: number, width: number): number {
  return Math.max(1, Math.min(meshes, Math.floor((width + GAP) / (MIN_LANE_WIDTH + GAP))));
}

/** The side that looks at the other lanes: the right one of the left half, else the left one. */
export function innerSide(index: number, columns: number): Side {
  return columns === 1 || (index % columns) * 2 < columns - 1 ? "right" : "left";
}

export function laneGrid(meshes: readonly string[], rows: number, width: number): LaneGrid {
  const columns = laneColumns(meshes.length, width);
  const laneWidth = Math.max(MIN_LANE_WIDTH, (width - GAP * (columns - 1)) / columns);
  const laneHeight = HEADER + rows * rowHeight(rows, laneWidth) + FOOT;
  const lanes = meshes.map((mesh, index) => ({
    mesh,
    x: (index % columns) * (laneWidth + GAP),
    y: Math.floor(index / columns) * (laneHeight + GAP),
    width: laneWidth,
    height: laneHeight,
    inner: innerSide(index, columns),
  }));
  const lines = Math.ceil(meshes.length / columns);
  return {
    width: columns * laneWidth + (columns - 1) * GAP,
    height: Math.max(0, lines * laneHeight + (lines - 1) * GAP),
    lanes,
    rows,
  };
}

export function laneCentre(lane: Lane): Point {
  return { x: lane.x + lane.width / 2, y: lane.y + HEADER + (lane.height - HEADER - FOOT) / 2 };
}

export function nodePoint(lane: Lane, slot: Slot, rows: number): Point {
  const centre = laneCentre(lane);
  const step = rowHeight(rows, lane.width);
  const dy = (slot.row - (rows - 1) / 2) * step;
  // The outermost rows stay apart by more than half of the full width.
  const reach = Math.max(1, (rows / 2) * step * 1.12);
  const halfWidth = Math.max(60, lane.width / 2 - LABEL_WIDTH - DISC_RADIUS - 8);
  const dx = halfWidth * Math.sqrt(Math.max(0, 1 - (dy / reach) ** 2));
  return { x: centre.x + (slot.side === "left" ? -dx : dx), y: centre.y + dy };
}
