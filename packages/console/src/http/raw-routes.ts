/**
 * Endpoints that stand beside the router because they work on the raw request or socket: intake, stream, metrics. Described in
 * api/document.ts as the others are.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ConsoleMetrics } from "../metrics/console-metrics.js";
import type { Intake } from "./otlp.js";
import type { StreamHub } from "./stream-hub.js";

export interface RawRoute {
  readonly method: "GET" | "POST";
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

export interface RawRouteParts {
  readonly hub: Pick<StreamHub, "open">;
  readonly intake: Pick<Intake, "handle">;
  readonly metrics: Pick<ConsoleMetrics, "text">;
}

/** By path. */
export function rawRoutes({ hub, intake, metrics }: RawRouteParts): ReadonlyMap<string, RawRoute> {
  return new Map<string, RawRoute>([
    ["/v1/traces", { method: "POST", handle: (request, response) => intake.handle("traces", request, response) }],
    ["/v1/metrics", { method: "POST", handle: (request, response) => intake.handle("metrics", request, response) }],
    ["/api/stream", { method: "GET", handle: (request, response) => hub.open(request, response) }],
    [
      "/metrics",
      {
        method: "GET",
        handle: (_request, response) => {
          response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
          response.end(metrics.text());
        },
      },
    ],
  ]);
}
