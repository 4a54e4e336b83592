/** Names, ids and types as shown. */

/** The known types in the order in which a request passes through them; others follow by name. */
const TYPE_ORDER = ["gateway", "console", "compute", "broker", "registry"];

export function byType(a: string, b: string): number {
  const [left, right] = [TYPE_ORDER.indexOf(a), TYPE_ORDER.indexOf(b)];
  if (left >= 0 && right >= 0) return left - right;
  if (left >= 0 || right >= 0) return left >= 0 ? -1 : 1;
  return inText(a, b);
}

/** By code points: names and ids are ASCII, and a locale's order of a thousand of them takes as long as a frame. */
export function inText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The class that colours a type: one of the known ones, or `other`. A type is any string, so it never becomes a class itself. */
export function typeClass(type: string): string {
  return TYPE_ORDER.includes(type) ? `type-${type}` : "type-other";
}

/** Meshes have no meaning of their own to colour: the first two by name, then the rest in turn. */
export function meshClass(mesh: string, meshes: readonly string[]): string {
  const at = meshes.indexOf(mesh);
  return at < 0 ? "mesh-none" : `mesh-${at % 4}`;
}

/** What names a row: its name, else what is known of it. */
export function displayName(node: {
  readonly name: string | null;
  readonly mesh: string;
  readonly type: string;
  readonly key: string;
}): string {
  return node.name ?? `${node.mesh}.${node.type}.? (${node.key.slice(0, 12)})`;
}

/** `broker 239dc9` of `mesh1.broker.239dc9`; the whole where it is not of that form. */
export function shortName(name: string): string {
  const [, type, id, ...rest] = name.split(".");
  return type === undefined || id === undefined || rest.length > 0 ? name : `${type} ${id}`;
}

export function idPrefix(id: string): string {
  return id.slice(0, 6);
}

/** `gossip_started` of `mesh.boot.gossip_started`. */
export function stepName(span: string): string {
  return span.replace(/^mesh\.boot\./, "").replaceAll("_", " ");
}
