/** The demo's registry: `schema` takes a schema's name and replies its description as JSON. */
import type { MeshNode } from "@meshwork/node";
import type { Behaviour } from "./behaviour.js";

const SCHEMAS: Readonly<Record<string, unknown>> = {
  record: { name: "record", version: 1, encoding: "utf-8", maxBytes: 65_536 },
};

export function registry(node: MeshNode): Behaviour {
  const schema = node.handle("schema", ({ body }) => {
    const name = Buffer.from(body).toString("utf8").trim() || "record";
    const found = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
    if (found === undefined) throw new RangeError(`there is no schema ${JSON.stringify(name.slice(0, 40))}`);
    return { body: JSON.stringify(found) };
  });
  return { handlers: [schema], operations: [] };
}
