/**
 * The demo's broker: `produce` appends the body to a bounded in-memory log and replies its offset as decimal text; `fetch` takes
 * an offset (empty: the newest) and replies the record. Each produce asks a registry of the own mesh for the schema, where
 * there is one: a registry that is gone costs the check and never the record.
 */
import type { MeshNode } from "@meshwork/node";
import { type Behaviour, INNER_TIMEOUT_MS, requestAny } from "./behaviour.js";
import { RecordLog } from "./record-log.js";

export function broker(node: MeshNode, log = new RecordLog()): Behaviour {
  const produce = node.handle("produce", async ({ body, signal, remainingMs }) => {
    const timeoutMs = Math.max(1, Math.min(INNER_TIMEOUT_MS, remainingMs() / 2));
    await requestAny(node, node.mesh, "registry", "schema", "record", { timeoutMs, signal }).catch(() => undefined);
    return { body: String(log.append(body)) };
  });
  const fetch = node.handle("fetch", ({ body }) => {
    const text = Buffer.from(body).toString("utf8").trim();
    if (text === "") return { body: log.newest() ?? new Uint8Array(0) };
    if (!/^\d{1,15}$/.test(text))
      throw new TypeError(`fetch takes an offset such as 41, not ${JSON.stringify(text.slice(0, 40))}`);
    return { body: log.read(Number(text)) };
  });
  return { handlers: [produce, fetch], operations: [] };
}
