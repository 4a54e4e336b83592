/** The map of many nodes: a disc each in its mesh's grid, as large as its links are many. */

import type { Size } from "../layout/camera.js";
import type { CellBook } from "../layout/cell-book.js";
import { cellAt, cellPoint, type FieldGrid, fieldGrid } from "../layout/field-grid.js";
import type { Point } from "../layout/lanes.js";
import type { Flow } from "../model/flows.js";
import { isGone } from "../model/member-state.js";
import type { MapLink, MapNode, MeshMap } from "./map-model.js";

export interface FieldNode extends MapNode, Point {
  readonly radius: number;
  readonly gone: boolean;
}

export interface FieldLink extends MapLink {
  readonly from: FieldNode;
  readonly to: FieldNode;
}

export interface FieldMap {
  readonly grid: FieldGrid;
  readonly nodes: readonly FieldNode[];
  readonly byId: ReadonlyMap<string, FieldNode>;
  readonly links: readonly FieldLink[];
  /** Nodes by mesh. */
  readonly counts: ReadonlyMap<string, { readonly all: number; readonly live: number }>;
  readonly flows: readonly Flow[];
  readonly at: (point: Point) => FieldNode | null;
}

export function fieldMap(map: MeshMap, cells: CellBook, frame: Size): FieldMap {
  const places = cells.arrange(map.nodes);
  const grid = fieldGrid(map.meshes, cells.capacity, frame.width, frame.height);
  const laneOf = new Map(grid.lanes.map((lane) => [lane.mesh, lane]));
  const most = Math.max(1, ...map.nodes.map(({ degree }) => degree));
  const byCell = new Map<string, FieldNode>();
  const nodes = map.nodes.flatMap((node): FieldNode[] => {
    const [lane, cell] = [laneOf.get(node.mesh), places.get(node.id)];
    if (lane === undefined || cell === undefined) return [];
    const radius = grid.cell * (0.18 + 0.11 * Math.sqrt(node.degree / most));
    const gone = node.node !== null && isGone(node.node);
    const placed = { ...node, ...cellPoint(grid, lane, cell), radius, gone };
    byCell.set(`${node.mesh} ${cell}`, placed);
    return [placed];
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const counts = new Map<string, { all: number; live: number }>();
  for (const { mesh, node } of nodes) {
    const { all, live } = counts.get(mesh) ?? { all: 0, live: 0 };
    counts.set(mesh, { all: all + 1, live: live + (node?.live === true ? 1 : 0) });
  }
  const links = map.links.flatMap((mapLink): FieldLink[] => {
    const [from, to] = [byId.get(mapLink.link.a), byId.get(mapLink.link.b)];
    return from === undefined || to === undefined ? [] : [{ ...mapLink, from, to }];
  });
  const at = (point: Point) => {
    const found = cellAt(grid, point);
    return found === null ? null : (byCell.get(`${found.mesh} ${found.cell}`) ?? null);
  };
  return { grid, nodes, byId, links, counts, flows: map.flows, at };
}
