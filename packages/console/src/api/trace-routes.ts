/** The trace store: traces, boot traces, service graph. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { TraceSummary } from "../api-types.js";
import { ConsoleError } from "../errors.js";
import { summaryOf, traceOf } from "../store/trace-view.js";
import { SPAN_CONSOLE_REQUEST, SPAN_MESSAGE_RECEIVED, SPAN_MESSAGE_SENT, SPAN_READY } from "../vocabulary.js";
import { type ApiContext, createRouter } from "./context.js";
import * as endpoints from "./endpoints/traces.js";

function kindOf(summary: TraceSummary): string {
  if (summary.rootName === SPAN_MESSAGE_SENT || summary.rootName === SPAN_MESSAGE_RECEIVED) return "message";
  if (summary.rootName === SPAN_READY) return "boot";
  return summary.rootName === SPAN_CONSOLE_REQUEST ? "console" : "other";
}

export function traceRoutes({ model }: ApiContext): OpenAPIHono {
  const { store, clock, services: graph, live } = model;
  const routes = createRouter();

  routes.openapi(endpoints.traces, (c) => {
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
        (query.service === undefined || summary.services.includes(query.service)) &&
        (query.operation === undefined || summary.operations.includes(query.operation)) &&
        (query.minDurationMs === undefined || summary.durationMs >= query.minDurationMs) &&
        (query.crossMesh === undefined || summary.meshes.length > 1 === (query.crossMesh === "true")) &&
        (query.errors === undefined || summary.errorCount > 0 === (query.errors === "true"));
      if (fits) found.push(summary);
    }
    return c.json({ atMs: clock.wallMs(), traces: found, store: store.stats() }, 200);
  });

  routes.openapi(endpoints.trace, (c) => {
    const { id } = c.req.valid("param");
    const stored = store.get(id);
    if (stored === undefined) throw new ConsoleError("MESH_E_NO_SUCH_TRACE", id);
    return c.json(traceOf(stored, clock.nowMs()), 200);
  });

  routes.openapi(endpoints.boot, (c) => {
    const { name } = c.req.valid("param");
    live.sync();
    const { row } = live.find(name);
    const found = row?.boot ?? model.bootOf(row?.name ?? name);
    if (found === undefined) throw new ConsoleError("MESH_E_NO_BOOT_TRACE", name);
    return c.json(found, 200);
  });

  routes.openapi(endpoints.services, (c) => c.json(graph.view(clock.nowMs()), 200));

  return routes;
}
