/** The last half hour, as the model remembers it. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { ConsoleError } from "../errors.js";
import { type ApiContext, createRouter } from "./context.js";
import * as endpoints from "./endpoints/history.js";

export function historyRoutes({ model }: ApiContext): OpenAPIHono {
  const routes = createRouter();

  routes.openapi(endpoints.history, (c) => {
    model.live.sync();
    return c.json(model.history.view(c.req.valid("query").limit ?? endpoints.MOST_MARKS), 200);
  });

  routes.openapi(endpoints.historyState, (c) => {
    model.live.sync();
    const past = model.history.at(c.req.valid("query").at);
    if (past === undefined) throw new ConsoleError("MESH_E_NO_HISTORY");
    return c.json(past, 200);
  });

  return routes;
}
