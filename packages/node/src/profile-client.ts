/** Asks a node for a profile of its process, over the mesh; the own one is taken here. */
import { profileTakesMs } from "./cpu-profile.js";
import type { NodeProfile } from "./profile-types.js";
import { checkDuration, decodeProfile, encodeOrder, PROFILE_OPERATION } from "./profile-wire.js";
import { takeProfile } from "./profiler.js";
import type { MeshNode } from "./types.js";

/** For the way there and back, and for packing. */
const MARGIN_MS = 10_000;

export interface ProfileOptions {
  readonly durationMs: number;
  readonly signal?: AbortSignal;
}

export async function profileOf(
  node: Pick<MeshNode, "id" | "directory" | "request" | "stats">,
  target: string,
  { durationMs, signal = new AbortController().signal }: ProfileOptions,
): Promise<NodeProfile> {
  checkDuration(durationMs);
  if (node.directory.resolve(target).id === node.id)
    return takeProfile({ durationMs, signal, stats: () => node.stats() });
  const timeoutMs = profileTakesMs(durationMs) + MARGIN_MS;
  const { body } = await node.request(target, PROFILE_OPERATION, encodeOrder(durationMs), { timeoutMs, signal });
  return decodeProfile(body);
}
