/** The trace store: traces, boot traces, service graph. */
import { createRoute, z } from "@hono/zod-openapi";
import { BootTrace, NodeRef, ServiceGraph, TraceList, TraceView } from "../../schemas.js";
import { fails, json } from "./parts.js";

export const traces = createRoute({
  method: "get",
  path: "/api/traces",
  request: {
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(500).optional(),
      /** By the name of the root span: messages, boots, calls of this API, or the rest. Default all. */
      kind: z.enum(["message", "boot", "console", "other"]).optional(),
      /** Name (or its beginning) of a node that has a span in it. */
      node: NodeRef.optional(),
      /** The type of a node that has a span in it (`service.name`). */
      service: z.string().max(64).optional(),
      /** Of any message in it. */
      operation: z.string().max(64).optional(),
      /** Only those that took at least so long. */
      minDurationMs: z.coerce.number().min(0).max(86_400_000).optional(),
      /** Only those with spans of more than one mesh. */
      crossMesh: z.enum(["true", "false"]).optional(),
      errors: z.enum(["true", "false"]).optional(),
    }),
  },
  responses: { 200: json(TraceList, "Trace summaries, newest first") },
});

export const trace = createRoute({
  method: "get",
  path: "/api/traces/{id}",
  request: { params: z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) }) },
  responses: { 200: json(TraceView, "One trace, its spans depth first") },
  ...fails("MESH_E_NO_SUCH_TRACE"),
});

export const boot = createRoute({
  method: "get",
  path: "/api/boot/{name}",
  request: { params: z.object({ name: NodeRef }) },
  responses: { 200: json(BootTrace, "The newest boot trace of a node") },
  ...fails("MESH_E_NO_BOOT_TRACE"),
});

export const services = createRoute({
  method: "get",
  path: "/api/services",
  responses: { 200: json(ServiceGraph, "Who calls whom, from client spans whose server span came") },
});
