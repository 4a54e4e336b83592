/**
 * Who calls whom, counted from client spans whose server span really came. Owner: the console. Service edges are refused above their
 * bound and counted (`uncounted`); edges between node names come and go with respawns, so there the longest unused goes.
 */
import type { IntakeSpan } from "@meshwork/telemetry";
import type { NodeEdge, ServiceEdge, ServiceGraph, ServiceRef } from "../api-types.js";
import type { VersionClock } from "../version-clock.js";
import {
  durationOf,
  isDemoSwitch,
  isError,
  meshOf,
  nodeOf,
  operationOf,
  SPAN_MESSAGE_SENT,
  serviceOf,
} from "../vocabulary.js";
import { RateWindow, slotOf } from "./rate-window.js";

interface EdgeRow {
  readonly key: string;
  readonly from: ServiceRef;
  readonly to: ServiceRef;
  readonly operation: string;
  calls: number;
  errors: number;
  totalMs: number;
  maxMs: number;
  lastMs: number;
  readonly rate: RateWindow;
}

interface NodeEdgeRow {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  calls: number;
  errors: number;
  lastMs: number;
  readonly rate: RateWindow;
}

/** A rate reaches back so far: after that it is 0 and does not change any more. */
const RATE_REACH_MS = 70_000;

export class ServiceGraphCounter {
  readonly #versions: VersionClock;
  readonly #edges = new Map<string, EdgeRow>();
  readonly #nodeEdges = new Map<string, NodeEdgeRow>();
  readonly #maxEdges: number;
  readonly #maxNodeEdges: number;
  readonly #startedMs: number;
  #clientSpans = 0;
  #pairs = 0;
  #uncounted = 0;
  #lastCallMs = Number.NEGATIVE_INFINITY;
  #slot = 0;
  version = 0;

  constructor(
    versions: VersionClock,
    nowMs: number,
    limits: { readonly maxEdges?: number; readonly maxNodeEdges?: number } = {},
  ) {
    this.#versions = versions;
    this.#startedMs = nowMs;
    this.#maxEdges = limits.maxEdges ?? 1_000;
    this.#maxNodeEdges = limits.maxNodeEdges ?? 2_000;
  }

  get size(): number {
    return this.#edges.size + this.#nodeEdges.size;
  }

  /** A message span as the trace store reports it: each client span once, each pair once, when its second half comes. */
  add(arrived: IntakeSpan, partner: IntakeSpan | undefined, nowMs: number): void {
    const isClient = arrived.name === SPAN_MESSAGE_SENT;
    if (isClient) this.#clientSpans += 1;
    if (partner !== undefined) this.#count(isClient ? arrived : partner, isClient ? partner : arrived, nowMs);
    this.version = this.#versions.next();
  }

  #count(sent: IntakeSpan, received: IntakeSpan, nowMs: number): void {
    this.#pairs += 1;
    this.#lastCallMs = nowMs;
    const failed = isError(sent) || isError(received);
    const from = { mesh: meshOf(sent) ?? "?", service: serviceOf(sent) ?? "?" };
    const to = { mesh: meshOf(received) ?? "?", service: serviceOf(received) ?? "?" };
    const operation = operationOf(sent) ?? operationOf(received) ?? "?";
    // The console's own switch of the demo is a message like any other, and no traffic of the cluster: its trace is kept, it is no edge.
    if (isDemoSwitch(operation)) return;
    const key = `${from.mesh}.${from.service}>${to.mesh}.${to.service}:${operation}`;
    let edge = this.#edges.get(key);
    if (edge === undefined && this.#edges.size < this.#maxEdges) {
      edge = {
        key,
        from,
        to,
        operation,
        calls: 0,
        errors: 0,
        totalMs: 0,
        maxMs: 0,
        lastMs: nowMs,
        rate: new RateWindow(nowMs),
      };
      this.#edges.set(key, edge);
    }
    if (edge === undefined) this.#uncounted += 1;
    else {
      const durationMs = durationOf(sent);
      edge.calls += 1;
      edge.errors += failed ? 1 : 0;
      edge.totalMs += durationMs;
      edge.maxMs = Math.max(edge.maxMs, durationMs);
      edge.lastMs = nowMs;
      edge.rate.add(nowMs);
    }
    this.#countNodes(nodeOf(sent), nodeOf(received), failed, nowMs);
  }

  #countNodes(from: string | null, to: string | null, failed: boolean, nowMs: number): void {
    if (from === null || to === null) return;
    const key = `${from}>${to}`;
    const row = this.#nodeEdges.get(key) ?? {
      ...{ key, from, to, calls: 0, errors: 0, lastMs: nowMs },
      rate: new RateWindow(nowMs),
    };
    row.calls += 1;
    row.errors += failed ? 1 : 0;
    row.lastMs = nowMs;
    row.rate.add(nowMs);
    this.#nodeEdges.delete(key);
    this.#nodeEdges.set(key, row);
    if (this.#nodeEdges.size > this.#maxNodeEdges) this.#nodeEdges.delete(this.#nodeEdges.keys().next().value!);
  }

  /** Rates change with time alone: a new version once per slot, until they are 0. */
  settle(nowMs: number): void {
    const slot = slotOf(nowMs);
    if (slot === this.#slot) return;
    this.#slot = slot;
    if (nowMs - this.#lastCallMs < RATE_REACH_MS) this.version = this.#versions.next();
  }

  view(nowMs: number): ServiceGraph {
    const rateOf = (rate: RateWindow) => rate.perMinute(nowMs, this.#startedMs);
    const services = new Map<string, ServiceRef>();
    const edges: ServiceEdge[] = [];
    for (const { totalMs, lastMs, rate, ...edge } of this.#edges.values()) {
      for (const end of [edge.from, edge.to]) services.set(`${end.mesh}.${end.service}`, end);
      edges.push({
        ...{ ...edge, meanMs: totalMs / edge.calls, ageMs: Math.max(0, nowMs - lastMs) },
        callsPerMinute: rateOf(rate),
      });
    }
    const nodeEdges: NodeEdge[] = [...this.#nodeEdges.values()].map(({ lastMs, rate, ...edge }) => ({
      ...edge,
      ageMs: Math.max(0, nowMs - lastMs),
      callsPerMinute: rateOf(rate),
    }));
    return {
      windowMs: Math.max(0, nowMs - this.#startedMs),
      services: [...services.values()],
      edges,
      nodeEdges,
      unpaired: Math.max(0, this.#clientSpans - this.#pairs),
      uncounted: this.#uncounted,
    };
  }
}
