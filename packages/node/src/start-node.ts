import { bootNode } from "./boot.js";
import type { MeshNode, NodeOptions } from "./types.js";

/**
 * Starts a node and resolves when it is ready: it has its identity and name, listens, and is joining its mesh in the
 * background (a seed that is down does not hold it up).
 *
 * @example
 * const node = await startNode({ mesh: "mesh1", type: "broker", seeds: ["<id>@127.0.0.1:4711"] });
 * node.handle("ping", () => ({ body: "pong" }));
 *
 * @throws MeshError with a code of docs/errors.md: MESH_E_NO_MESH, MESH_E_BAD_SEED, MESH_E_DATA_DIR, MESH_E_BIND, …
 */
export function startNode(options: NodeOptions = {}): Promise<MeshNode> {
  return bootNode(options);
}

/**
 * Closes the node on SIGTERM or SIGINT and lets the process end by itself; a second signal ends it at once.
 * Returns the removal of the handlers.
 */
export function stopOnSignals(node: MeshNode): () => void {
  let signalled = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signalled) process.exit(1);
    signalled = true;
    node.close(signal).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return () => {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
  };
}
