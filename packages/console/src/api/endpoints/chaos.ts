/** Faults done to the cluster's own processes, judged by its other nodes. All of it refuses unless the console was started for it. */
import { createRoute } from "@hono/zod-openapi";
import { ChaosFaultList, ChaosOrder, ChaosRun, ChaosRunList } from "../../chaos-schemas.js";
import { ALLOWED, ANY_CONFLICT, body, fails, json, runParams, SUPERVISED } from "./parts.js";

export const chaosFaults = createRoute({
  method: "get",
  path: "/api/chaos/faults",
  responses: { 200: json(ChaosFaultList, "Every fault, and why it cannot be done here where it cannot") },
  ...fails(...ALLOWED, ...SUPERVISED, ANY_CONFLICT),
});

export const chaosRuns = createRoute({
  method: "get",
  path: "/api/chaos/runs",
  responses: { 200: json(ChaosRunList, "The last runs, newest first; at most one of them is not over") },
  ...fails(...ALLOWED),
});

export const chaosRun = createRoute({
  method: "get",
  path: "/api/chaos/runs/{id}",
  request: { params: runParams },
  responses: { 200: json(ChaosRun, "One run: where it is, and what came of it") },
  ...fails(...ALLOWED, "MESH_E_NO_SUCH_RUN"),
});

export const chaosStart = createRoute({
  method: "post",
  path: "/api/chaos/runs",
  request: { body: body(ChaosOrder) },
  responses: { 201: json(ChaosRun, "The run, as it begins") },
  ...fails(...ALLOWED, ...SUPERVISED, "MESH_E_CHAOS_BUSY", "MESH_E_NO_SUCH_FAULT", "MESH_E_UNKNOWN_NAME", ANY_CONFLICT),
});

export const chaosRevert = createRoute({
  method: "post",
  path: "/api/chaos/runs/{id}/revert",
  request: { params: runParams },
  responses: { 200: json(ChaosRun, "What is on now is undone at once and judged as it stands; the run goes on") },
  ...fails(...ALLOWED, "MESH_E_NO_SUCH_RUN"),
});

export const chaosStop = createRoute({
  method: "delete",
  path: "/api/chaos/runs/{id}",
  request: { params: runParams },
  responses: { 200: json(ChaosRun, "What was on is undone, and the run is over") },
  ...fails(...ALLOWED, "MESH_E_NO_SUCH_RUN"),
});
