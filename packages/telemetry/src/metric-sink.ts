/**
 * One collector's way for metrics: a periodic reader and the OTLP exporter, with the same deadline as spans.
 *
 * Cumulative, so that a lost export costs resolution and no counts. The reader holds one collection at a time and skips
 * a tick while one is under way, which is its bound. Owner: createTelemetry, one per collector; ended by `close`.
 */
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import {
  AggregationTemporality,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { Detour } from "./detour.js";
import { withoutExporterVariables } from "./environment.js";
import { SinkAgent } from "./sink-agent.js";
import type { SinkLimits, TelemetrySink } from "./types.js";

/** Attribute sets per instrument; further ones are folded into one overflow set by the SDK. */
const CARDINALITY_LIMIT = 256;

export class MetricSink {
  readonly reader: PeriodicExportingMetricReader;
  readonly #agent = new SinkAgent();
  readonly #timeoutMs: number;
  readonly #detour: Detour;
  #failedExports = 0;

  constructor(sink: TelemetrySink, limits: SinkLimits, intervalMs: number) {
    this.#detour = new Detour(sink);
    this.#timeoutMs = Math.min(limits.exportTimeoutMs, intervalMs);
    const exporter = withoutExporterVariables(
      () =>
        new OTLPMetricExporter({
          url: `${sink.url}/v1/metrics`,
          headers: { ...sink.headers },
          timeoutMillis: this.#timeoutMs,
          concurrencyLimit: 2,
          temporalityPreference: AggregationTemporality.CUMULATIVE,
          httpAgentOptions: this.#agent.create,
        }),
    );
    this.reader = new PeriodicExportingMetricReader({
      exporter: this.#strict(exporter),
      exportIntervalMillis: intervalMs,
      exportTimeoutMillis: this.#timeoutMs,
      cardinalityLimits: { default: CARDINALITY_LIMIT },
    });
  }

  get failedExports(): number {
    return this.#failedExports;
  }

  close(): void {
    this.#agent.close();
  }

  #strict(exporter: OTLPMetricExporter): PushMetricExporter {
    return {
      export: (metrics, report) => {
        if (this.#detour.isFirst) {
          this.#reroute(metrics, report);
          return;
        }
        let open = true;
        const settle = (result: ExportResult) => {
          if (!open) return;
          open = false;
          clearTimeout(deadline);
          if (result.code !== ExportResultCode.SUCCESS) this.#failedExports += 1;
          if (result.code !== ExportResultCode.SUCCESS && this.#detour.takes(result.error))
            this.#reroute(metrics, report);
          else report(result);
        };
        const deadline = setTimeout(() => {
          const reason = `no answer within ${this.#timeoutMs} ms`;
          settle({ code: ExportResultCode.FAILED, error: new Error(reason) });
          this.#agent.abort(reason);
        }, this.#timeoutMs);
        deadline.unref();
        exporter.export(metrics, settle);
      },
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
      selectAggregation: (type) => exporter.selectAggregation(type),
      selectAggregationTemporality: (type) => exporter.selectAggregationTemporality(type),
    };
  }

  /** Whether it arrives is not waited for: the next export says it again. */
  #reroute(metrics: ResourceMetrics, report: (result: ExportResult) => void): void {
    void this.#detour.offerMetrics(metrics);
    report({ code: ExportResultCode.SUCCESS });
  }
}
