/** Live state: cluster, nodes, links, directory, messages, events, convergence. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type * as api from "../api-types.js";
import { checkConvergence } from "../convergence.js";
import { ConsoleError } from "../errors.js";
import { isDeparted } from "../live/node-row.js";
import { type ApiContext, createRouter, rowOf } from "./context.js";
import { departedLine, liveLine, remoteLine } from "./directory-lines.js";
import * as endpoints from "./endpoints/live.js";

export function readRoutes(context: ApiContext): OpenAPIHono {
  const { model, firstLookMs } = context;
  const { live, clock } = model;
  const look = () => live.look(firstLookMs);
  const routes = createRouter();

  routes.openapi(endpoints.health, (c) => c.json({ status: "ok" as const }, 200));

  routes.openapi(endpoints.cluster, async (c) => {
    await look();
    return c.json(model.cluster(), 200);
  });

  routes.openapi(endpoints.nodes, async (c) => {
    const { mesh, type, state } = c.req.valid("query");
    await look();
    const views = live
      .nodes()
      .filter(
        (view) =>
          (mesh === undefined || view.mesh === mesh) &&
          (type === undefined || view.type === type) &&
          (state === undefined || (state === "live" ? view.live : view.state === state)),
      );
    return c.json({ atMs: clock.wallMs(), nodes: views }, 200);
  });

  routes.openapi(endpoints.node, async (c) => {
    await look();
    return c.json(live.detail(rowOf(model, c.req.valid("param").name)), 200);
  });

  routes.openapi(endpoints.links, async (c) => {
    await look();
    return c.json({ atMs: clock.wallMs(), links: live.links() }, 200);
  });

  routes.openapi(endpoints.directory, async (c) => {
    const { as } = c.req.valid("query");
    const self = model.node;
    live.sync();
    const row = as === undefined ? undefined : rowOf(model, as);
    if (row === undefined || row.id === self.id) return c.json(ownDirectory(context), 200);
    if (row.id === null || row.name === null) throw new ConsoleError("MESH_E_UNKNOWN_NAME", `${as} is not up yet`);
    const told = await self.directoryOf(row.id, { timeoutMs: 3_000, signal: c.req.raw.signal });
    live.toldDirectory(row.id, told);
    const lines = told.map((entry) => remoteLine(entry, live.nameOf));
    return c.json(
      {
        as: row.name,
        asked: true,
        entries: lines.filter(({ state }) => !isDeparted(state)),
        departed: lines.filter(({ state }) => isDeparted(state)),
      },
      200,
    );
  });

  routes.openapi(endpoints.messages, (c) => {
    const list = model.messages.newestFirst(c.req.valid("query").limit ?? 100, clock.nowMs());
    return c.json({ atMs: clock.wallMs(), messages: list }, 200);
  });

  routes.openapi(endpoints.events, (c) => {
    live.sync();
    const { limit: most = 100, ...filter } = c.req.valid("query");
    return c.json({ atMs: clock.wallMs(), events: model.events.newestFirst(most, 0, filter) }, 200);
  });

  routes.openapi(endpoints.convergence, async (c) => {
    const { expected, timeoutMs } = c.req.valid("query");
    const result = await checkConvergence(
      model.node,
      expected === undefined ? {} : { count: expected },
      timeoutMs === undefined ? {} : { timeoutMs },
    );
    return c.json(result, 200);
  });

  return routes;
}

function ownDirectory({ model: { node, live, clock } }: ApiContext): api.DirectoryView {
  const nowMs = clock.nowMs();
  return {
    as: node.name,
    asked: false,
    entries: node.directory.entries().map((entry) => liveLine(entry, nowMs)),
    departed: node.directory.departed().map((departure) => departedLine(departure, nowMs, live.nameOf)),
  };
}
