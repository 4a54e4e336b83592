/** Asks a node for a profile of its process, over the mesh. */

import type { NodeProfile } from "./profile-types.js";
import { decodeProfile, encodeOrder, PROFILE_OPERATION } from "./profile-wire.js";
import { profileTakesMs, takeProfile } from "./profiler.js";
import type { MeshNode } from "./types.js";

/** For the way there and back, and for packing. */
const MARGIN_MS = 10_000;

/**
 * `durationMs`: 100 to 60,000; the answer takes up to 5 s longer. Throws MESH_E_REFUSED where the node does not let itself be
 * profiled, MESH_E_OVERLOADED where its process is being profiled or was just now.
 */
export async function profileNode(
  node: MeshNode,
  target: string,
  options: { readonly durationMs: number; readonly signal?: AbortSignal },
): Promise<NodeProfile> {
  const { durationMs, signal = new AbortController().signal } = options;
  if (node.directory.resolve(target).id === node.id)
    return takeProfile({ durationMs, signal, stats: () => node.stats() });
  const timeoutMs = profileTakesMs(durationMs) + MARGIN_MS;
  const { body } = await node.request(target, PROFILE_OPERATION, encodeOrder(durationMs), { timeoutMs, signal });
  return decodeProfile(body);
}
