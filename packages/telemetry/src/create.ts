/**
 * Telemetry of one node: tracer, meter, and one bounded way to each collector.
 *
 * Nothing but the context manager is global, so nodes that share a process keep their own resource, sinks and sampling.
 * Every bound is one of the sinks' (span-sink.ts, metric-sink.ts); a dead collector costs the node its spans and nothing else.
 * Owner: the node; ended by `shutdown`, after which spans can still be made and are counted as dropped.
 */
import {
  type Context,
  context,
  createNoopMeter,
  type Meter,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace-base";
import { MetricSink } from "./metric-sink.js";
import { NodeResource } from "./node-resource.js";
import { PreciseStart } from "./precise-start.js";
import { extractHeaders, injectHeaders, installContextManager } from "./propagation.js";
import { SpanSink } from "./span-sink.js";
import type { SinkLimits, SinkStats, Telemetry, TelemetryOptions, TelemetrySink } from "./types.js";
import { ATTR, METRIC } from "./vocabulary.js";

const SCOPE = "meshwork";

/** Queue: the library's own default. Delay: what a SIGKILL may lose. Time-out: the bound of a node's `close()`. */
export const DEFAULT_SINK_LIMITS: SinkLimits = {
  queueSpans: 2_048,
  exportDelayMs: 1_000,
  exportTimeoutMs: 2_000,
  identityWaitMs: 10_000,
};

const DEFAULT_METRICS_INTERVAL_MS = 60_000;

/** What one span may hold, so that the queue's bound is one of bytes as well. */
const SPAN_LIMITS = {
  attributeCountLimit: 64,
  attributeValueLengthLimit: 4_096,
  eventCountLimit: 32,
  linkCountLimit: 16,
  attributePerEventCountLimit: 16,
  attributePerLinkCountLimit: 16,
};

interface Sink {
  readonly name: string;
  readonly spans: SpanSink;
  readonly metrics: MetricSink | undefined;
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  installContextManager();
  const limits = { ...DEFAULT_SINK_LIMITS, ...options.limits };
  const metricsIntervalMs = options.metricsIntervalMs ?? DEFAULT_METRICS_INTERVAL_MS;
  const resource = new NodeResource(
    {
      [ATTR.serviceName]: options.serviceName,
      [ATTR.serviceVersion]: options.serviceVersion,
      [ATTR.meshId]: options.meshId,
      [ATTR.processPid]: process.pid,
    },
    { [ATTR.nodeName]: options.nodeName, [ATTR.nodeId]: options.nodeId },
    limits.identityWaitMs,
  );
  const sinks: readonly Sink[] = distinct(options.sinks).map((sink) => ({
    name: sink.name,
    spans: new SpanSink(sink, limits),
    metrics: metricsIntervalMs > 0 ? new MetricSink(sink, limits, metricsIntervalMs) : undefined,
  }));
  const tracer = new BasicTracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sampleRatio ?? 1) }),
    spanLimits: SPAN_LIMITS,
    spanProcessors: [new PreciseStart(), ...sinks.map((sink) => sink.spans)],
  }).getTracer(SCOPE, options.serviceVersion);
  const readers = sinks.flatMap((sink) => (sink.metrics ? [sink.metrics.reader] : []));
  const meters = readers.length > 0 ? new MeterProvider({ resource, readers }) : undefined;
  const meter = meters?.getMeter(SCOPE, options.serviceVersion) ?? createNoopMeter();
  if (meters) observeSinks(meter, sinks);
  return new NodeTelemetry(tracer, meter, options.debugSpans ?? false, resource, sinks, meters);
}

