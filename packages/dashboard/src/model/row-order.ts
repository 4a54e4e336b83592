/** The order of nodes in every list: mesh, type, name. It does not change with figures, so rows do not jump. */
import type { NodeView } from "@meshwork/console/api-types";
import { byType } from "../format/names.js";
import type { Received } from "../state/live-state.js";

export function inOrder(rows: Iterable<Received<NodeView>>): Received<NodeView>[] {
  return [...rows].sort(
    ({ value: a }, { value: b }) =>
      a.mesh.localeCompare(b.mesh) || byType(a.type, b.type) || (a.name ?? a.key).localeCompare(b.name ?? b.key),
  );
}
