/**
 * The HTTP server: limits, then the guard, then the way to page files, stream, intake or router. On node:http, so that time-outs and
 * back-pressure are the socket's own. Owner: startConsole.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Telemetry } from "@meshwork/telemetry";
import { answerOf, ConsoleError, isInternal } from "../errors.js";
import type { ConsoleMetrics } from "../metrics/console-metrics.js";
import { SPAN_CONSOLE_REQUEST } from "../vocabulary.js";
import { hasBody, readBody } from "./body.js";
import type { Guard } from "./guard.js";
import type { Intake } from "./otlp.js";
import type { RateLimit, RequestKind } from "./rate-limit.js";
import { rawRoutes } from "./raw-routes.js";
import type { StaticFiles } from "./static-files.js";
import type { StreamHub } from "./stream-hub.js";

export interface HttpLimits {
  /** From the first byte to the end of the headers. Default 10,000. */
  readonly headerTimeoutMs?: number;
  /** From the headers to the end of the body. Default 10,000. */
  readonly bodyTimeoutMs?: number;
  /** Default 256; further ones are closed at once. */
  readonly maxConnections?: number;
  /** Default 64 KiB. */
  readonly maxApiBodyBytes?: number;
  /** Reading requests of one client; the shares of other kinds are in rate-limit.ts. Default 200; 0: no limit. */
  readonly requestsPerSecond?: number;
}

export interface HttpServerOptions {
  readonly limits: HttpLimits;
  readonly rate: RateLimit;
  readonly app: OpenAPIHono;
  readonly hub: StreamHub;
  readonly intake: Intake;
  readonly files: StaticFiles;
  readonly metrics: Pick<ConsoleMetrics, "text" | "http">;
  readonly readOnly: boolean;
  /** Known only once the port is. */
  readonly guard: () => Guard;
  readonly telemetry: Pick<Telemetry, "withSpan"> | undefined;
  readonly onInternal: (error: unknown) => void;
}

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};
/** What a refused body may still send before the socket is closed, so that the sender sees the answer instead of a reset. */
const LINGER_MS = 1_000;
const SERVER_KIND = 1;

export function createHttpServer(options: HttpServerOptions): Server {
  const { limits } = options;
  const headersTimeout = limits.headerTimeoutMs ?? 10_000;
  const bodyTimeoutMs = limits.bodyTimeoutMs ?? 10_000;
  // overrideGlobalObjects would replace the process's own Request and Response, which the exporters use too.
  const route = getRequestListener(options.app.fetch, { overrideGlobalObjects: false });

  const raw = rawRoutes(options);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const guard = options.guard();
    guard.checkHost(request);
    const method = request.method ?? "";
    const path = (request.url ?? "").split("?", 1)[0]!;
    if (!path.startsWith("/")) throw new ConsoleError("MESH_E_INVALID_INPUT", "the request target");
    const only = (allowed: string) => {
      if (method !== allowed) throw new ConsoleError("MESH_E_METHOD", `${method} ${path}`);
    };
    const isData = path === "/metrics" || path.startsWith("/api/") || path.startsWith("/v1/");
    const take = (kind: RequestKind) => options.rate.take(request.socket.remoteAddress, kind, performance.now());
    if (!isData || path === "/api/health") take("page");
    if (!isData) {
      if (method !== "GET" && method !== "HEAD") throw new ConsoleError("MESH_E_METHOD", `${method} ${path}`);
      if (await options.files.handle(path, request, response)) return;
      throw new ConsoleError("MESH_E_NO_SUCH_ENDPOINT", `${method} ${path}`);
    }
    response.setHeader("cache-control", "no-store");
    if (path === "/api/health") {
      only("GET");
      return route(request, response);
    }
    try {
      guard.checkOrigin(request);
      guard.checkToken(request);
    } catch (refusal) {
      take("refused");
      throw refusal;
    }
    if (path.startsWith("/v1/")) take("intake");
    else take(method === "GET" || method === "HEAD" ? "read" : "act");
    // Of the API whatever does not read acts; telemetry is taken in all the same.
    if (options.readOnly && path.startsWith("/api/") && method !== "GET" && method !== "HEAD")
      throw new ConsoleError("MESH_E_READ_ONLY", `${method} ${path}`);
    const rawRoute = raw.get(path);
    if (rawRoute !== undefined) {
      only(rawRoute.method);
      return rawRoute.handle(request, response);
    }
    if (hasBody(request)) {
      const type = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
      if (type !== "application/json") throw new ConsoleError("MESH_E_BAD_CONTENT_TYPE", type);
      const body = await readBody(request, { maxBytes: limits.maxApiBodyBytes ?? 64 * 1024, timeoutMs: bodyTimeoutMs });
      // Where it finds this, the adapter takes it for the body instead of reading the request.
      Object.assign(request, { rawBody: body });
    }
    if (options.telemetry === undefined) return route(request, response);
    const attributes = {
      "http.request.method": method,
      "http.route": options.metrics.http.routeOf(path),
      "url.path": path,
    };
    await options.telemetry.withSpan(SPAN_CONSOLE_REQUEST, { kind: SERVER_KIND, attributes }, async (span) => {
      await route(request, response);
      span.setAttribute("http.response.status_code", response.statusCode);
    });
  };

  const server = createServer(
    {
      headersTimeout,
      // The net below readBody's own time-out, for routes that read no body.
      requestTimeout: headersTimeout + bodyTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, Math.ceil(headersTimeout / 4)),
      // Above the exporters' 10 s, so that they keep their connection.
      keepAliveTimeout: 30_000,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      countWhenDone(options.metrics.http, request, response);
      handle(request, response).catch((error: unknown) => {
        if (isInternal(error)) options.onInternal(error);
        refuse(request, response, error);
      });
    },
  );
  server.maxConnections = limits.maxConnections ?? 256;
  server.on("drop", () => options.metrics.http.countRefusedConnection());
  return server;
}

function countWhenDone(http: ConsoleMetrics["http"], request: IncomingMessage, response: ServerResponse): void {
  const startedMs = performance.now();
  response.once("close", () => {
    const path = (request.url ?? "").split("?", 1)[0]!;
    // 0 where the caller went away before its answer.
    const status = response.headersSent ? response.statusCode : 0;
    http.count(request.method ?? "", path, status, performance.now() - startedMs);
  });
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, body } = answerOf(error);
  const text = JSON.stringify(body);
  const headers: Record<string, string | number> = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  };
  if (status === 401) headers["www-authenticate"] = "Bearer";
  if (status === 503 || status === 429) headers["retry-after"] = 1;
  if (!request.complete) {
    // The rest of the body is not read: this connection cannot carry another request.
    headers.connection = "close";
    request.resume();
    const { socket } = request;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  }
  response.writeHead(status, headers);
  response.end(text);
}
