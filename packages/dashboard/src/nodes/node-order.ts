/** The orders of nodes that the table and the cards offer, and how the address names them: `-cpu` is the highest first. */
import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { displayName } from "../format/names.js";
import { type Sorting, sorted } from "../model/sorting.js";
import type { Received } from "../state/live-state.js";

const NODE_COLUMNS = ["name", "type", "mesh", "state", "up", "links", "cpu", "ram", "tx", "rx", "age"] as const;
export type NodeColumn = (typeof NODE_COLUMNS)[number];

/** What the heads show while rows stand in the usual order. */
export const NAME_ORDER: Sorting<NodeColumn> = { by: "mesh", descending: false };

export function parseOrder(text: string): Sorting<NodeColumn> | null {
  const descending = text.startsWith("-");
  const by = NODE_COLUMNS.find((column) => column === text.slice(descending ? 1 : 0));
  return by === undefined ? null : { by, descending };
}

export function orderText({ by, descending }: Sorting<NodeColumn>): string {
  return `${descending ? "-" : ""}${by}`;
}

/** `rows` in the usual order, which decides among equals. */
export function orderRows(
  rows: readonly Received<NodeView>[],
  order: Sorting<NodeColumn> | null,
  links: ReadonlyMap<string, readonly LinkView[]>,
  nowMs: number,
): readonly Received<NodeView>[] {
  return order === null ? rows : sorted(rows, order, (row, column) => cellOf(row, column, links, nowMs));
}

function cellOf(
  { value: node, receivedAtMs }: Received<NodeView>,
  column: NodeColumn,
  links: ReadonlyMap<string, readonly LinkView[]>,
  nowMs: number,
): number | string | null {
  switch (column) {
    case "name":
      return displayName(node);
    case "type":
      return node.type;
    case "mesh":
      return node.mesh;
    case "state":
      return node.state;
    case "up":
      return node.live && node.uptimeMs !== null ? node.uptimeMs + (node.statsAgeMs ?? 0) + nowMs - receivedAtMs : null;
    case "links":
      return node.statsAgeMs === null || node.id === null ? null : (links.get(node.id)?.length ?? 0);
    case "cpu":
      return node.cpuUsedCores;
    case "ram":
      return node.ramUsedBytes;
    case "tx":
      return node.framesSentPerMinute;
    case "rx":
      return node.framesReceivedPerMinute;
    case "age":
      return node.statsAgeMs === null ? null : node.statsAgeMs + nowMs - receivedAtMs;
  }
}
