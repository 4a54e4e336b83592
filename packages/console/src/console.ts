/**
 * `startConsole`: the console's HTTP side on top of a running mesh node. It observes; that it dies harms no node. Everything it
 * holds is bounded and ends with `close()`.
 */
import type { AddressInfo, Socket } from "node:net";
import type { MeshNode } from "@meshwork/node";
import type { Telemetry } from "@meshwork/telemetry";
import { AlertWatch } from "./alerts/alert-watch.js";
import { createApi, pathsOf } from "./api/app.js";
import type { SyntheticView } from "./api-types.js";
import type { ChaosDesk } from "./chaos-desk.js";
import { type ConsoleClock, systemClock } from "./clock.js";
import { ConsoleError } from "./errors.js";
import { createGuard, type Guard, isLoopback } from "./http/guard.js";
import { Intake, type IntakeDecoders } from "./http/otlp.js";
import { RateLimit } from "./http/rate-limit.js";
import { createHttpServer, type HttpLimits } from "./http/server.js";
import { StaticFiles } from "./http/static-files.js";
import { StreamHub } from "./http/stream-hub.js";
import { ConsoleMetrics } from "./metrics/console-metrics.js";
import { ConsoleModel } from "./model.js";
import type { DemoSwitch, SupervisorClient } from "./supervisor-client.js";
import type { TestDesk } from "./test-desk.js";

export interface ConsoleOptions {
  /** The console's own node; it should observe the other meshes. Not closed by the console. */
  readonly node: MeshNode;
  /** Absent: processes are unknown, and what needs them answers MESH_E_NO_LAUNCHER. */
  readonly supervisor?: SupervisorClient;
  /** Absent: `/api/demo` answers MESH_E_NO_DEMO. */
  readonly demo?: DemoSwitch;
  /** Absent: `/api/chaos/…` answers MESH_E_NO_CHAOS. Not closed by the console. */
  readonly chaos?: ChaosDesk;
  /** Absent: `/api/tests/…` answers MESH_E_NO_CHAOS. Not closed by the console. */
  readonly tests?: TestDesk;
  /** Page of a Jaeger that gets the same traces, http or https: the dashboard links to it. */
  readonly jaegerUrl?: string;
  /** Refuses what changes something (MESH_E_READ_ONLY); the telemetry intake stays open. Default false. */
  readonly readOnly?: boolean;
  /** The members that the node knows are made up: the page, the API and the commands say so. */
  readonly synthetic?: () => SyntheticView;
  /** 0 for any free port. */
  readonly port: number;
  /** At least 16 characters without spaces; a fresh one for each run. */
  readonly token: string;
  /** Build directory of the dashboard. Absent or empty: the page says that it is not built. */
  readonly staticDir?: string;
  /** Default 127.0.0.1. Others than loopback are refused unless `allowRemote`. */
  readonly host?: string;
  /** `hosts`: names and addresses, without port, that clients use in the URL. */
  readonly allowRemote?: { readonly hosts: readonly string[] };
  /** What `@meshwork/telemetry/intake` exports, which is the default. */
  readonly decoders?: IntakeDecoders;
  /** For `mesh.console.request`, one span per API call. */
  readonly telemetry?: Pick<Telemetry, "withSpan">;
  /** Who holds a taken port, e.g. the supervisor's `findPortOwner`. */
  readonly portOwner?: (port: number) => { readonly pid: number; readonly command: string } | undefined;
  readonly limits?: HttpLimits & {
    readonly maxSpans?: number;
    readonly maxSpanBytes?: number;
    readonly maxSpansPerTrace?: number;
    /** Default 4 MiB. */
    readonly maxOtlpBodyBytes?: number;
    /** Default 32. */
    readonly maxStreamClients?: number;
    /** Nodes that have series of their own in `GET /metrics`. Default 250. */
    readonly maxMetricNodes?: number;
    /** How often alerts are judged. Default 2,000. */
    readonly alertJudgeMs?: number;
    /** Default 1,000. */
    readonly firstLookMs?: number;
  };
  readonly clock?: ConsoleClock;
  readonly version?: string;
  /** One line each: what went wrong inside the console. */
  readonly log?: (line: string) => void;
}

