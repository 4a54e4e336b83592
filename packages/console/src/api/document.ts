/**
 * The document that describes the API (`GET /api/openapi.json`): made of the route definitions, and of the codes that each route says it
 * fails with (`fails`, endpoints/parts.ts) together with those that every request can meet. A response that is not in it is a defect
 * (conformance/).
 */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CONSOLE_ERRORS, statusOf } from "../errors.js";
import { Delta, ErrorBody, EventSnapshot, Ping, RuntimeSnapshot, Snapshot } from "../schemas.js";
import { ANY_CONFLICT, ERROR_CODES, fails } from "./endpoints/parts.js";

interface Operation {
  operationId?: string;
  summary?: string;
  security?: readonly unknown[];
  parameters?: readonly unknown[];
  requestBody?: unknown;
  responses: Record<string, unknown>;
  [ERROR_CODES]?: readonly string[];
}

type Paths = Record<string, Record<string, Operation>>;

/** Of any request, before its route is looked at (http/server.ts). */
const EVERY = ["MESH_E_BAD_HOST", "MESH_E_RATE_LIMITED", "MESH_E_INTERNAL"] as const;
const SECURED = ["MESH_E_UNAUTHORIZED", "MESH_E_CROSS_SITE"] as const;
/** A body is read and checked whatever the method. */
const BODY = [
  "MESH_E_INVALID_INPUT",
  "MESH_E_BAD_CONTENT_TYPE",
  "MESH_E_REQUEST_TOO_LARGE",
  "MESH_E_REQUEST_TIMEOUT",
] as const;
const NO_BODY = ["/api/health", "/api/stream", "/metrics"];

export function documentOf(app: OpenAPIHono, version: string): object {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "meshwork console",
      version,
      description: "Errors are `{code, message, hint}` with stable codes; each response names those it may carry.",
    },
    security: [{ bearer: [] }],
  });
  for (const [path, item] of Object.entries(document.paths as unknown as Paths))
    for (const [method, operation] of Object.entries(item)) complete(operation, method, path);
  return document;
}

function complete(operation: Operation, method: string, path: string): void {
  operation.operationId ??= operationIdOf(method, path);
  operation.summary ??= firstDescription(operation.responses);
  const codes = new Set<string>([...EVERY, ...(operation[ERROR_CODES] ?? [])]);
  if (operation.security === undefined || operation.security.length > 0) for (const code of SECURED) codes.add(code);
  if ((operation.parameters ?? []).length > 0) codes.add("MESH_E_INVALID_INPUT");
  if (method !== "get" && path.startsWith("/api/")) codes.add("MESH_E_READ_ONLY");
  if (!NO_BODY.includes(path)) for (const code of BODY) codes.add(code);
  delete operation[ERROR_CODES];
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const status = code === ANY_CONFLICT ? 409 : statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  for (const [status, some] of [...byStatus].sort(([a], [b]) => a - b)) operation.responses[status] = errorOf(some);
}

function errorOf(codes: readonly string[]): object {
  const schema = { $ref: "#/components/schemas/Error" };
  const named = codes.filter((code) => code !== ANY_CONFLICT);
  const texts = named.map((code) => {
    const own = CONSOLE_ERRORS[code as keyof typeof CONSOLE_ERRORS];
    return own === undefined ? `\`${code}\`` : `\`${code}\`: ${own.what}`;
  });
  const open = named.length < codes.length;
  if (open) texts.push("any other code: the present state does not allow it");
  const only = { type: "object", properties: { code: { type: "string", enum: named } } };
  return {
    description: texts.join("; "),
    content: { "application/json": { schema: open ? schema : { allOf: [schema, only] } } },
  };
}

/** `get /api/nodes/{name}` is `getNodesByName`. */
function operationIdOf(method: string, path: string): string {
  const words = path.split(/[/.]/).filter((part) => part !== "" && part !== "api");
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return (
    method + words.map((word) => (word.startsWith("{") ? `By${capital(word.slice(1, -1))}` : capital(word))).join("")
  );
}

function firstDescription(responses: Record<string, unknown>): string {
  const [first] = Object.values(responses) as { description?: string }[];
  return first?.description ?? "";
}

/** Served beside the router (http/server.ts); described here so that the document is whole. */
export function describeRawRoutes(app: OpenAPIHono): void {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  for (const [name, schema] of Object.entries({
    Error: ErrorBody,
    Snapshot,
    EventSnapshot,
    RuntimeSnapshot,
    Delta,
    Ping,
  }))
    registry.register(name, schema);
  const text = (description: string, type: string) => ({
    description,
    content: { [type]: { schema: { type: "string" as const } } },
  });
  registry.registerPath({
    method: "get",
    path: "/api/openapi.json",
    responses: {
      200: { description: "This document", content: { "application/json": { schema: { type: "object" } } } },
    },
  });
  registry.registerPath({
    method: "get",
    path: "/api/stream",
    description:
      "Server-sent events `snapshot`, `delta` and `ping` with the data of the same names; resume with Last-Event-ID. With `only=events` " +
      "the snapshot is an EventSnapshot, deltas hold events alone, and no node is asked for figures; with `only=runtime` it is a " +
      "RuntimeSnapshot, and deltas hold runtime rows and removed nodes alone.",
    request: { query: z.strictObject({ only: z.enum(["events", "runtime"]).optional() }) },
    responses: { 200: text("The stream", "text/event-stream") },
    ...fails("MESH_E_TOO_MANY_STREAMS"),
  });
  registry.registerPath({
    method: "get",
    path: "/metrics",
    responses: { 200: text("Prometheus text format", "text/plain") },
  });
  const otlp = { schema: { type: "string" as const, format: "binary" } };
  for (const kind of ["traces", "metrics"])
    registry.registerPath({
      method: "post",
      path: `/v1/${kind}`,
      description: "OTLP/HTTP intake, protobuf or JSON, gzip or plain, at most 4 MiB.",
      request: {
        body: {
          required: true,
          content: { "application/x-protobuf": otlp, "application/json": { schema: { type: "object" } } },
        },
      },
      responses: {
        200: {
          description: "Taken in: an empty ExportServiceResponse, of the request's type",
          content: { "application/x-protobuf": otlp, "application/json": { schema: { type: "object" } } },
        },
      },
      ...fails("MESH_E_BAD_OTLP", "MESH_E_INTAKE_FULL"),
    });
}
