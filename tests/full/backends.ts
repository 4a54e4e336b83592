/** Jaeger and the Collector as processes of a test, on free ports, each with what a test asks it. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { eventually, temporaryDirectory } from "../support/cluster.js";

export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  readonly processID: string;
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<
    Record<string, { readonly serviceName: string; readonly tags: readonly { key: string; value: unknown }[] }>
  >;
}

export interface Backend {
  /** OTLP/HTTP. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface Jaeger extends Backend {
  traces(query: Readonly<Record<string, string>>): Promise<readonly JaegerTrace[]>;
  trace(id: string): Promise<JaegerTrace | undefined>;
  dependencies(): Promise<readonly { readonly parent: string; readonly child: string; readonly callCount: number }[]>;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function run(variable: string, args: readonly string[]): { child: ChildProcess; stop(): Promise<void>; log(): string } {
  const program = process.env[variable];
  if (program === undefined) throw new Error(`run this by \`npm run test:full -- tracing\`, which sets ${variable}`);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text = (text + chunk).slice(-4_000);
    });
  }
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    log: () => text,
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function ready(url: string, process: ReturnType<typeof run>): Promise<void> {
  await eventually(`${url} answers`, 30_000, async () => {
    if (process.child.exitCode !== null) throw new Error(`it ended: ${process.log()}`);
    return (await fetch(url)).status < 500;
  });
}

export async function startJaeger(): Promise<Jaeger> {
  const [otlp, otlpGrpc, query, queryGrpc, admin, grpc, http] = await freePorts(7);
  const at = (port: number | undefined) => `127.0.0.1:${port}`;
  const process = run("MESH_JAEGER", [
    `--collector.otlp.http.host-port=${at(otlp)}`,
    `--collector.otlp.grpc.host-port=${at(otlpGrpc)}`,
    `--query.http-server.host-port=${at(query)}`,
    `--query.grpc-server.host-port=${at(queryGrpc)}`,
    `--admin.http.host-port=${at(admin)}`,
    `--collector.grpc-server.host-port=${at(grpc)}`,
    `--collector.http-server.host-port=${at(http)}`,
  ]);
  const api = async <T>(path: string, query_: Readonly<Record<string, string>> = {}): Promise<T | undefined> => {
    const response = await fetch(`http://${at(query)}/api/${path}?${new URLSearchParams(query_)}`);
    return response.ok ? ((await response.json()) as { data: T }).data : undefined;
  };
  await ready(`http://${at(query)}/api/services`, process);
  return {
    endpoint: `http://${at(otlp)}`,
    stop: process.stop,
    traces: async (wanted) => (await api<JaegerTrace[]>("traces", { limit: "1000", lookback: "1h", ...wanted })) ?? [],
    trace: async (id) => (await api<JaegerTrace[]>(`traces/${id}`))?.[0],
    dependencies: async () =>
      (await api<{ parent: string; child: string; callCount: number }[]>("dependencies", {
        endTs: String(Date.now()),
        lookback: "3600000",
      })) ?? [],
  };
}

/** OTLP in, all of it on to `next`. */
export async function startCollector(next: string): Promise<Backend> {
  const [port] = await freePorts(1);
  const config = join(temporaryDirectory(), "otelcol.yaml");
  writeFileSync(
    config,
    `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
exporters: {otlphttp: {endpoint: "${next}"}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [otlphttp]}, metrics: {receivers: [otlp], exporters: [otlphttp]}}
`,
  );
  const process = run("MESH_OTELCOL", [`--config=file:${config}`]);
  await ready(`http://127.0.0.1:${port}/`, process);
  return { endpoint: `http://127.0.0.1:${port}`, stop: process.stop };
}
