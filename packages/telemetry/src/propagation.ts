/**
 * How a trace goes on: through `await` by AsyncLocalStorage, between nodes by the two W3C headers as plain strings.
 *
 * The context manager is the only global of this package: several nodes may share a process, each with its own provider,
 * but what is active belongs to the call stack. Where a program has installed its own, that one stays.
 */
import { type Context, context, ROOT_CONTEXT, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

const propagator = new W3CTraceContextPropagator();
let installed = false;

/** Installs the context manager, once per process. */
export function installContextManager(): void {
  if (installed) return;
  installed = true;
  const key = Symbol("meshwork.probe");
  const present = context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key)) === true;
  if (!present) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
}

const setHeader = {
  set: (carrier: Record<string, string>, key: string, value: string) => {
    carrier[key] = value;
  },
};
const getHeader = {
  keys: (carrier: TraceHeaders) => Object.keys(carrier),
  get: (carrier: TraceHeaders, key: string) => carrier[key as keyof TraceHeaders],
};

/** Headers of a span, or of the active one; empty where there is none. */
export function injectHeaders(span?: Span): TraceHeaders {
  const headers: Record<string, string> = {};
  propagator.inject(span ? trace.setSpan(ROOT_CONTEXT, span) : context.active(), headers, setHeader);
  return headers;
}

/** The context of a remote caller; the root context where the headers are missing or malformed. */
export function extractHeaders(headers: TraceHeaders): Context {
  return propagator.extract(ROOT_CONTEXT, headers, getHeader);
}
