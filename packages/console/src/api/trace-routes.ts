/** The trace store: traces, boot traces, service graph. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { TraceSummary } from "../api-types.js";
import { ConsoleError } from "../errors.js";
import { BootTrace, NodeRef, ServiceGraph, TraceList, TraceView } from "../schemas.js";
import { summaryOf, traceOf } from "../store/trace-view.js";
import { SPAN_CONSOLE_REQUEST, SPAN_MESSAGE_RECEIVED, SPAN_MESSAGE_SENT, SPAN_READY } from "../vocabulary.js";
import { type ApiContext, createRouter, fails, json } from "./context.js";

const traces = createRoute({
  method: "get",
  path: "/api/traces",
  request: {
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(500).optional(),
      /** By the name of the root span: messages, boots, calls of this API, or the rest. Default all. */
      kind: z.enum(["message", "boot", "console", "other"]).optional(),
      /** Name (or its beginning) of a node that has a span in it. */
      node: NodeRef.optional(),
      operation: z.string().max(64).optional(),
      /** Only those with spans of more than one mesh. */
      crossMesh: z.enum(["true", "false"]).optional(),
      errors: z.enum(["true", "false"]).optional(),
    }),
  },
  responses: { 200: json(TraceList, "Trace summaries, newest first") },
});

const trace = createRoute({
  method: "get",
  path: "/api/traces/{id}",
  request: { params: z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) }) },
  responses: { 200: json(TraceView, "One trace, its spans depth first") },
  ...fails("MESH_E_NO_SUCH_TRACE"),
});

const boot = createRoute({
  method: "get",
  path: "/api/boot/{name}",
  request: { params: z.object({ name: NodeRef }) },
  responses: { 200: json(BootTrace, "The newest boot trace of a node") },
  ...fails("MESH_E_NO_BOOT_TRACE"),
});

const services = createRoute({
  method: "get",
  path: "/api/services",
  responses: { 200: json(ServiceGraph, "Who calls whom, from client spans whose server span came") },
});

function kindOf(summary: TraceSummary): string {
  if (summary.rootName === SPAN_MESSAGE_SENT || summary.rootName === SPAN_MESSAGE_RECEIVED) return "message";
  if (summary.rootName === SPAN_READY) return "boot";
  return summary.rootName === SPAN_CONSOLE_REQUEST ? "console" : "other";
}

export function traceRoutes({ model }: ApiContext): OpenAPIHono {
  const { store, clock, services: graph, live } = model;
  const routes = createRouter();

  routes.openapi(traces, (c) => {
    const query = c.req.valid("query");
    const max = query.limit ?? 50;
    const nowMs = clock.nowMs();
    const found: TraceSummary[] = [];
    for (const stored of store.newestFirst()) {
      if (found.length >= max) break;
      const summary = summaryOf(stored, nowMs);
      const fits =
        (query.kind === undefined || kindOf(summary) === query.kind) &&
        (query.node === undefined || summary.nodes.some((name) => name.startsWith(query.node!))) &&
        (query.operation === undefined || summary.operation === query.operation) &&
        (query.crossMesh === undefined || summary.meshes.length > 1 === (query.crossMesh === "true")) &&
        (query.errors === undefined || summary.errorCount > 0 === (query.errors === "true"));
      if (fits) found.push(summary);
    }
    return c.json({ atMs: clock.wallMs(), traces: found, store: store.stats() }, 200);
  });

  routes.openapi(trace, (c) => {
    const { id } = c.req.valid("param");
    const stored = store.get(id);
    if (stored === undefined) throw new ConsoleError("MESH_E_NO_SUCH_TRACE", id);
    return c.json(traceOf(stored, clock.nowMs()), 200);
  });

  routes.openapi(boot, (c) => {
    const { name } = c.req.valid("param");
    live.sync();
    const { row } = live.find(name);
    const found = row?.boot ?? model.bootOf(row?.name ?? name);
    if (found === undefined) throw new ConsoleError("MESH_E_NO_BOOT_TRACE", name);
    return c.json(found, 200);
  });

  routes.openapi(services, (c) => c.json(graph.view(clock.nowMs()), 200));

  return routes;
}
