/**
 * The demo's compute: `run` fetches a record from a broker of the own mesh (the offset in the body; empty: the newest) and
 * replies its SHA-256 in hex. Its own traffic fetches the newest record.
 */
import { createHash } from "node:crypto";
import type { MeshNode } from "@meshwork/node";
import { type Behaviour, INNER_TIMEOUT_MS, requestAny } from "./behaviour.js";

export function compute(node: MeshNode): Behaviour {
  const run = node.handle("run", async ({ body, signal, remainingMs }) => {
    const timeoutMs = Math.max(1, Math.min(INNER_TIMEOUT_MS, remainingMs()));
    const record = await requestAny(node, node.mesh, "broker", "fetch", body, { timeoutMs, signal });
    return {
      body: createHash("sha256")
        .update(record ?? body)
        .digest("hex"),
    };
  });
  const fetchNewest = async (signal: AbortSignal) =>
    (await requestAny(node, node.mesh, "broker", "fetch", "", { timeoutMs: INNER_TIMEOUT_MS, signal })) !== undefined;
  return { handlers: [run], operations: [fetchNewest] };
}
