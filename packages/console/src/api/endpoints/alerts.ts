/** Alerts: what the console found, and that somebody has seen it. */
import { createRoute, z } from "@hono/zod-openapi";
import { AlertList, AlertView } from "../../alert-schemas.js";
import { fails, json } from "./parts.js";

export const alerts = createRoute({
  method: "get",
  path: "/api/alerts",
  responses: { 200: json(AlertList, "Alerts, newest first, and the rules with how much of them can be judged") },
});

export const acknowledge = createRoute({
  method: "post",
  path: "/api/alerts/{id}/acknowledge",
  request: { params: z.object({ id: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }) },
  responses: { 200: json(AlertView, "The alert as it is now") },
  ...fails("MESH_E_NO_SUCH_ALERT"),
});
