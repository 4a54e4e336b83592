/**
 * A collector for tests, in this process, on a free loopback port.
 *
 * Modes: `ok` answers 200; `refuse` answers 401; `hang` reads and never answers; `trickle` answers one byte of an endless body every 50 ms,
 * which keeps an idle time-out from ever firing. Owner: the test; `close` ends it with all its connections.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeMetricsRequest, decodeTraceRequest, type IntakePoint, type IntakeSpan } from "../src/intake/index.js";

export type CollectorMode = "ok" | "refuse" | "hang" | "trickle";

export interface Collector {
  readonly url: string;
  mode: CollectorMode;
  readonly spans: IntakeSpan[];
  readonly points: IntakePoint[];
  /** Path, headers and body of each request, the first 100. */
  readonly requests: { path: string; headers: Record<string, unknown>; body: Buffer }[];
  /** Spans per request are counted even where they are not kept. */
  spanCount: number;
  /** Connections open at this end. */
  readonly connections: number;
  /** Resolves when `done` holds after a request, or after a connection closed. */
  until(done: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function startCollector(mode: CollectorMode = "ok"): Promise<Collector> {
  const trickles = new Set<NodeJS.Timeout>();
  let waiting: { done: () => boolean; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const path = request.url ?? "";
      if (collector.requests.length < 100) collector.requests.push({ path, headers: request.headers, body });
      if (collector.mode === "ok") {
        if (path === "/v1/traces") {
          const spans = decodeTraceRequest(body);
          collector.spanCount += spans.length;
          if (collector.spans.length < 1_000) collector.spans.push(...spans);
        } else collector.points.push(...decodeMetricsRequest(body));
      }
      answer(response, collector.mode);
      wake();
    });
  });
  server.keepAliveTimeout = 60_000; // what closes an idle connection in a test is the node
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    socket.on("close", () => {
      connections -= 1;
      wake();
    });
  });
  function wake(): void {
    for (const { done, resolve } of waiting) if (done()) resolve();
    waiting = waiting.filter(({ done }) => !done());
  }
  function answer(response: ServerResponse, how: CollectorMode): void {
    if (how === "ok") response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    else if (how === "refuse") response.writeHead(401).end("no");
    else if (how === "trickle") {
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 50);
      trickles.add(timer);
      response.on("close", () => clearInterval(timer));
      response.on("error", () => {});
    }
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode,
    spans: [],
    points: [],
    requests: [],
    spanCount: 0,
    get connections() {
      return connections;
    },
    until: (done) => (done() ? Promise.resolve() : new Promise((resolve) => waiting.push({ done, resolve }))),
    close: async () => {
      for (const timer of trickles) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}

/** A loopback address at which nothing listens. */
export async function closedUrl(): Promise<string> {
  const collector = await startCollector();
  await collector.close();
  return collector.url;
}
