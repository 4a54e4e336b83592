/** Alerts, from the book. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { type ApiContext, createRouter } from "./context.js";
import * as endpoints from "./endpoints/alerts.js";

export function alertRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();

  routes.openapi(endpoints.alerts, (c) => {
    const { alerts: book, clock } = model;
    const list = { counts: book.counts(), alerts: book.views(), rules: book.rules() };
    return c.json({ atMs: clock.wallMs(), ...list }, 200);
  });

  routes.openapi(endpoints.acknowledge, (c) => c.json(model.alerts.acknowledge(c.req.valid("param").id), 200));

  return routes;
}
