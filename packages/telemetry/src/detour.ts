/**
 * When a sink's batches leave its collector aside for the other route, and in which form.
 *
 * A collector that answers with a refusal has answered: its batch is lost, as another copy of it would be. One that does not answer at all
 * is tried again with a batch after 30 s; meanwhile waiting for it would cost each batch the export's time-out.
 * Owner: a sink.
 */
import { ProtobufMetricsSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { BatchRoute, TelemetrySink } from "./types.js";

const RETRY_COLLECTOR_MS = 30_000;
/** Answers that are none: somebody in between, or the collector itself, is not up to it now. */
const PASSING = new Set([408, 429, 502, 503, 504]);

export class Detour {
  readonly #route: BatchRoute | undefined;
  readonly #only: boolean;
  #untilMs = 0;

  constructor(sink: Pick<TelemetrySink, "route" | "routeOnly">) {
    this.#route = sink.route;
    this.#only = sink.route !== undefined && sink.routeOnly === true;
  }

  /** The collector is not to be asked now. */
  get isFirst(): boolean {
    return this.#only || performance.now() < this.#untilMs;
  }

  /** True where what failed like this goes the other way. */
  takes(error: Error | undefined): boolean {
    if (this.#route === undefined) return false;
    const status = (error as { readonly code?: unknown } | undefined)?.code;
    if (typeof status === "number" && !PASSING.has(status)) return false;
    this.#untilMs = performance.now() + RETRY_COLLECTOR_MS;
    return true;
  }

  offerSpans(spans: ReadableSpan[]): Promise<boolean> {
    return this.#offer("traces", ProtobufTraceSerializer.serializeRequest(spans));
  }

  offerMetrics(metrics: ResourceMetrics): Promise<boolean> {
    return this.#offer("metrics", ProtobufMetricsSerializer.serializeRequest(metrics));
  }

  #offer(kind: "traces" | "metrics", body: Uint8Array | undefined): Promise<boolean> {
    if (this.#route === undefined || body === undefined) return Promise.resolve(false);
    return this.#route.offer(kind, body);
  }
}
