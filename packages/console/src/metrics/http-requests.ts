/**
 * HTTP requests by method, route and status. A route is the path of the API document (`/api/nodes/{name}`), so that names in paths do
 * not become labels. Owner: ConsoleMetrics; bounded by routes, methods and statuses; nothing is removed, as counters must stay.
 */
import type { Exposition } from "./exposition.js";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Above what routes × methods × statuses of the API come to. */
const MAX_SERIES = 1_000;
const STREAM = "/api/stream";

export class HttpRequests {
  readonly #exact = new Set<string>();
  readonly #patterns: readonly (readonly string[])[];
  readonly #requests = new Map<string, { readonly labels: Record<string, string>; count: number }>();
  readonly #durations = new Map<string, { count: number; sum: number }>();
  #refusedConnections = 0;

  /** `routes`: paths with `{parameters}`. */
  constructor(routes: readonly string[]) {
    const patterns: string[][] = [];
    for (const route of routes) {
      if (route.includes("{")) patterns.push(route.split("/"));
      else this.#exact.add(route);
    }
    this.#patterns = patterns;
  }

  routeOf(path: string): string {
    if (this.#exact.has(path)) return path;
    const parts = path.split("/");
    const fits = this.#patterns.find(
      (pattern) =>
        pattern.length === parts.length &&
        pattern.every((part, index) => part.startsWith("{") || part === parts[index]),
    );
    if (fits !== undefined) return fits.join("/");
    return path === "/metrics" || path.startsWith("/api/") || path.startsWith("/v1/") ? "unknown" : "page";
  }

  count(method: string, path: string, status: number, durationMs: number): void {
    const route = this.routeOf(path);
    const labels = { method: METHODS.has(method) ? method : "other", route, status: String(status) };
    const key = `${labels.method} ${route} ${labels.status}`;
    const row = this.#requests.get(key);
    if (row !== undefined) row.count += 1;
    else if (this.#requests.size < MAX_SERIES) this.#requests.set(key, { labels, count: 1 });
    // A stream lasts as long as its reader looks.
    if (route === STREAM) return;
    const duration = this.#durations.get(route) ?? { count: 0, sum: 0 };
    duration.count += 1;
    duration.sum += durationMs / 1_000;
    this.#durations.set(route, duration);
  }

  countRefusedConnection(): void {
    this.#refusedConnections += 1;
  }

  write(out: Exposition): void {
    for (const { labels, count } of this.#requests.values())
      out.add("meshwork_console_http_requests_total", labels, count);
    for (const [route, duration] of this.#durations)
      out.summary("meshwork_console_http_request_duration_seconds", { route }, duration);
    out.add("meshwork_console_connections_refused_total", {}, this.#refusedConnections);
  }
}
