/** From cells to places, for many nodes: each mesh a lane with a grid of equal cells, as large as the frame allows. */
import type { Point } from "./lanes.js";

export interface FieldLane extends Point {
  readonly mesh: string;
  readonly width: number;
  readonly height: number;
}

export interface FieldGrid {
  readonly lanes: readonly FieldLane[];
  readonly width: number;
  readonly height: number;
  /** Height of a cell; it is at least as wide. */
  readonly cell: number;
  readonly cellWidth: number;
  readonly columns: number;
}

export const LANE_HEADER = 34;
const GAP = 16;
const EDGE = 10;
/** The largest that lets all fit is taken; where the smallest does not, one moves and zooms. */
const MAX_CELL = 96;
const MIN_CELL = 20;
const MIN_LANE_WIDTH = 260;
const MOST_ACROSS = 12;

/** As many lanes beside each other as give the largest cells; of those, the fewest rows of lanes. */
export function fieldGrid(meshes: readonly string[], capacity: number, width: number, height: number): FieldGrid {
  const most = Math.max(1, Math.min(meshes.length, MOST_ACROSS, Math.floor(width / MIN_LANE_WIDTH)));
  let best = gridOf(most, meshes, capacity, width, height);
  for (let across = most - 1; across >= 1; across -= 1) {
    const grid = gridOf(across, meshes, capacity, width, height);
    if (grid.cell > best.cell) best = grid;
  }
  return best;
}

function gridOf(across: number, meshes: readonly string[], capacity: number, width: number, height: number): FieldGrid {
  const down = Math.max(1, Math.ceil(meshes.length / across));
  const laneWidth = Math.max(120, Math.floor((width - GAP * (across - 1)) / across));
  const inside = laneWidth - 2 * EDGE;
  const room = (height - GAP * (down - 1)) / down - LANE_HEADER - EDGE;
  const columnsOf = (cell: number) => Math.max(1, Math.floor(inside / cell));
  const rowsOf = (cell: number) => Math.ceil(capacity / columnsOf(cell));
  let cell = MAX_CELL;
  while (cell > MIN_CELL && rowsOf(cell) * cell > room) cell -= 1;
  const laneHeight = LANE_HEADER + rowsOf(cell) * cell + EDGE;
  const lanes = meshes.map((mesh, at) => ({
    mesh,
    x: (at % across) * (laneWidth + GAP),
    y: Math.floor(at / across) * (laneHeight + GAP),
    width: laneWidth,
    height: laneHeight,
  }));
  return {
    lanes,
    cell,
    cellWidth: inside / columnsOf(cell),
    columns: columnsOf(cell),
    width: across * laneWidth + (across - 1) * GAP,
    height: down * laneHeight + (down - 1) * GAP,
  };
}

/** The middle of a cell. */
export function cellPoint(grid: FieldGrid, lane: FieldLane, cell: number): Point {
  const [column, row] = [cell % grid.columns, Math.floor(cell / grid.columns)];
  return {
    x: lane.x + EDGE + (column + 0.5) * grid.cellWidth,
    y: lane.y + LANE_HEADER + (row + 0.5) * grid.cell,
  };
}

/** Lane and cell at a point, whether or not somebody is there. */
export function cellAt(grid: FieldGrid, point: Point): { readonly mesh: string; readonly cell: number } | null {
  for (const lane of grid.lanes) {
    const column = Math.floor((point.x - lane.x - EDGE) / grid.cellWidth);
    const row = Math.floor((point.y - lane.y - LANE_HEADER) / grid.cell);
    if (column >= 0 && column < grid.columns && row >= 0 && point.y < lane.y + lane.height)
      return { mesh: lane.mesh, cell: row * grid.columns + column };
  }
  return null;
}
