/** What the routes share, and how they answer. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { ConsoleError } from "../errors.js";
import type { NodeRow } from "../live/node-row.js";
import type { ConsoleModel } from "../model.js";
import type { SupervisorClient } from "../supervisor-client.js";

export interface ApiContext {
  readonly model: ConsoleModel;
  readonly supervisor: SupervisorClient | undefined;
  /** How long a read waits for the first figures where nobody looked before. */
  readonly firstLookMs: number;
  readonly version: string;
}

/** A router whose validation failures become MESH_E_INVALID_INPUT with the offending fields. */
export function createRouter(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw new ConsoleError("MESH_E_INVALID_INPUT", describe(result.error));
    },
  });
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.length === 0 ? "" : `${issue.path.join(".")}: `}${issue.message}`)
    .join("; ");
}

/** The desk of what the console was started for. Throws MESH_E_READ_ONLY, MESH_E_NO_CHAOS. */
export function allowed<T>({ readOnly }: ConsoleModel, desk: T | undefined): T {
  if (readOnly) throw new ConsoleError("MESH_E_READ_ONLY");
  if (desk === undefined) throw new ConsoleError("MESH_E_NO_CHAOS");
  return desk;
}

/** The run of that number. Throws MESH_E_NO_SUCH_RUN. */
export function runOf<T>(id: number, run: T | undefined): T {
  if (run === undefined) throw new ConsoleError("MESH_E_NO_SUCH_RUN", String(id));
  return run;
}

/** The row that a name, id or unique prefix means. Throws MESH_E_UNKNOWN_NAME, MESH_E_AMBIGUOUS_NAME. */
export function rowOf(model: ConsoleModel, ref: string): NodeRow {
  const { row, ambiguous } = model.live.find(ref);
  if (row !== undefined) return row;
  if (ambiguous !== undefined) throw new ConsoleError("MESH_E_AMBIGUOUS_NAME", `${ref} fits ${ambiguous.join(", ")}`);
  throw new ConsoleError("MESH_E_UNKNOWN_NAME", ref);
}
