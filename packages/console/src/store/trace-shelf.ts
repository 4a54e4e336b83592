/**
 * Whole traces within a bound of spans and of bytes, evicted oldest first (by first arrival). Two of them make the trace store.
 * A trace leaves by eviction only.
 */
import type { AttributeValue, IntakeSpan } from "@meshwork/telemetry";
import type { TraceSummary } from "../api-types.js";

export interface StoredTrace {
  readonly traceId: string;
  /** Made when asked for; undefined after a further span. */
  summary?: TraceSummary | undefined;
  readonly spans: Map<string, IntakeSpan>;
  /** First server span of a message by the span id of its client span; made when the first message span comes. */
  receivedOf?: Map<string, IntakeSpan>;
  bytes: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
}

export interface ShelfLimits {
  readonly maxSpans: number;
  readonly maxBytes: number;
  /** Further spans of one trace are rejected, so that no trace can push out all others. */
  readonly maxSpansPerTrace: number;
}

/** Heap of a decoded span without its strings: object, ids, array slots (measured 500–1,000 B in all for real spans). */
const SPAN_BASE_BYTES = 420;

function sizeOf(value: AttributeValue): number {
  if (typeof value === "string") return value.length + 16;
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + sizeOf(item), 16) : 8;
}

/** What a span is accounted for. The resource is shared by a whole batch and not counted. */
export function spanBytes(span: IntakeSpan): number {
  let bytes = SPAN_BASE_BYTES + span.statusMessage.length;
  for (const [key, value] of Object.entries(span.attributes)) bytes += 16 + key.length + sizeOf(value);
  for (const event of span.events) {
    bytes += 64 + event.name.length;
    for (const [key, value] of Object.entries(event.attributes)) bytes += 16 + key.length + sizeOf(value);
  }
  return bytes;
}

export class TraceShelf {
  readonly #traces = new Map<string, StoredTrace>();
  readonly #limits: ShelfLimits;
  readonly #onEvict: (trace: StoredTrace) => void;
  spans = 0;
  bytes = 0;
  evictedSpans = 0;

  constructor(limits: ShelfLimits, onEvict: (trace: StoredTrace) => void = () => {}) {
    this.#limits = limits;
    this.#onEvict = onEvict;
  }

  get traces(): number {
    return this.#traces.size;
  }

  get(traceId: string): StoredTrace | undefined {
    return this.#traces.get(traceId);
  }

  /** Newest first arrival first. */
  newestFirst(): StoredTrace[] {
    return [...this.#traces.values()].reverse();
  }

  /** `duplicate` where the span is there already (an exporter's retry), `full` where its trace has its share. */
  add(span: IntakeSpan, nowMs: number): "added" | "duplicate" | "full" {
    const bytes = spanBytes(span);
    if (bytes > this.#limits.maxBytes) return "full";
    let trace = this.#traces.get(span.traceId);
    if (trace === undefined) {
      trace = { traceId: span.traceId, spans: new Map(), bytes: 0, firstSeenMs: nowMs, lastSeenMs: nowMs };
      this.#traces.set(span.traceId, trace);
    } else {
      if (trace.spans.has(span.spanId)) return "duplicate";
      if (trace.spans.size >= this.#limits.maxSpansPerTrace) return "full";
    }
    trace.spans.set(span.spanId, span);
    trace.bytes += bytes;
    trace.lastSeenMs = nowMs;
    trace.summary = undefined;
    this.spans += 1;
    this.bytes += bytes;
    this.#evict();
    return "added";
  }

  #evict(): void {
    while (this.spans > this.#limits.maxSpans || this.bytes > this.#limits.maxBytes) {
      const oldest = this.#traces.values().next().value;
      if (oldest === undefined) return;
      this.#traces.delete(oldest.traceId);
      this.spans -= oldest.spans.size;
      this.bytes -= oldest.bytes;
      this.evictedSpans += oldest.spans.size;
      this.#onEvict(oldest);
    }
  }
}
