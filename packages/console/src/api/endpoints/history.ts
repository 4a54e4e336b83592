/** The last half hour: what happened, and members and links as they were at a moment. */
import { createRoute, z } from "@hono/zod-openapi";
import { HistoryState, HistoryView } from "../../history-schemas.js";
import { fails, json } from "./parts.js";

export const MOST_MARKS = 5_000;

export const history = createRoute({
  method: "get",
  path: "/api/history",
  request: { query: z.strictObject({ limit: z.coerce.number().int().min(1).max(MOST_MARKS).optional() }) },
  responses: { 200: json(HistoryView, "What happened within the last half hour, and how far back it can be rebuilt") },
});

export const historyState = createRoute({
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
