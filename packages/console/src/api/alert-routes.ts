/** Alerts: what the console found, and that somebody has seen it. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { AlertList, AlertView } from "../alert-schemas.js";
import { type ApiContext, createRouter, fails, json } from "./context.js";

const alerts = createRoute({
  method: "get",
  path: "/api/alerts",
  responses: { 200: json(AlertList, "Alerts, newest first, and the rules with how much of them can be judged") },
});

const acknowledge = createRoute({
  method: "post",
  path: "/api/alerts/{id}/acknowledge",
  request: { params: z.object({ id: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }) },
  responses: { 200: json(AlertView, "The alert as it is now") },
  ...fails("MESH_E_NO_SUCH_ALERT"),
});

export function alertRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();

  routes.openapi(alerts, (c) => {
    const { alerts: book, clock } = model;
    const list = { counts: book.counts(), alerts: book.views(), rules: book.rules() };
    return c.json({ atMs: clock.wallMs(), ...list }, 200);
  });

  routes.openapi(acknowledge, (c) => c.json(model.alerts.acknowledge(c.req.valid("param").id), 200));

  return routes;
}
