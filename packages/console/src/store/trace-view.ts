/** Stored traces as the API shows them: pure functions of spans. */
import type { IntakeSpan } from "@meshwork/telemetry";
import type { BootTrace, SpanView, TraceSummary, TraceView } from "../api-types.js";
import {
  brokenStepOf,
  durationOf,
  isError,
  isLate,
  isStalled,
  meshOf,
  nodeOf,
  operationOf,
  SPAN_BOOT_PREFIX,
  SPAN_READY,
  serviceOf,
} from "../vocabulary.js";
import type { StoredTrace } from "./trace-shelf.js";

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const STATUSES = ["unset", "ok", "error"] as const;

function byStart(trace: StoredTrace): IntakeSpan[] {
  return [...trace.spans.values()].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
}

function distinct(spans: readonly IntakeSpan[], pick: (span: IntakeSpan) => string | null): string[] {
  const seen = new Set<string>();
  for (const span of spans) {
    const value = pick(span);
    if (value !== null) seen.add(value);
  }
  return [...seen];
}

/** Kept with the trace, since a filtered list goes through the whole store. */
export function summaryOf(trace: StoredTrace, nowMs: number): TraceSummary {
  trace.summary ??= summaryOfSorted(byStart(trace), trace, nowMs);
  return { ...trace.summary, ageMs: Math.max(0, nowMs - trace.lastSeenMs) };
}

function summaryOfSorted(spans: readonly IntakeSpan[], trace: StoredTrace, nowMs: number): TraceSummary {
  const root = spans.find((span) => span.parentSpanId === undefined);
  const startedAtMs = spans[0]?.startMs ?? 0;
  let endMs = startedAtMs;
  let errorCount = 0;
  for (const span of spans) {
    endMs = Math.max(endMs, span.endMs);
    if (isError(span)) errorCount += 1;
  }
  return {
    traceId: trace.traceId,
    rootName: root?.name ?? null,
    rootNode: root === undefined ? null : nodeOf(root),
    operation: root === undefined ? null : operationOf(root),
    operations: distinct(spans, operationOf),
    startedAtMs,
    durationMs: endMs - startedAtMs,
    spanCount: spans.length,
    errorCount,
    nodes: distinct(spans, nodeOf),
    meshes: distinct(spans, meshOf),
    services: distinct(spans, serviceOf),
    ageMs: Math.max(0, nowMs - trace.lastSeenMs),
  };
}

function viewOf(span: IntakeSpan, depth: number, originMs: number, orphan: boolean): SpanView {
  return {
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? null,
    orphan,
    depth,
    name: span.name,
    kind: KINDS[span.kind] ?? "unspecified",
    service: serviceOf(span),
    node: nodeOf(span),
    mesh: meshOf(span),
    offsetMs: Math.max(0, span.startMs - originMs),
    durationMs: durationOf(span),
    status: STATUSES[span.statusCode] ?? "unset",
    statusMessage: span.statusMessage,
    attributes: span.attributes as SpanView["attributes"],
    events: span.events.map((event) => ({
      name: event.name,
      offsetMs: event.timeMs - originMs,
      attributes: event.attributes as SpanView["attributes"],
    })),
  };
}

/**
 * The spans depth first, siblings by start. Spans whose parent is not there start a tree of their own, and so does one span of a
 * cycle (no sane tracer makes one, but the bytes come from outside).
 */
export function traceOf(trace: StoredTrace, nowMs: number): TraceView {
  const spans = byStart(trace);
  const originMs = spans[0]?.startMs ?? 0;
  const children = new Map<string, IntakeSpan[]>();
  const roots: IntakeSpan[] = [];
  for (const span of spans) {
    if (span.parentSpanId === undefined || !trace.spans.has(span.parentSpanId)) roots.push(span);
    else {
      const siblings = children.get(span.parentSpanId);
      if (siblings === undefined) children.set(span.parentSpanId, [span]);
      else siblings.push(span);
    }
  }
  const views: SpanView[] = [];
  const visited = new Set<string>();
  const walk = (root: IntakeSpan) => {
    const stack = [{ span: root, depth: 0 }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (visited.has(top.span.spanId)) continue;
      visited.add(top.span.spanId);
      views.push(viewOf(top.span, top.depth, originMs, top.depth === 0 && top.span.parentSpanId !== undefined));
      const next = children.get(top.span.spanId) ?? [];
      for (let i = next.length - 1; i >= 0; i -= 1) stack.push({ span: next[i]!, depth: top.depth + 1 });
    }
  };
  for (const root of roots) walk(root);
  for (const span of spans) if (!visited.has(span.spanId)) walk(span);
  return { ...summaryOfSorted(spans, trace, nowMs), spans: views };
}

/**
 * The boot trace: `mesh.node.ready` and its steps. A step still open after 5 s ends as stalled, and its root with it; a second
 * root, marked late, then times the rest, and where it ends well the node is ready after all. Without any root the boot is running,
 * and its last finished step is named.
 */
export function bootTraceOf(trace: StoredTrace, name: string, nowMs: number): BootTrace {
  const spans = byStart(trace);
  const roots = spans.filter((span) => span.name === SPAN_READY);
  const first = roots.find((span) => !isLate(span));
  const last = roots.find(isLate) ?? first;
  const steps = spans.filter((span) => span.name.startsWith(SPAN_BOOT_PREFIX));
  const startedAtMs = first?.startMs ?? steps[0]?.startMs ?? last?.startMs ?? 0;
  const endMs = Math.max(startedAtMs, last?.endMs ?? 0, ...steps.map((span) => span.endMs));
  const broken = (last !== undefined && isError(last) ? last : undefined) ?? (last ? undefined : steps.find(isError));
  const state = broken ? (isStalled(broken) ? "stalled" : "failed") : last ? "ready" : "running";
  const brokenStep = broken && (brokenStepOf(broken) ?? steps.findLast(isError)?.name ?? broken.name);
  return {
    name,
    traceId: trace.traceId,
    state,
    startedAtMs,
    durationMs: endMs - startedAtMs,
    step: brokenStep ?? (state === "running" ? (steps.at(-1)?.name ?? null) : null),
    message: broken === undefined || broken.statusMessage === "" ? null : broken.statusMessage,
    steps: steps.map((span) => ({
      name: span.name,
      offsetMs: Math.max(0, span.startMs - startedAtMs),
      durationMs: durationOf(span),
      status: STATUSES[span.statusCode] ?? "unset",
      statusMessage: span.statusMessage,
      attributes: span.attributes as BootTrace["steps"][number]["attributes"],
    })),
    ageMs: Math.max(0, nowMs - trace.lastSeenMs),
  };
}
