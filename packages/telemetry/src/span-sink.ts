/**
 * One collector's way for spans: OpenTelemetry's batch processor and OTLP exporter, made strict where they are not.
 *
 * What this adds to the library (behaviour read in sdk-trace 2.12 and otlp-exporter-base 0.223, figures in the tests):
 * 1. The bound counts what is being sent too. The library's queue forgets a batch once it is handed over, so a collector that
 *    hangs holds up to 30 further batches.
 * 2. Drops and failures are counted; the library's counters are private and reset.
 * 3. An export ends at its deadline, whatever its sockets do.
 * 4. `flush` waits for the batch that is under way as well.
 * 5. A batch that the collector did not answer for takes the sink's other route, where it has one; for a while further ones take it at
 *    once. Those count as queued until that route has delivered them or given them up.
 * Invariant: accepted spans = exported + lost + queued. Owner: createTelemetry, one per collector; ended by `close`.
 */
import { TraceFlags } from "@opentelemetry/api";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Detour } from "./detour.js";
import { withoutExporterVariables } from "./environment.js";
import { SinkAgent } from "./sink-agent.js";
import type { SinkLimits, TelemetrySink } from "./types.js";

/** The library's own batch size; one request of 512 spans is about 130 kB. */
const BATCH_SPANS = 512;
/** The library's batch timer is only a second line behind the deadline here, so it fires later. */
const BATCH_TIMER_MARGIN_MS = 250;
/** A flush sends the whole queue at once: 4 batches, and the one under way. */
const CONCURRENT_REQUESTS = 8;

export class SpanSink implements SpanProcessor {
  readonly #limits: SinkLimits;
  readonly #agent = new SinkAgent();
  readonly #batches: BatchSpanProcessor;
  #accepted = 0;
  #exported = 0;
  #lost = 0;
  #refused = 0;
  #failedExports = 0;
  #rerouted = 0;
  readonly #detour: Detour;
  #closed = false;
  /** Flushes that wait until `settled` reaches a count; emptied when it does, and by `close`. */
  #waiters: { readonly target: number; readonly resolve: () => void }[] = [];

  constructor(sink: TelemetrySink, limits: SinkLimits) {
    this.#limits = limits;
    this.#detour = new Detour(sink);
    const exporter = withoutExporterVariables(
      () =>
        new OTLPTraceExporter({
          url: `${sink.url}/v1/traces`,
          headers: { ...sink.headers },
          timeoutMillis: limits.exportTimeoutMs,
          concurrencyLimit: CONCURRENT_REQUESTS,
          httpAgentOptions: this.#agent.create,
        }),
    );
    this.#batches = new BatchSpanProcessor(this.#strict(exporter), {
      maxQueueSize: limits.queueSpans,
      maxExportBatchSize: Math.min(BATCH_SPANS, limits.queueSpans),
      scheduledDelayMillis: limits.exportDelayMs,
      exportTimeoutMillis: limits.exportTimeoutMs + BATCH_TIMER_MARGIN_MS,
    });
  }

  get exportedSpans(): number {
    return this.#exported;
  }

  get droppedSpans(): number {
    return this.#lost + this.#refused;
  }

  get queuedSpans(): number {
    return this.#accepted - this.#exported - this.#lost;
  }

  get failedExports(): number {
    return this.#failedExports;
  }

  get reroutedSpans(): number {
    return this.#rerouted;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#closed || this.queuedSpans >= this.#limits.queueSpans) {
      this.#refused += 1;
      return;
    }
    this.#accepted += 1;
    this.#batches.onEnd(span);
  }

  /** Sends what has ended so far and waits until each of those spans is exported or lost. */
  async forceFlush(): Promise<void> {
    const done = this.#settledUpTo(this.#accepted);
    await this.#batches.forceFlush().catch(() => {}); // failures are counted in #strict
    await done;
  }

  /** Sends what is left; ends when that is done. Whoever can't wait so long calls `close`. */
  async shutdown(): Promise<void> {
    const done = this.#settledUpTo(this.#accepted);
    await this.#batches.shutdown().catch(() => {});
    await done;
    this.close();
  }

  /** Gives up what is not sent, closes all connections. */
  close(): void {
    this.#closed = true;
    this.#lost += this.queuedSpans;
    this.#wake();
    this.#agent.close();
  }

  #settledUpTo(target: number): Promise<void> {
    if (this.#exported + this.#lost >= target) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ target, resolve }));
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const settled = this.#exported + this.#lost;
    for (const waiter of this.#waiters) if (settled >= waiter.target) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => settled < waiter.target);
  }

  /** The exporter with a deadline, and with each outcome counted once. */
  #strict(exporter: OTLPTraceExporter): SpanExporter {
    return {
      export: (spans, report) => {
        if (this.#detour.isFirst) {
          this.#reroute(spans, report);
          return;
        }
        let open = true;
        const settle = (result: ExportResult) => {
          if (!open) return;
          open = false;
          clearTimeout(deadline);
          if (result.code === ExportResultCode.SUCCESS || !this.#detour.takes(result.error)) {
            if (!this.#closed) this.#count(spans.length, result.code === ExportResultCode.SUCCESS);
            report(result);
            return;
          }
          this.#failedExports += 1;
          this.#reroute(spans, report);
        };
        const deadline = setTimeout(() => {
          const reason = `no answer within ${this.#limits.exportTimeoutMs} ms`;
          settle({ code: ExportResultCode.FAILED, error: new Error(reason) });
          this.#agent.abort(reason);
        }, this.#limits.exportTimeoutMs);
        deadline.unref();
        exporter.export(spans, settle);
      },
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    };
  }

  /** For the library the batch is through; for the count and for `flush` it is when the route says so. */
  #reroute(spans: ReadableSpan[], report: (result: ExportResult) => void): void {
    void this.#detour.offerSpans(spans).then((delivered) => {
      if (this.#closed) return;
      if (delivered) this.#rerouted += spans.length;
      this.#count(spans.length, delivered);
    });
    report({ code: ExportResultCode.SUCCESS });
  }

  #count(spans: number, ok: boolean): void {
    if (ok) this.#exported += spans;
    else {
      this.#lost += spans;
      this.#failedExports += 1;
    }
    this.#wake();
  }
}
