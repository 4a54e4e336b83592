/** The last half hour: what happened, and members and links as they were at a moment. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { ConsoleError } from "../errors.js";
import { HistoryState, HistoryView } from "../history-schemas.js";
import { type ApiContext, createRouter, fails, json } from "./context.js";

const MOST = 5_000;

const history = createRoute({
  method: "get",
  path: "/api/history",
  request: { query: z.strictObject({ limit: z.coerce.number().int().min(1).max(MOST).optional() }) },
  responses: { 200: json(HistoryView, "What happened within the last half hour, and how far back it can be rebuilt") },
});

const state = createRoute({
  method: "get",
  path: "/api/history/state",
  request: {
    query: z.strictObject({
      /** A moment of the history's own line of time; one to come is now. */
      at: z.coerce.number().min(0).max(Number.MAX_SAFE_INTEGER),
    }),
  },
  responses: { 200: json(HistoryState, "Members and links as they were at that moment") },
  ...fails("MESH_E_NO_HISTORY"),
});

export function historyRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();

  routes.openapi(history, (c) => {
    model.live.sync();
    return c.json(model.history.view(c.req.valid("query").limit ?? MOST), 200);
  });

  routes.openapi(state, (c) => {
    model.live.sync();
    const past = model.history.at(c.req.valid("query").at);
    if (past === undefined) throw new ConsoleError("MESH_E_NO_HISTORY");
    return c.json(past, 200);
  });

  return routes;
}
