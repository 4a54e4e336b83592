/** Live state: cluster, nodes, links, directory, messages, events, convergence. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type * as api from "../api-types.js";
import { checkConvergence } from "../convergence.js";
import { ConsoleError } from "../errors.js";
import { isDeparted } from "../live/node-row.js";
import { label } from "../schema-parts.js";
import {
  ClusterSummary,
  Convergence,
  DirectoryView,
  EventList,
  Health,
  LinkList,
  MessageList,
  NodeDetail,
  NodeList,
  NodeRef,
  NodeState,
} from "../schemas.js";
import { type ApiContext, ASKING, createRouter, fails, json, NAMING, rowOf } from "./context.js";
import { departedLine, liveLine, remoteLine } from "./directory-lines.js";

const limit = (max: number) => z.coerce.number().int().min(1).max(max).optional();

const health = createRoute({
  method: "get",
  path: "/api/health",
  security: [],
  responses: { 200: json(Health, "The console answers. Nothing else is said without the token.") },
});

const cluster = createRoute({
  method: "get",
  path: "/api/cluster",
  responses: { 200: json(ClusterSummary, "Summary over all meshes") },
});

const nodes = createRoute({
  method: "get",
  path: "/api/nodes",
  request: {
    query: z.strictObject({
      mesh: label.optional(),
      type: label.optional(),
      /** `live`: alive or suspected. */
      state: z.union([NodeState, z.literal("live")]).optional(),
    }),
  },
  responses: { 200: json(NodeList, "All nodes, those that departed within 24 hours included") },
});

const node = createRoute({
  method: "get",
  path: "/api/nodes/{name}",
  request: { params: z.object({ name: NodeRef }) },
  responses: { 200: json(NodeDetail, "One node, by name, id or unique prefix") },
  ...fails(...NAMING),
});

const links = createRoute({
  method: "get",
  path: "/api/links",
  responses: { 200: json(LinkList, "Links as the nodes' own active views report them") },
});

const directory = createRoute({
  method: "get",
  path: "/api/directory",
  request: { query: z.strictObject({ as: NodeRef.optional() }) },
  responses: {
    200: json(
      DirectoryView,
      "A node's own directory with its own states, asked over the mesh; without `as` the console's",
    ),
  },
  ...fails(...ASKING),
});

const messages = createRoute({
  method: "get",
  path: "/api/messages",
  request: { query: z.strictObject({ limit: limit(500) }) },
  responses: { 200: json(MessageList, "The last messages, newest first") },
});

const events = createRoute({
  method: "get",
  path: "/api/events",
  request: {
    query: z.strictObject({
      limit: limit(1_000),
      mesh: label.optional(),
      /** None older than this. */
      maxAgeMs: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    }),
  },
  responses: { 200: json(EventList, "The last events, newest first") },
});

const convergence = createRoute({
  method: "get",
  path: "/api/convergence",
  request: {
    query: z.strictObject({
      expected: z.coerce.number().int().min(1).max(100_000).optional(),
      timeoutMs: z.coerce.number().int().min(100).max(10_000).optional(),
    }),
  },
  responses: {
    200: json(Convergence, "Whether every node's own directory lists whom it must, asked over the mesh now"),
  },
});

export function readRoutes(context: ApiContext): OpenAPIHono {
  const { model, firstLookMs } = context;
  const { live, clock } = model;
  const look = () => live.look(firstLookMs);
  const routes = createRouter();

  routes.openapi(health, (c) => c.json({ status: "ok" as const }, 200));

  routes.openapi(cluster, async (c) => {
    await look();
    return c.json(model.cluster(), 200);
  });

  routes.openapi(nodes, async (c) => {
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

  routes.openapi(node, async (c) => {
    await look();
    return c.json(live.detail(rowOf(model, c.req.valid("param").name)), 200);
  });

  routes.openapi(links, async (c) => {
    await look();
    return c.json({ atMs: clock.wallMs(), links: live.links() }, 200);
  });

  routes.openapi(directory, async (c) => {
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

  routes.openapi(messages, (c) => {
    const list = model.messages.newestFirst(c.req.valid("query").limit ?? 100, clock.nowMs());
    return c.json({ atMs: clock.wallMs(), messages: list }, 200);
  });

  routes.openapi(events, (c) => {
    live.sync();
    const { limit: most = 100, ...filter } = c.req.valid("query");
    return c.json({ atMs: clock.wallMs(), events: model.events.newestFirst(most, 0, filter) }, 200);
  });

  routes.openapi(convergence, async (c) => {
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
