/** The face of the telemetry room; `createTelemetry` (create.ts) makes one per node. */
import type { Context, Meter, Span, SpanOptions, Tracer } from "@opentelemetry/api";

export interface TelemetryOptions {
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly meshId: string;
  /** Promises where the identity is not loaded yet: export waits for them (`undefined`: leave the attribute out). */
  readonly nodeName: string | Promise<string | undefined>;
  readonly nodeId: string | Promise<string | undefined>;
  /** Each span goes once to each sink; each sink has a queue of its own. `url` is the base (`/v1/traces` is appended). */
  readonly sinks: readonly TelemetrySink[];
  /** Share of root traces that are sampled, 0 to 1. Default 1 (OTEL_TRACES_SAMPLER_ARG). */
  readonly sampleRatio?: number;
  /** 0 switches metrics export off. Default 60,000, as OpenTelemetry's own: at 10,000 it cost an idle node 0.002 core. */
  readonly metricsIntervalMs?: number;
  readonly debugSpans?: boolean;
  /** Bounds of each sink; the defaults are DEFAULT_SINK_LIMITS. */
  readonly limits?: Partial<SinkLimits>;
}

/** What one sink may hold and how long it may take. */
export interface SinkLimits {
  /** Ended spans held by a sink, those being sent included; a further one is dropped and counted. */
  readonly queueSpans: number;
  /** Pause between two exports while fewer than a batch are waiting. */
  readonly exportDelayMs: number;
  /** A request that has no answer by then is torn down with its socket, and its spans count as dropped. */
  readonly exportTimeoutMs: number;
  /** How long exports wait for `nodeName` and `nodeId`; flush and shutdown end the wait. */
  readonly identityWaitMs: number;
}

/** A collector. Two sinks with the same `url` are one: the first is kept. */
export interface TelemetrySink {
  readonly name: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where a batch goes that the collector did not answer for: over the mesh. */
  readonly route?: BatchRoute;
  /** Nothing goes to `url`. */
  readonly routeOnly?: boolean;
}

/** Another way to a collector. It keeps what it was given, within its own bounds. */
export interface BatchRoute {
  /** An OTLP export request in protobuf. True once the collector has it, false where it was given up. Never rejects. */
  offer(kind: "traces" | "metrics", body: Uint8Array): Promise<boolean>;
}

/** Counters since the start. Of the sampled spans that ended, each is exported, dropped or queued. */
export interface SinkStats {
  readonly name: string;
  /** Spans of requests that the collector answered with success. */
  readonly exportedSpans: number;
  /** Spans lost: queue full, request failed, or shut down before they were sent. */
  readonly droppedSpans: number;
  /** Spans waiting or being sent. */
  readonly queuedSpans: number;
  /** Requests that failed, those with metrics included. */
  readonly failedExports: number;
  /** Spans among the exported that took the other route. */
  readonly reroutedSpans: number;
}

export interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** True where per-frame debug spans are wanted. */
  readonly debugSpans: boolean;
  /** Starts a span in the active context or the given one; the node's name and id are in its resource. */
  startSpan(name: string, options?: SpanOptions, context?: Context): Span;
  /** Runs `work` inside a span that ends with it; a throw marks the span as error and goes on. */
  withSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T> | T): Promise<T>;
  /** W3C headers of a span (or of the active one). Empty where nothing is active. */
  inject(span?: Span): { readonly traceparent?: string; readonly tracestate?: string };
  /** Context of a remote caller; malformed headers give the root context. */
  extract(headers: { readonly traceparent?: string; readonly tracestate?: string }): Context;
  stats(): readonly SinkStats[];
  /** Sends what has ended, within the bound and with what is known of the identity. Never rejects. */
  flush(timeoutMs: number): Promise<void>;
  /** Flushes and stops within the bound, whatever the collectors do. Never rejects. */
  shutdown(timeoutMs: number): Promise<void>;
}

/** A span as the OTLP intake gives it: hex ids, times in ms (float) since the epoch, plain attributes. */
export interface IntakeSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** OTLP numbers: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly events: readonly {
    readonly name: string;
    readonly timeMs: number;
    readonly attributes: Readonly<Record<string, AttributeValue>>;
  }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly resource: Readonly<Record<string, AttributeValue>>;
}
export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];
