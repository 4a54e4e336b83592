/** What the API takes and what its actions answer. Strict: an unknown field is refused, not ignored. */
import { z } from "@hono/zod-openapi";
import { count, ErrorBody, label, NodeRef, unknownOr } from "./schema-parts.js";

export const SpawnRequest = z
  .strictObject({
    mesh: label,
    type: label,
    count: z.number().int().min(1).max(50).default(1),
    cpuBudgetCores: z.number().positive().max(1024).optional(),
    ramBudgetBytes: z
      .number()
      .int()
      .positive()
      .max(2 ** 46)
      .optional(),
  })
  .openapi("SpawnRequest");

export const SpawnedProcess = z
  .object({ key: z.string(), pid: unknownOr(count), name: unknownOr(z.string()), mesh: z.string(), type: z.string() })
  .openapi("SpawnedProcess");

/** Ready nodes, and why the others did not come up. Where none came up the answer is the first error instead. */
export const SpawnResult = z
  .object({ spawned: z.array(SpawnedProcess), failed: z.array(ErrorBody) })
  .openapi("SpawnResult");

export const ActionResult = z
  .object({
    name: z.string(),
    action: z.enum(["stop", "kill", "restart", "freeze", "thaw"]),
    /** `already` where there was nothing to do (idempotent). */
    result: z.enum(["done", "already"]),
    pid: unknownOr(count),
  })
  .openapi("ActionResult");

export const SendRequest = z
  .strictObject({
    to: z.union([
      NodeRef,
      z.strictObject({ mesh: label, type: label, pick: z.enum(["random", "least-loaded"]).optional() }),
    ]),
    operation: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
      .refine((name) => !name.startsWith("mesh."), "names starting with 'mesh.' are reserved"),
    /** The body: text, or base64 of bytes. At most one of the two. */
    data: z.string().optional(),
    dataBase64: z.base64().optional(),
    /** Without a reply: at most once, no acknowledgement. */
    oneWay: z.boolean().default(false),
    timeoutMs: z.number().int().min(1).max(30_000).default(5_000),
  })
  .refine((body) => body.data === undefined || body.dataBase64 === undefined, "give data or dataBase64, not both")
  .openapi("SendRequest");

export const SendResult = z
  .object({
    /** The console's node sent it. */
    from: z.string(),
    /** Who answered; null for a one-way message to a selector. */
    to: unknownOr(z.string()),
    operation: z.string(),
    oneWay: z.boolean(),
    /** Null for one-way messages. */
    replyBytes: unknownOr(count),
    replyBase64: unknownOr(z.string()),
    /** Where the reply is valid UTF-8. */
    replyText: unknownOr(z.string()),
    roundTripMs: unknownOr(z.number().nonnegative()),
    path: unknownOr(z.object({ address: z.string(), kind: z.enum(["direct", "relay"]) })),
    traceId: unknownOr(z.string()),
  })
  .openapi("SendResult");

export const DemoResult = z.object({ running: z.boolean() }).openapi("DemoResult");
