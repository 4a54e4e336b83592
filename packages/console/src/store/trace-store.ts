/**
 * The bounded trace store. Boot traces stand on a shelf of their own (a quarter of the bounds), because steady traffic would push
 * them out within minutes and the page shows the boot of every node. What is dropped is counted and shown.
 *
 * Owner: the console. Entries leave by eviction, oldest whole trace first. Spans are kept as decoded (measured ~1 kB each with
 * their strings: 50,000 spans are ~50 MB).
 */
import type { IntakeSpan } from "@meshwork/telemetry";
import type { StoreView } from "../api-types.js";
import {
  nodeOf,
  SPAN_BOOT_PREFIX,
  SPAN_MESSAGE_RECEIVED,
  SPAN_MESSAGE_SENT,
  SPAN_READY,
  STATE_BY_SPAN,
} from "../vocabulary.js";
import { type StoredTrace, TraceShelf } from "./trace-shelf.js";

export interface TraceStoreOptions {
  /** Default 50,000. */
  readonly maxSpans?: number;
  /** Default 64 MiB, by estimate. */
  readonly maxBytes?: number;
  /** Default 2,000. */
  readonly maxSpansPerTrace?: number;
  readonly nowMs: () => number;
  /** A message span came, client's or server's; `partner` is the other half where it is there already. */
  readonly onMessage?: (arrived: IntakeSpan, partner: IntakeSpan | undefined) => void;
  /** A span of a boot trace came and is stored. */
  readonly onBoot?: (span: IntakeSpan) => void;
  /** A span came by which a node says what it thinks of another one. */
  readonly onPeerState?: (span: IntakeSpan) => void;
}

const BOOT_SHARE = 0.25;

function isBoot(span: IntakeSpan): boolean {
  return span.name === SPAN_READY || span.name.startsWith(SPAN_BOOT_PREFIX);
}

/**
 * The other half of a message: for a client span its first server span, for that server span its client span. A further server span of
 * the same client span has none, so that a call is paired once.
 */
function partnerOf(span: IntakeSpan, trace: StoredTrace): IntakeSpan | undefined {
  trace.receivedOf ??= new Map();
  if (span.name === SPAN_MESSAGE_SENT) return trace.receivedOf.get(span.spanId);
  if (span.parentSpanId === undefined || trace.receivedOf.has(span.parentSpanId)) return undefined;
  trace.receivedOf.set(span.parentSpanId, span);
  const parent = trace.spans.get(span.parentSpanId);
  return parent?.name === SPAN_MESSAGE_SENT ? parent : undefined;
}

export class TraceStore {
  readonly #options: TraceStoreOptions;
  readonly #traffic: TraceShelf;
  readonly #boots: TraceShelf;
  /** Newest boot trace by node name. Bounded by the boot shelf: an entry goes with its trace. */
  readonly #bootOf = new Map<string, string>();
  readonly #maxSpans: number;
  readonly #maxBytes: number;
  #received = 0;
  #rejected = 0;

  constructor(options: TraceStoreOptions) {
    this.#options = options;
    this.#maxSpans = options.maxSpans ?? 50_000;
    this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
    const maxSpansPerTrace = options.maxSpansPerTrace ?? 2_000;
    const share = (part: number) => ({
      maxSpans: Math.floor(this.#maxSpans * part),
      maxBytes: Math.floor(this.#maxBytes * part),
      maxSpansPerTrace,
    });
    this.#traffic = new TraceShelf(share(1 - BOOT_SHARE));
    this.#boots = new TraceShelf(share(BOOT_SHARE), (trace) => {
      for (const span of trace.spans.values()) {
        const name = nodeOf(span);
        if (name !== null && this.#bootOf.get(name) === trace.traceId) this.#bootOf.delete(name);
      }
    });
  }

  add(spans: readonly IntakeSpan[]): void {
    for (const span of spans) this.#add(span);
  }

  /** Spans that the intake refused before they reached the store. */
  countRejected(spans: number): void {
    this.#rejected += spans;
  }

  #add(span: IntakeSpan): void {
    const boot = isBoot(span) || this.#boots.get(span.traceId) !== undefined;
    const shelf = boot ? this.#boots : this.#traffic;
    const result = shelf.add(span, this.#options.nowMs());
    if (result === "duplicate") return;
    if (result === "full") {
      this.#rejected += 1;
      return;
    }
    this.#received += 1;
    const trace = shelf.get(span.traceId);
    if (boot) this.#indexBoot(span);
    if (STATE_BY_SPAN.has(span.name)) this.#options.onPeerState?.(span);
    if (trace !== undefined && (span.name === SPAN_MESSAGE_SENT || span.name === SPAN_MESSAGE_RECEIVED))
      this.#options.onMessage?.(span, partnerOf(span, trace));
  }

  #indexBoot(span: IntakeSpan): void {
    const name = nodeOf(span);
    if (name !== null && this.#boots.get(span.traceId) !== undefined) {
      this.#bootOf.delete(name);
      this.#bootOf.set(name, span.traceId);
    }
    this.#options.onBoot?.(span);
  }

  get(traceId: string): StoredTrace | undefined {
    return this.#traffic.get(traceId) ?? this.#boots.get(traceId);
  }

  /** The newest boot trace of a node. */
  bootOf(name: string): StoredTrace | undefined {
    const traceId = this.#bootOf.get(name);
    return traceId === undefined ? undefined : this.#boots.get(traceId);
  }

  boots(): StoredTrace[] {
    return this.#boots.newestFirst();
  }

  /** Newest first, boots after traffic where they arrived at the same time. */
  newestFirst(): StoredTrace[] {
    const all = [...this.#traffic.newestFirst(), ...this.#boots.newestFirst()];
    return all.sort((a, b) => b.firstSeenMs - a.firstSeenMs);
  }

  stats(): StoreView {
    const evictedSpans = this.#traffic.evictedSpans + this.#boots.evictedSpans;
    const offered = this.#received + this.#rejected;
    return {
      traces: this.#traffic.traces + this.#boots.traces,
      spans: this.#traffic.spans + this.#boots.spans,
      bytes: this.#traffic.bytes + this.#boots.bytes,
      maxSpans: this.#maxSpans,
      maxBytes: this.#maxBytes,
      receivedSpans: this.#received,
      evictedSpans,
      rejectedSpans: this.#rejected,
      droppedShare: offered === 0 ? null : (evictedSpans + this.#rejected) / offered,
    };
  }
}
