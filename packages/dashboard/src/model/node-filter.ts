/**
 * Which nodes the reader looks for: by name, mesh, type and state. Written into the address (`?q=broker&mesh=mesh1`), so that a link to
 * the page is a link to what is looked at.
 */
import type { NodeView } from "@meshwork/console/api-types";
import { ringOf } from "./member-state.js";

export interface NodeFilter {
  /** Words that must all stand in the name, id or location. */
  readonly text: string;
  /** Empty: any. */
  readonly mesh: string;
  readonly type: string;
  /** A ring (member-state.ts), or `live`. */
  readonly state: string;
}

export const NO_FILTER: NodeFilter = { text: "", mesh: "", type: "", state: "" };
/** As long as a name may be, several times. */
const MAX_CHARS = 200;

const KEYS = { text: "q", mesh: "mesh", type: "type", state: "state" } as const;

export function parseFilter(search: string): NodeFilter {
  const query = new URLSearchParams(search);
  const read = (field: keyof NodeFilter) => (query.get(KEYS[field]) ?? "").slice(0, MAX_CHARS);
  return { text: read("text"), mesh: read("mesh"), type: read("type"), state: read("state") };
}

/** The query with the filter in it; what else it carries stays. */
export function withFilter(search: string, filter: NodeFilter): string {
  const query = new URLSearchParams(search);
  for (const [field, key] of Object.entries(KEYS)) {
    const value = filter[field as keyof NodeFilter].slice(0, MAX_CHARS);
    if (value === "") query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

export function isFiltering({ text, mesh, type, state }: NodeFilter): boolean {
  return text.trim() !== "" || mesh !== "" || type !== "" || state !== "";
}

export function fits(filter: NodeFilter, node: NodeView): boolean {
  if (filter.mesh !== "" && node.mesh !== filter.mesh) return false;
  if (filter.type !== "" && node.type !== filter.type) return false;
  if (filter.state !== "" && !(filter.state === "live" ? node.live : ringOf(node) === filter.state)) return false;
  const words = filter.text.toLowerCase().split(/\s+/);
  const text = `${node.name ?? ""} ${node.type} ${node.id ?? ""} ${node.location ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
