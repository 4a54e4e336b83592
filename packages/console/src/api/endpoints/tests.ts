/** Tests of meshes of their own, started by the console. All of it refuses unless the console was started for chaos: they take a machine's cores. */
import { createRoute } from "@hono/zod-openapi";
import { TestCardList, TestOrder, TestRun, TestRunList } from "../../test-schemas.js";
import { ALLOWED, body, fails, json, runParams } from "./parts.js";

export const testCards = createRoute({
  method: "get",
  path: "/api/tests",
  responses: { 200: json(TestCardList, "Every test, what it checks and how long it takes") },
  ...fails(...ALLOWED),
});

export const testRuns = createRoute({
  method: "get",
  path: "/api/tests/runs",
  responses: { 200: json(TestRunList, "The last runs, newest first; at most one of them is not over") },
  ...fails(...ALLOWED),
});

export const testRun = createRoute({
  method: "get",
  path: "/api/tests/runs/{id}",
  request: { params: runParams },
  responses: { 200: json(TestRun, "One run: where it is, and what came of it") },
  ...fails(...ALLOWED, "MESH_E_NO_SUCH_RUN"),
});

export const testStart = createRoute({
  method: "post",
  path: "/api/tests/runs",
  request: { body: body(TestOrder) },
  responses: { 201: json(TestRun, "The run, as it begins") },
  ...fails(...ALLOWED, "MESH_E_TESTS_BUSY", "MESH_E_NO_SUCH_TEST"),
});

export const testStop = createRoute({
  method: "delete",
  path: "/api/tests/runs/{id}",
  request: { params: runParams },
  responses: { 200: json(TestRun, "What it had started is ended, and the run is over") },
  ...fails(...ALLOWED, "MESH_E_NO_SUCH_RUN"),
});
