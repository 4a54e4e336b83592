/** The API as one application: routes, the document that describes them, and coded errors for everything else. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { answerOf, ConsoleError, isInternal } from "../errors.js";
import { actionRoutes } from "./action-routes.js";
import { alertRoutes } from "./alert-routes.js";
import { chaosRoutes } from "./chaos-routes.js";
import { type ApiContext, createRouter } from "./context.js";
import { describeRawRoutes, documentOf } from "./document.js";
import { historyRoutes } from "./history-routes.js";
import { profileRoutes } from "./profile-routes.js";
import { readRoutes } from "./read-routes.js";
import { seenRoutes } from "./seen-routes.js";
import { testRoutes } from "./test-routes.js";
import { traceRoutes } from "./trace-routes.js";

/** `onInternal` is told of errors that are the console's own fault. */
export function createApi(context: ApiContext, onInternal: (error: unknown) => void): OpenAPIHono {
  const app = createRouter();
  app.route("/", readRoutes(context));
  app.route("/", seenRoutes(context));
  app.route("/", traceRoutes(context));
  app.route("/", actionRoutes(context));
  app.route("/", profileRoutes(context));
  app.route("/", historyRoutes(context));
  app.route("/", alertRoutes(context));
  app.route("/", chaosRoutes(context));
  app.route("/", testRoutes(context));
  describeRawRoutes(app);

  let document: object | undefined;
  app.get("/api/openapi.json", (c) => {
    document ??= documentOf(app, context.version);
    return c.json(document);
  });

  app.notFound((c) => {
    // A path that exists under another method is a slip of the method, not of the path.
    const known = app.routes.some((route) => route.path.includes("/api/") && matches(route.path, c.req.path));
    const { status, body } = answerOf(
      new ConsoleError(known ? "MESH_E_METHOD" : "MESH_E_NO_SUCH_ENDPOINT", `${c.req.method} ${c.req.path}`),
    );
    return c.json(body, status as ContentfulStatusCode);
  });

  app.onError((thrown, c) => {
    const error = refusalOf(thrown);
    if (isInternal(error)) onInternal(error);
    const { status, body } = answerOf(error);
    return c.json(body, status as ContentfulStatusCode);
  });
  return app;
}

/** What the framework refuses by itself comes as an exception with a status of its own: a body that is no JSON or not of that type. */
function refusalOf(thrown: Error): Error {
  if (thrown instanceof ConsoleError) return thrown;
  const { status } = thrown as { status?: unknown };
  if (status === 400) return new ConsoleError("MESH_E_INVALID_INPUT", "the body is not valid JSON");
  return status === 415 ? new ConsoleError("MESH_E_BAD_CONTENT_TYPE") : thrown;
}

/** Of all endpoints, with `{parameters}`. */
export function pathsOf(app: OpenAPIHono): string[] {
  const paths = app.openAPIRegistry.definitions.flatMap((entry) => (entry.type === "route" ? [entry.route.path] : []));
  return [...new Set(paths)];
}

function matches(pattern: string, path: string): boolean {
  const [expected, actual] = [pattern.split("/"), path.split("/")];
  return (
    expected.length === actual.length &&
    expected.every((part, index) => (part.startsWith(":") ? actual[index] !== "" : part === actual[index]))
  );
}
