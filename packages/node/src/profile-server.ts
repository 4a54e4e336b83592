/**
 * Answers `mesh.profile`. Who may ask, and why: docs/security.md, "Profiles". Owner: the node.
 */
import { MeshError } from "@meshwork/protocol";
import type { PeerInfo } from "@meshwork/transport";
import { isLoopback } from "./advertised-addresses.js";
import { decodeOrder, encodeProfile } from "./profile-wire.js";
import { takeProfile } from "./profiler.js";
import type { Handler, NodeOptions, NodeStats } from "./types.js";

export interface ProfileServerOptions {
  /** Undefined: `mesh` where every address is loopback, else `off`. */
  readonly profiling: NodeOptions["profiling"] | undefined;
  /** Topic of the own mesh. */
  readonly topic: string;
  readonly boundAddresses: () => readonly string[];
  readonly peer: (id: string) => Pick<PeerInfo, "hello"> | undefined;
  readonly stats: () => NodeStats;
}

export function profileHandler(options: ProfileServerOptions): Handler {
  return async ({ from, body, signal }) => {
    const profiling = options.profiling ?? (options.boundAddresses().every(isLoopback) ? "mesh" : "off");
    if (profiling === "off") throw new MeshError("MESH_E_REFUSED", "profiling is off at this node (MESH_PROFILING)");
    if (!options.peer(from.id)?.hello?.topics.includes(options.topic))
      throw new MeshError("MESH_E_REFUSED", "only members and observers of the node's mesh may profile it");
    const durationMs = decodeOrder(body);
    return { body: await encodeProfile(await takeProfile({ durationMs, signal, stats: options.stats })) };
  };
}
