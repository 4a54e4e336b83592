/**
 * The demo's gateway: takes nothing, asks all. In turn it produces to a broker of each mesh it observes (resolved from its own
 * directory: nothing stands between the meshes), to a broker of its own mesh, and has a compute of its own mesh run.
 */
import type { MeshNode } from "@meshwork/node";
import { type Behaviour, requestAny } from "./behaviour.js";
import type { Operation } from "./traffic.js";

/** A produce passes through broker and registry. */
const TIMEOUT_MS = 4_000;

export function gateway(node: MeshNode): Behaviour {
  let count = 0;
  const produceTo =
    (mesh: string): Operation =>
    async (signal) => {
      const body = `${node.name} #${++count}`;
      return (await requestAny(node, mesh, "broker", "produce", body, { timeoutMs: TIMEOUT_MS, signal })) !== undefined;
    };
  const run: Operation = async (signal) =>
    (await requestAny(node, node.mesh, "compute", "run", "", { timeoutMs: TIMEOUT_MS, signal })) !== undefined;
  return { handlers: [], operations: [...node.observes.map(produceTo), produceTo(node.mesh), run] };
}
