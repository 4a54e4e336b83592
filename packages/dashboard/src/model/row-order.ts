/** The order of nodes in every list: mesh, type, name. It does not change with figures, so rows do not jump. */
import type { NodeView } from "@meshwork/console/api-types";
import { byType, inText } from "../format/names.js";
import type { Received } from "../state/live-state.js";

export function inOrder(rows: Iterable<Received<NodeView>>): Received<NodeView>[] {
  return [...rows].sort(
    ({ value: a }, { value: b }) =>
      inText(a.mesh, b.mesh) || byType(a.type, b.type) || inText(a.name ?? a.key, b.name ?? b.key),
  );
}
