/** The node's OpenTelemetry metrics: observed from counters that exist anyway, when an export asks. No ids in any label. */

import { ATTR, METRIC, type Telemetry } from "@meshwork/telemetry";
import type { Transport } from "@meshwork/transport";
import type { Attributes, Histogram, Observable } from "@opentelemetry/api";
import type { NodeStats } from "./types.js";

export interface NodeMetrics {
  readonly request: (operation: string, outcome: string, durationMs: number) => void;
  readonly rtt: (rttMs: number) => void;
}

/** Operations seen in labels: the names come from peers, so their number is bounded. */
const MAX_OPERATION_LABELS = 64;
/** OpenTelemetry's default bounds begin at 5 s: a round trip on one machine takes 0.2 ms. Every node has the same, so that they add up. */
const SECONDS_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function observeNode(
  telemetry: Telemetry,
  transport: Transport,
  stats: () => NodeStats,
  directoryByMesh: () => Readonly<Record<string, number>>,
): NodeMetrics {
  const { meter } = telemetry;
  const counter = (definition: { name: string; unit: string; description: string }) =>
    meter.createObservableCounter(definition.name, definition);
  const gauge = (definition: { name: string; unit: string; description: string }) =>
    meter.createObservableGauge(definition.name, definition);
  const instruments = {
    framesSent: counter(METRIC.framesSent),
    framesReceived: counter(METRIC.framesReceived),
    bytesSent: counter(METRIC.bytesSent),
    bytesReceived: counter(METRIC.bytesReceived),
    opened: counter(METRIC.connectionsOpened),
    closed: counter(METRIC.connectionsClosed),
    probeFailures: counter(METRIC.probeFailures),
    directory: gauge(METRIC.directoryNodes),
    collection: gauge(METRIC.collectionSize),
    cpuUsed: gauge(METRIC.cpuUsed),
    cpuBudget: gauge(METRIC.cpuBudget),
    memoryUsed: gauge(METRIC.memoryUsed),
    memoryBudget: gauge(METRIC.memoryBudget),
  };
  meter.addBatchObservableCallback((observer) => {
    const observe = (instrument: Observable, value: number, attributes: Attributes = {}) =>
      observer.observe(instrument, value, attributes);
    const figures = stats();
    for (const [kind, frames] of Object.entries(figures.frames)) {
      const attributes = { [ATTR.operation]: kind };
      observe(instruments.framesSent, frames.sent, attributes);
      observe(instruments.framesReceived, frames.received, attributes);
      observe(instruments.bytesSent, frames.sentBytes, attributes);
      observe(instruments.bytesReceived, frames.receivedBytes, attributes);
    }
    for (const [direction, opened] of Object.entries(transport.counters.connectionsOpened)) {
      observe(instruments.opened, opened, { [ATTR.direction]: direction });
    }
    for (const [reason, closed] of Object.entries(transport.counters.connectionsClosed)) {
      observe(instruments.closed, closed, { [ATTR.reason]: reason });
    }
    observe(instruments.probeFailures, transport.counters.pingsUnanswered);
    for (const [mesh, size] of Object.entries(directoryByMesh())) {
      observe(instruments.directory, size, { [ATTR.meshId]: mesh, [ATTR.nodeState]: "alive" });
    }
    for (const [name, size] of Object.entries(figures.sizes))
      observe(instruments.collection, size, { [ATTR.collection]: name });
    observe(instruments.cpuBudget, figures.cpuBudgetCores);
    observe(instruments.memoryBudget, figures.ramBudgetBytes);
    if (figures.cpuUsedCores !== undefined) observe(instruments.cpuUsed, figures.cpuUsedCores);
    if (figures.ramUsedBytes !== undefined) observe(instruments.memoryUsed, figures.ramUsedBytes);
  }, Object.values(instruments));

  const histogram = (definition: { name: string; unit: string; description: string }): Histogram =>
    meter.createHistogram(definition.name, { ...definition, advice: { explicitBucketBoundaries: SECONDS_BOUNDS } });
  const duration = histogram(METRIC.requestDuration);
  const rtt = histogram(METRIC.peerRtt);
  const operations = new Set<string>();
  return {
    request: (operation, outcome, durationMs) => {
      if (operations.size < MAX_OPERATION_LABELS) operations.add(operation);
      const label = operations.has(operation) ? operation : "other";
      duration.record(durationMs / 1_000, { [ATTR.operation]: label, [ATTR.outcome]: outcome });
    },
    rtt: (rttMs) => rtt.record(rttMs / 1_000),
  };
}
