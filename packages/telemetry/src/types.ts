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
  /** 0 switches metrics export off. Default 10,000. */
  readonly metricsIntervalMs?: number;
  readonly debugSpans?: boolean;
}

export interface TelemetrySink {
  readonly name: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SinkStats {
  readonly name: string;
  readonly exportedSpans: number;
  readonly droppedSpans: number;
  readonly queuedSpans: number;
  readonly failedExports: number;
}

export interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** True where per-frame debug spans are wanted. */
  readonly debugSpans: boolean;
  /** Starts a span in the active context or the given one; it carries the name and id of the node. */
  startSpan(name: string, options?: SpanOptions, context?: Context): Span;
  /** Runs `work` inside a span that ends with it; a throw marks the span as error and goes on. */
  withSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T> | T): Promise<T>;
  /** W3C headers of a span (or of the active one). Empty where nothing is active. */
  inject(span?: Span): { readonly traceparent?: string; readonly tracestate?: string };
  /** Context of a remote caller; malformed headers give the root context. */
  extract(headers: { readonly traceparent?: string; readonly tracestate?: string }): Context;
  stats(): readonly SinkStats[];
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