export interface RunningConsole {
  /** `http://127.0.0.1:<port>`; the page is at `<url>/#token=<token>`. */
  readonly url: string;
  readonly port: number;
  /** Serves a connection that was accepted elsewhere as one of its own. */
  accept(socket: Socket): void;
  /** Sizes of all long-lived collections. */
  sizes(): Readonly<Record<string, number>>;
  /** Ends streams and connections within a second. Idempotent. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 500;

/** Throws MESH_E_PORT_TAKEN, MESH_E_CONSOLE_BIND, MESH_E_INVALID_INPUT. */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const host = options.host ?? "127.0.0.1";
  if (!isLoopback(host) && options.allowRemote === undefined) throw new ConsoleError("MESH_E_CONSOLE_BIND", host);
  if (!/^[!-~]{16,512}$/.test(options.token))
    throw new ConsoleError("MESH_E_INVALID_INPUT", "the token needs 16 to 512 printable characters");
  const { limits = {}, node, supervisor } = options;
  const clock = options.clock ?? systemClock;
  const onInternal = (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    options.log?.(`console: ${text.replaceAll("\n", " | ")}`);
  };
  const decoders = options.decoders ?? (await import("@meshwork/telemetry/intake"));
  const model = new ConsoleModel({
    ...{
      node,
      supervisor,
      demo: options.demo,
      chaos: options.chaos,
      tests: options.tests,
      readOnly: options.readOnly,
      clock,
    },
    synthetic: options.synthetic,
    jaegerUrl: options.jaegerUrl === undefined ? undefined : checkedJaegerUrl(options.jaegerUrl),
    limits: {
      ...(limits.maxSpans !== undefined && { maxSpans: limits.maxSpans }),
      ...(limits.maxSpanBytes !== undefined && { maxBytes: limits.maxSpanBytes }),
      ...(limits.maxSpansPerTrace !== undefined && { maxSpansPerTrace: limits.maxSpansPerTrace }),
    },
  });
  const maxOtlpBodyBytes = limits.maxOtlpBodyBytes ?? 4 * 1024 * 1024;
  const intake = new Intake({
    decoders,
    store: model.store,
    onPoints: (points) => metrics.take(points),
    maxBytes: maxOtlpBodyBytes,
    bodyTimeoutMs: limits.bodyTimeoutMs ?? 10_000,
    maxBytesUnderWay: 16 * maxOtlpBodyBytes,
  });
  const leaveMeshIntake = node.takeTelemetry((kind, body) => intake.takeFromMesh(kind, body));
  const hub = new StreamHub({ model, maxClients: limits.maxStreamClients ?? 32 });
  const version = options.version ?? "0.1.0";
  const app = createApi({ model, supervisor, firstLookMs: limits.firstLookMs ?? 1_000, version }, onInternal);
  const metrics = new ConsoleMetrics({
    ...{ model, version, routes: pathsOf(app), intakeCounts: intake.counts },
    maxNodes: limits.maxMetricNodes,
  });
  const watch = new AlertWatch(model, metrics, limits.alertJudgeMs);
  const rate = new RateLimit(limits.requestsPerSecond);
  let guard: Guard | undefined;
  const server = createHttpServer({
    ...{ limits, rate, app, hub, intake, metrics, onInternal, readOnly: model.readOnly, synthetic: options.synthetic },
    files: new StaticFiles(options.staticDir),
    guard: () => {
      if (guard === undefined) throw new ConsoleError("MESH_E_BAD_HOST");
      return guard;
    },
    telemetry: options.telemetry,
  });

  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port: options.port }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    leaveMeshIntake();
    watch.close();
    metrics.close();
    model.close();
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    const owner = options.portOwner?.(options.port);
    const holder = owner === undefined ? "" : ` (held by process ${owner.pid}: ${owner.command.slice(0, 200)})`;
    throw new ConsoleError("MESH_E_PORT_TAKEN", `${host}:${options.port}${holder}`, { cause: error });
  }
  server.on("error", onInternal);
  const { port } = server.address() as AddressInfo;
  guard = createGuard({ port, token: options.token, ...options.allowRemote });

  /** Each until it closes; no more than the server takes itself. */
  const accepted = new Set<Socket>();
  const endAll = async () => {
    const timer = setTimeout(() => {
      server.closeAllConnections();
      for (const socket of accepted) socket.destroy();
    }, CLOSE_GRACE_MS);
    // The server waits for those alone that it accepted itself.
    const ended = [...accepted].map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())));
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    leaveMeshIntake();
    hub.close();
    watch.close();
    metrics.close();
    model.close();
    server.closeIdleConnections();
    await Promise.all([closed, ...ended]);
    clearTimeout(timer);
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= endAll();
    return closing;
  };
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const sizes = () => ({ ...model.sizes(), ...metrics.sizes(), rateLimitedClients: rate.size });
  const accept = (socket: Socket) => {
    if (accepted.size >= server.maxConnections || closing !== undefined) {
      socket.destroy();
      return;
    }
    accepted.add(socket);
    socket.once("close", () => accepted.delete(socket));
    server.emit("connection", socket);
    // Where it was accepted to be handed on it was not read.
    socket.resume();
  };
  return { url: `http://${shownHost}:${port}`, port, accept, sizes, close };
}

/** Without the slash at its end. The page makes links of it: another scheme would be code. */
function checkedJaegerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new ConsoleError("MESH_E_INVALID_INPUT", `the address of Jaeger needs http or https: ${text.slice(0, 200)}`);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
