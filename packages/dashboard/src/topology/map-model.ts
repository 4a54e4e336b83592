/**
 * The map as data: lanes, discs and links with their places, from what the stream told. Links to ids that no list holds get a disc of
 * their own, marked unknown: a link that is reported is drawn.
 */
import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { displayName, idPrefix, shortName } from "../format/names.js";
import { innerSide, type LaneGrid, laneCentre, laneColumns, laneGrid, nodePoint, type Point } from "../layout/lanes.js";
import { linkPath } from "../layout/link-path.js";
import type { SlotBook } from "../layout/slot-book.js";
import { type LinkKind, type LinkReport, linkKind, linkReport } from "../model/link-kind.js";
import type { Received } from "../state/live-state.js";

export interface Disc extends Point {
  /** What links name: the id, or the row's key as long as the id is unknown. */
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly mesh: string;
  readonly side: "left" | "right";
  readonly node: NodeView | null;
  /** Of the node's newest message, by the page's clock; 0 without one. */
  readonly receivedAtMs: number;
}

export interface DrawnLink {
  readonly link: LinkView;
  readonly kind: LinkKind;
  readonly report: LinkReport;
  readonly path: string;
}

export interface MeshMap {
  readonly grid: LaneGrid;
  readonly discs: readonly Disc[];
  readonly links: readonly DrawnLink[];
}

interface Item {
  readonly key: string;
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly mesh: string;
  readonly node: NodeView | null;
  readonly receivedAtMs: number;
}

export function meshMap(
  rows: Iterable<Received<NodeView>>,
  links: readonly LinkView[],
  slots: SlotBook,
  width: number,
): MeshMap {
  const items = new Map<string, Item>();
  for (const { value: node, receivedAtMs } of rows) {
    const key = node.id ?? node.key;
    const name = displayName(node);
    items.set(key, {
      key,
      name,
      label: node.name === null ? `${node.type} ?` : shortName(name),
      type: node.type,
      mesh: node.mesh,
      node,
      receivedAtMs,
    });
  }
  for (const { a, b, mesh } of links)
    for (const id of [a, b]) {
      const name = `not in the directory (${idPrefix(id)})`;
      if (!items.has(id))
        items.set(id, {
          key: id,
          name,
          label: `? ${idPrefix(id)}`,
          type: "unknown",
          mesh,
          node: null,
          receivedAtMs: 0,
        });
    }
  const meshes = [...new Set([...items.values()].map((item) => item.mesh))].sort();
  const columns = laneColumns(meshes.length, width);
  const places = slots.arrange(
    meshes.map((mesh, index) => ({
      mesh,
      inner: innerSide(index, columns),
      nodes: [...items.values()].filter((item) => item.mesh === mesh),
    })),
  );
  const grid = laneGrid(meshes, slots.rows, width);
  const laneOf = new Map(grid.lanes.map((lane) => [lane.mesh, lane]));
  const discs = [...items.values()].flatMap((item): Disc[] => {
    const [lane, slot] = [laneOf.get(item.mesh), places.get(item.key)];
    if (lane === undefined || slot === undefined) return [];
    return [{ ...item, id: item.key, side: slot.side, ...nodePoint(lane, slot, grid.rows) }];
  });
  const discOf = new Map(discs.map((disc) => [disc.id, disc]));
  const drawn = links.flatMap((link): DrawnLink[] => {
    const [a, b] = [discOf.get(link.a), discOf.get(link.b)];
    if (a === undefined || b === undefined) return [];
    const lane = a.mesh === b.mesh ? laneOf.get(a.mesh) : undefined;
    const path = linkPath(a, b, lane === undefined ? null : laneCentre(lane));
    return [{ link, kind: linkKind(link, (id) => discOf.get(id)?.mesh), report: linkReport(link), path }];
  });
  // Observers' links below: they are long and would hide the meshes' own.
  drawn.sort((x, y) => Number(x.kind === "member") - Number(y.kind === "member"));
  return { grid, discs, links: drawn };
}
