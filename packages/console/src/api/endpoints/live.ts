/** Live state: cluster, nodes, links, directory, messages, events, convergence. */
import { createRoute, z } from "@hono/zod-openapi";
import { label } from "../../schema-parts.js";
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
  SeenView,
} from "../../schemas.js";
import { ASKING, fails, json, NAMING } from "./parts.js";

const limit = (max: number) => z.coerce.number().int().min(1).max(max).optional();

export const health = createRoute({
  method: "get",
  path: "/api/health",
  security: [],
  responses: { 200: json(Health, "The console answers. Nothing else is said without the token.") },
});

export const cluster = createRoute({
  method: "get",
  path: "/api/cluster",
  responses: { 200: json(ClusterSummary, "Summary over all meshes") },
});

export const nodes = createRoute({
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

export const node = createRoute({
  method: "get",
  path: "/api/nodes/{name}",
  request: { params: z.object({ name: NodeRef }) },
  responses: { 200: json(NodeDetail, "One node, by name, id or unique prefix") },
  ...fails(...NAMING),
});

export const seen = createRoute({
  method: "get",
  path: "/api/nodes/{name}/seen",
  request: { params: z.object({ name: NodeRef }) },
  responses: { 200: json(SeenView, "What each member of its mesh that answered says of it") },
  ...fails(...NAMING),
});

export const links = createRoute({
  method: "get",
  path: "/api/links",
  responses: { 200: json(LinkList, "Links as the nodes' own active views report them") },
});

export const directory = createRoute({
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

export const messages = createRoute({
  method: "get",
  path: "/api/messages",
  request: { query: z.strictObject({ limit: limit(500) }) },
  responses: { 200: json(MessageList, "The last messages, newest first") },
});

export const events = createRoute({
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

export const convergence = createRoute({
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
