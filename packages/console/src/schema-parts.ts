/** What all schemas of the API are made of. */
import { z } from "@hono/zod-openapi";

export const ageMs = z.number().nonnegative();
export const count = z.number().int().nonnegative();
/** Null where it is not known. */
export const unknownOr = <T extends z.ZodType>(schema: T) => schema.nullable();

export const ErrorBody = z
  .object({ code: z.string(), message: z.string(), hint: z.string() })
  .openapi("Error", { example: { code: "MESH_E_UNKNOWN_NAME", message: "no live node …", hint: "`mesh members` …" } });

export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const label = z.string().regex(NAME_PATTERN);

/** The name of a fault or a test. */
export const slug = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
export const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** A full name, a node id, or a prefix of either. */
export const NodeRef = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[a-z0-9][a-z0-9.-]*$/);
