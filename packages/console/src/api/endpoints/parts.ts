/** What the definitions of endpoints are made of: answers, bodies, and the codes that a route fails with. */
import { z } from "@hono/zod-openapi";

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** Where a route's definition says which codes it fails with; the document makes responses of it. */
export const ERROR_CODES = "x-error-codes";
/** Codes that come from elsewhere and cannot all be named: a conflict (409), whatever they say. */
export const ANY_CONFLICT = "*";

/** What a route may fail with besides what every request can meet. */
export function fails(...codes: readonly string[]): { readonly [ERROR_CODES]: readonly string[] } {
  return { [ERROR_CODES]: codes };
}

/** Of routes that are there only where the console was started for them. */
export const ALLOWED = ["MESH_E_NO_CHAOS", "MESH_E_READ_ONLY"] as const;
/** The number of a run. */
export const runParams = z.object({ id: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) });

/** Of routes that name a node. */
export const NAMING = ["MESH_E_UNKNOWN_NAME", "MESH_E_AMBIGUOUS_NAME"] as const;
/** Of routes that ask another node over the mesh. */
export const ASKING = [
  ...NAMING,
  "MESH_E_TIMEOUT",
  "MESH_E_UNREACHABLE",
  "MESH_E_OVERLOADED",
  "MESH_E_CLOSED",
  "MESH_E_REFUSED",
  "MESH_E_HANDLER_FAILED",
  "MESH_E_NO_SUCH_OPERATION",
  "MESH_E_BODY_TOO_LARGE",
  "MESH_E_PROTOCOL",
  "MESH_E_CANCELLED",
] as const;
/** Of routes that need the launcher. */
export const SUPERVISED = [
  "MESH_E_NO_LAUNCHER",
  "MESH_E_NO_SUPERVISOR",
  "MESH_E_SUPERVISOR_CLOSED",
  "MESH_E_LINK_BUSY",
  "MESH_E_LINK_TIMEOUT",
  "MESH_E_NO_SUCH_CALL",
  "MESH_E_BAD_REQUEST",
] as const;

export function body<T extends z.ZodType>(schema: T) {
  return { required: true, content: { "application/json": { schema } } };
}
