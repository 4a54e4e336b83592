/** What a type of the demo brings: handlers that it registers on the node, and the operations that its traffic takes turns in. */
import type { MeshNode, RequestOptions } from "@meshwork/node";
import type { Operation } from "./traffic.js";

export interface Behaviour {
  /** Removals of the handlers that were registered. */
  readonly handlers: readonly (() => void)[];
  readonly operations: readonly Operation[];
}

/** Well below the caller's 5 s, so that a reply can still say what went wrong further down. */
export const INNER_TIMEOUT_MS = 2_000;

/**
 * A request to any live node of (mesh, type) in this node's own directory; undefined where it lists none. Whether there is one
 * is asked first: a mesh without registries is no fault, and leaves no failed span.
 */
export async function requestAny(
  node: MeshNode,
  mesh: string,
  type: string,
  operation: string,
  body: Uint8Array | string,
  options: RequestOptions,
): Promise<Uint8Array | undefined> {
  if (!node.directory.entries({ mesh, type }).some((entry) => entry.id !== node.id)) return undefined;
  const reply = await node.request({ mesh, type }, operation, body, options);
  return reply.body;
}