class NodeTelemetry implements Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly debugSpans: boolean;
  readonly #resource: NodeResource;
  readonly #sinks: readonly Sink[];
  readonly #meters: MeterProvider | undefined;
  #ended: Promise<void> | undefined;

  constructor(
    tracer: Tracer,
    meter: Meter,
    debugSpans: boolean,
    resource: NodeResource,
    sinks: readonly Sink[],
    meters: MeterProvider | undefined,
  ) {
    this.tracer = tracer;
    this.meter = meter;
    this.debugSpans = debugSpans;
    this.#resource = resource;
    this.#sinks = sinks;
    this.#meters = meters;
  }

  startSpan(name: string, options?: SpanOptions, parent: Context = context.active()): Span {
    return this.tracer.startSpan(name, options, parent);
  }

  async withSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T> | T): Promise<T> {
    const span = this.startSpan(name, options);
    try {
      return await context.with(trace.setSpan(context.active(), span), work, undefined, span);
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  inject(span?: Span): { readonly traceparent?: string; readonly tracestate?: string } {
    return injectHeaders(span);
  }

  extract(headers: { readonly traceparent?: string; readonly tracestate?: string }): Context {
    return extractHeaders(headers);
  }

  stats(): readonly SinkStats[] {
    return this.#sinks.map(({ name, spans, metrics }) => ({
      name,
      exportedSpans: spans.exportedSpans,
      droppedSpans: spans.droppedSpans,
      queuedSpans: spans.queuedSpans,
      reroutedSpans: spans.reroutedSpans,
      failedExports: spans.failedExports + (metrics?.failedExports ?? 0),
    }));
  }

  async flush(timeoutMs: number): Promise<void> {
    if (this.#ended) return;
    this.#resource.release();
    await within(timeoutMs, [...this.#sinks.map((sink) => sink.spans.forceFlush()), this.#meters?.forceFlush()]);
  }

  shutdown(timeoutMs: number): Promise<void> {
    this.#ended ??= this.#shutdown(timeoutMs);
    return this.#ended;
  }

  async #shutdown(timeoutMs: number): Promise<void> {
    this.#resource.release();
    await within(timeoutMs, [...this.#sinks.map((sink) => sink.spans.shutdown()), this.#meters?.shutdown()]);
    for (const sink of this.#sinks) {
      sink.spans.close();
      sink.metrics?.close();
    }
  }
}

/** Marks a span as failed with the error's message; its stack is kept as an event. Does not end it. */
export function markFailed(span: Span, error: unknown): void {
  const failure = error instanceof Error ? error : new Error(String(error));
  const code = "code" in failure && typeof failure.code === "string" ? failure.code : failure.name;
  span.setAttribute(ATTR.errorType, code);
  span.recordException(failure);
  span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
}

/** Waits for all, or for the bound; its timer holds the process until then. */
async function within(timeoutMs: number, work: readonly (Promise<void> | undefined)[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.allSettled(work), bound]);
  clearTimeout(timer);
}

/** One sink per collector, base addresses without the slash at their end. */
function distinct(sinks: readonly TelemetrySink[]): readonly TelemetrySink[] {
  const byUrl = new Map<string, TelemetrySink>();
  for (const sink of sinks) {
    const url = new URL(sink.url).href.replace(/\/+$/, "");
    if (!byUrl.has(url)) byUrl.set(url, { ...sink, url });
  }
  return [...byUrl.values()];
}

function observeSinks(meter: Meter, sinks: readonly Sink[]): void {
  const exported = meter.createObservableCounter(METRIC.spansExported.name, METRIC.spansExported);
  const dropped = meter.createObservableCounter(METRIC.spansDropped.name, METRIC.spansDropped);
  const size = meter.createObservableGauge(METRIC.collectionSize.name, METRIC.collectionSize);
  meter.addBatchObservableCallback(
    (observer) => {
      for (const { name, spans } of sinks) {
        observer.observe(exported, spans.exportedSpans, { [ATTR.sink]: name });
        observer.observe(dropped, spans.droppedSpans, { [ATTR.sink]: name });
        observer.observe(size, spans.queuedSpans, { [ATTR.collection]: `telemetry.${name}` });
      }
    },
    [exported, dropped, size],
  );
}
