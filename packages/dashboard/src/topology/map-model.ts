/**
 * The map as data: who is on it, which links are reported, which messages flow between meshes. Places come later (card-layout.ts for
 * cards, field-layout.ts for many nodes). Links to ids that no list holds get a node of their own, marked unknown: a link that is
 * reported is drawn.
 */
import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { displayName, idPrefix, shortName } from "../format/names.js";
import type { Flow } from "../model/flows.js";
import { type LinkKind, type LinkReport, linkKind, linkReport } from "../model/link-kind.js";
import { type Ring, ringOf } from "../model/member-state.js";
import { type Role, roleOf, usualDegree } from "../model/role.js";
import type { Received } from "../state/live-state.js";

export interface MapNode {
  /** What links name: the id, or the row's key as long as the id is unknown. */
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly mesh: string;
  readonly node: NodeView | null;
  /** Of the node's newest message, by the page's clock; 0 without one. */
  readonly receivedAtMs: number;
  readonly ring: Ring;
  /** Links between members that either end reports. */
  readonly degree: number;
  readonly role: Role;
}

export interface MapLink {
  readonly link: LinkView;
  readonly kind: LinkKind;
  readonly report: LinkReport;
  /** Whether `link.a` is the end that reports it, where only one does. */
  readonly oneEnd: "a" | "b" | null;
}

export interface MeshMap {
  /** In the order of their names. */
  readonly meshes: readonly string[];
  readonly nodes: readonly MapNode[];
  readonly links: readonly MapLink[];
  readonly flows: readonly Flow[];
}

export function meshMap(
  rows: Iterable<Received<NodeView>>,
  reported: readonly LinkView[],
  flows: readonly Flow[],
): MeshMap {
  const known = new Map<string, Received<NodeView>>();
  for (const row of rows) known.set(row.value.id ?? row.value.key, row);
  const unknown = new Map<string, string>();
  for (const { a, b, mesh } of reported) for (const id of [a, b]) if (!known.has(id)) unknown.set(id, mesh);

  const meshOf = (id: string) => known.get(id)?.value.mesh ?? unknown.get(id);
  const links = reported.map((link): MapLink => {
    const oneEnd = link.aReports === link.bReports ? null : link.aReports === true ? "a" : "b";
    return { link, kind: linkKind(link, meshOf), report: linkReport(link), oneEnd };
  });
  // Observers' links below: they are long and would hide the meshes' own.
  links.sort((x, y) => Number(x.kind === "member") - Number(y.kind === "member"));

  const degrees = new Map<string, number>();
  for (const { link, kind } of links)
    if (kind === "member") for (const id of [link.a, link.b]) degrees.set(id, (degrees.get(id) ?? 0) + 1);
  const usual = usualDegree(degrees.values());
  const nodes = [...known].map(([id, { value: node, receivedAtMs }]): MapNode => {
    const name = displayName(node);
    const label = node.name === null ? `${node.type} ?` : shortName(name);
    const degree = degrees.get(id) ?? 0;
    const role = node.live ? roleOf(degree, usual) : "usual";
    return { id, name, label, type: node.type, mesh: node.mesh, node, receivedAtMs, ring: ringOf(node), degree, role };
  });
  for (const [id, mesh] of unknown)
    nodes.push({
      ...{ id, mesh, name: `not in the directory (${idPrefix(id)})`, label: `? ${idPrefix(id)}`, type: "unknown" },
      ...{ node: null, receivedAtMs: 0, ring: "unknown", degree: degrees.get(id) ?? 0, role: "usual" },
    });
  const meshes = [...new Set(nodes.map(({ mesh }) => mesh))].sort();
  return { meshes, nodes, links, flows };
}

/** Who is linked with it, and itself. */
export function nearOf({ links }: MeshMap, id: string): ReadonlySet<string> {
  const near = new Set([id]);
  for (const { link } of links) {
    if (link.a === id) near.add(link.b);
    if (link.b === id) near.add(link.a);
  }
  return near;
}
