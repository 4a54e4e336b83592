/** The last messages, one per client span. Owner: the console; bounded, the oldest goes first. */
import type { IntakeSpan } from "@meshwork/telemetry";
import type { MessageView } from "../api-types.js";
import type { VersionClock } from "../version-clock.js";
import {
  bytesOf,
  durationOf,
  meshOf,
  nodeOf,
  operationOf,
  outcomeOf,
  partsOfName,
  peerNameOf,
  SPAN_MESSAGE_SENT,
} from "../vocabulary.js";

interface Row {
  readonly key: string;
  sent: IntakeSpan | undefined;
  received: IntakeSpan | undefined;
  seenMs: number;
  version: number;
}

/** Default bound. A row is a key and references to spans that the store may have evicted: they live on here, so the bound is small. */
const MAX_MESSAGES = 500;

function viewOf(row: Row, nowMs: number): MessageView {
  const { sent, received } = row;
  const span = (sent ?? received)!;
  const from = sent === undefined ? peerNameOf(span) : nodeOf(sent);
  const to = received === undefined ? (sent === undefined ? null : peerNameOf(sent)) : nodeOf(received);
  return {
    key: row.key,
    traceId: span.traceId,
    atMs: span.startMs,
    ageMs: Math.max(0, nowMs - row.seenMs),
    from,
    fromMesh: (sent === undefined ? null : meshOf(sent)) ?? partsOfName(from)?.mesh ?? null,
    to,
    toMesh: (received === undefined ? null : meshOf(received)) ?? partsOfName(to)?.mesh ?? null,
    operation: operationOf(span),
    bytes: bytesOf(span),
    outcome: outcomeOf(span),
    durationMs: durationOf(span),
    paired: sent !== undefined && received !== undefined,
  };
}

export class MessageLog {
  readonly #rows = new Map<string, Row>();
  readonly #versions: VersionClock;
  readonly #max: number;

  constructor(versions: VersionClock, max = MAX_MESSAGES) {
    this.#versions = versions;
    this.#max = max;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** A message span as the trace store reports it. Both halves find the same row: its key is the client span. */
  add(arrived: IntakeSpan, nowMs: number): void {
    const sent = arrived.name === SPAN_MESSAGE_SENT ? arrived : undefined;
    const received = sent === undefined ? arrived : undefined;
    const key = `${arrived.traceId}-${sent?.spanId ?? arrived.parentSpanId ?? arrived.spanId}`;
    const row = this.#rows.get(key);
    if (row !== undefined) {
      row.sent ??= sent;
      row.received ??= received;
      row.version = this.#versions.next();
      return;
    }
    this.#rows.set(key, { key, sent, received, seenMs: nowMs, version: this.#versions.next() });
    if (this.#rows.size > this.#max) this.#rows.delete(this.#rows.keys().next().value!);
  }

  /** Newest arrival first; only those changed after `sinceVersion`. */
  newestFirst(limit: number, nowMs: number, sinceVersion = 0): MessageView[] {
    const views: MessageView[] = [];
    for (const row of [...this.#rows.values()].reverse()) {
      if (views.length >= limit) break;
      if (row.version > sinceVersion) views.push(viewOf(row, nowMs));
    }
    return views;
  }
}
