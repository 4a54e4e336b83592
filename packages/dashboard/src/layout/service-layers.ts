/**
 * Columns of the service graph: callers left of whom they call (longest path over the types, calls back along a cycle left out), one row
 * per mesh. Few boxes, so the plain algorithm does.
 */
import type { ServiceEdge, ServiceRef } from "@meshwork/console/api-types";
import { byType } from "../format/names.js";

export interface ServiceBox {
  readonly mesh: string;
  readonly service: string;
  readonly column: number;
  readonly row: number;
}

export interface ServiceLayers {
  readonly boxes: readonly ServiceBox[];
  readonly columns: number;
  readonly rows: number;
}

export const serviceKey = ({ mesh, service }: ServiceRef): string => `${mesh}/${service}`;

export function serviceLayers(services: readonly ServiceRef[], edges: readonly ServiceEdge[]): ServiceLayers {
  const called = new Map<string, ServiceRef>();
  for (const edge of edges) for (const end of [edge.from, edge.to]) called.set(serviceKey(end), end);
  for (const service of services) called.set(serviceKey(service), service);
  const all = [...called.values()];
  const types = [...new Set(all.map(({ service }) => service))].sort(byType);
  const meshes = [...new Set(all.map(({ mesh }) => mesh))].sort();
  const column = columnsOf(types, edges);
  const boxes = all
    .map(({ mesh, service }) => ({ mesh, service, column: column.get(service) ?? 0, row: meshes.indexOf(mesh) }))
    .sort((a, b) => a.row - b.row || a.column - b.column || byType(a.service, b.service));
  return { boxes, columns: Math.max(0, ...boxes.map((box) => box.column + 1)), rows: meshes.length };
}

/** Each type a column of its own: types of one depth stand side by side, since two boxes of one mesh must not share a place. */
function columnsOf(types: readonly string[], edges: readonly ServiceEdge[]): Map<string, number> {
  const calls = new Map<string, Set<string>>(types.map((type) => [type, new Set()]));
  for (const { from, to } of edges) if (from.service !== to.service) calls.get(from.service)?.add(to.service);
  const depth = new Map<string, number>();
  const open = new Set<string>();
  const depthOf = (type: string): number => {
    const known = depth.get(type);
    if (known !== undefined) return known;
    open.add(type);
    let deepest = 0;
    for (const next of [...(calls.get(type) ?? [])].sort(byType))
      if (!open.has(next)) deepest = Math.max(deepest, depthOf(next) + 1);
    open.delete(type);
    depth.set(type, deepest);
    return deepest;
  };
  for (const type of types) depthOf(type);
  const ordered = [...types].sort((a, b) => depth.get(b)! - depth.get(a)! || byType(a, b));
  return new Map(ordered.map((type, index) => [type, index]));
}
