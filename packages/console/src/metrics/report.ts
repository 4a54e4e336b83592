/**
 * A node's own report: the points of one OTLP metrics request, read into the figures that `GET /metrics` serves. Every node that has
 * this console as collector pushes one a minute (OTEL_METRIC_EXPORT_INTERVAL) whether or not anybody scrapes: a scrape asks nobody.
 *
 * What a report says is bounded here, because its sender is only somebody who has the token: labels by number and length, and
 * identity by its grammar. Points of unknown names are left out.
 */
import { ATTR, METRIC } from "@meshwork/telemetry";
import type { IntakePoint } from "@meshwork/telemetry/intake";
import { NAME_PATTERN } from "../schema-parts.js";
import type { HistogramValue } from "./exposition.js";

export interface FrameTotals {
  sent: number;
  received: number;
  sentBytes: number;
  receivedBytes: number;
}

export interface NodeReport {
  readonly id: string;
  readonly mesh: string;
  readonly type: string;
  /** Since when its counters count, by its own clock: another value means another process. */
  startedAtMs: number;
  cpuUsedCores?: number;
  cpuBudgetCores?: number;
  memoryUsedBytes?: number;
  memoryBudgetBytes?: number;
  activePeers?: number;
  exportedSpans?: number;
  droppedSpans?: number;
  probeFailures?: number;
  peerRtt?: HistogramValue;
  readonly frames: Map<string, FrameTotals>;
  /** By direction. */
  readonly opened: Map<string, number>;
  /** By reason. */
  readonly closed: Map<string, number>;
  /** By outcome. */
  readonly requests: Map<string, HistogramValue>;
  readonly directory: { readonly mesh: string; readonly state: string; readonly entries: number }[];
}

/** Distinct values of one label in one report; nodes of this version have at most 15. */
const MAX_LABEL_VALUES = 32;
const MAX_LABEL_CHARS = 64;
const MAX_BUCKETS = 64;
const NODE_ID = /^[0-9a-f]{64}$/;
const ACTIVE_VIEWS = "active";

/** One report per node that the request speaks of; `refused` counts resources without a valid identity. */
export function reportsOf(points: readonly IntakePoint[]): {
  readonly reports: NodeReport[];
  readonly refused: number;
} {
  const byResource = new Map<IntakePoint["resource"], NodeReport | undefined>();
  for (const point of points) {
    if (!byResource.has(point.resource)) byResource.set(point.resource, emptyReport(point.resource));
    const report = byResource.get(point.resource);
    if (report !== undefined) take(report, point);
  }
  const all = [...byResource.values()];
  const reports = all.filter((report) => report !== undefined);
  return { reports, refused: all.length - reports.length };
}

function emptyReport(resource: IntakePoint["resource"]): NodeReport | undefined {
  const id = resource[ATTR.nodeId];
  const mesh = resource[ATTR.meshId];
  const type = resource[ATTR.serviceName];
  if (typeof id !== "string" || !NODE_ID.test(id)) return undefined;
  if (typeof mesh !== "string" || !NAME_PATTERN.test(mesh)) return undefined;
  if (typeof type !== "string" || !NAME_PATTERN.test(type)) return undefined;
  const maps = { frames: new Map(), opened: new Map(), closed: new Map(), requests: new Map() };
  return { id, mesh, type, startedAtMs: 0, ...maps, directory: [] };
}

function take(report: NodeReport, point: IntakePoint): void {
  if (point.kind !== "gauge" && point.temporality !== CUMULATIVE) return;
  if (point.histogram !== undefined) {
    takeHistogram(report, point, point.histogram);
    return;
  }
  const { value } = point;
  if (value === undefined || !(value >= 0) || value === Number.POSITIVE_INFINITY) return;
  if (point.monotonic && (report.startedAtMs === 0 || point.startMs < report.startedAtMs))
    report.startedAtMs = point.startMs;
  TAKERS.get(point.name)?.(report, value, point);
}

/** OTLP's number. */
const CUMULATIVE = 2;

type Taker = (report: NodeReport, value: number, point: IntakePoint) => void;

/** By name. A map and no object: names come from outside, and `constructor` is one. */
const TAKERS: ReadonlyMap<string, Taker> = new Map<string, Taker>(
  Object.entries({
    [METRIC.framesSent.name]: frames("sent"),
    [METRIC.framesReceived.name]: frames("received"),
    [METRIC.bytesSent.name]: frames("sentBytes"),
    [METRIC.bytesReceived.name]: frames("receivedBytes"),
    [METRIC.connectionsOpened.name]: (report, value, point) => sum(report.opened, point, ATTR.direction, value),
    [METRIC.connectionsClosed.name]: (report, value, point) => sum(report.closed, point, ATTR.reason, value),
    [METRIC.cpuUsed.name]: (report, value) => {
      report.cpuUsedCores = value;
    },
    [METRIC.cpuBudget.name]: (report, value) => {
      report.cpuBudgetCores = value;
    },
    [METRIC.memoryUsed.name]: (report, value) => {
      report.memoryUsedBytes = value;
    },
    [METRIC.memoryBudget.name]: (report, value) => {
      report.memoryBudgetBytes = value;
    },
    [METRIC.spansExported.name]: (report, value) => {
      report.exportedSpans = (report.exportedSpans ?? 0) + value;
    },
    [METRIC.spansDropped.name]: (report, value) => {
      report.droppedSpans = (report.droppedSpans ?? 0) + value;
    },
    [METRIC.probeFailures.name]: (report, value) => {
      report.probeFailures = (report.probeFailures ?? 0) + value;
    },
    [METRIC.collectionSize.name]: (report, value, point) => {
      if (point.attributes[ATTR.collection] === ACTIVE_VIEWS) report.activePeers = value;
    },
    [METRIC.directoryNodes.name]: (report, value, point) => {
      const [mesh, state] = [labelOf(point, ATTR.meshId), labelOf(point, ATTR.nodeState)];
      if (mesh === undefined || state === undefined || report.directory.length >= MAX_LABEL_VALUES) return;
      if (report.directory.some((row) => row.mesh === mesh && row.state === state)) return;
      report.directory.push({ mesh, state, entries: value });
    },
  }),
);

function frames(field: keyof FrameTotals) {
  return (report: NodeReport, value: number, point: IntakePoint): void => {
    const kind = labelOf(point, ATTR.operation);
    if (kind === undefined) return;
    let totals = report.frames.get(kind);
    if (totals === undefined) {
      if (report.frames.size >= MAX_LABEL_VALUES) return;
      totals = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0 };
      report.frames.set(kind, totals);
    }
    totals[field] = value;
  };
}

function sum(into: Map<string, number>, point: IntakePoint, key: string, value: number): void {
  const label = labelOf(point, key);
  if (label === undefined || (!into.has(label) && into.size >= MAX_LABEL_VALUES)) return;
  into.set(label, (into.get(label) ?? 0) + value);
}

function labelOf(point: IntakePoint, key: string): string | undefined {
  const label = point.attributes[key];
  return typeof label === "string" && label !== "" && label.length <= MAX_LABEL_CHARS ? label : undefined;
}

function takeHistogram(report: NodeReport, point: IntakePoint, from: NonNullable<IntakePoint["histogram"]>): void {
  const { bounds, bucketCounts, count, sum = 0 } = from;
  const sound =
    bounds.length <= MAX_BUCKETS &&
    bucketCounts.length === bounds.length + 1 &&
    bounds.every((bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!)) &&
    bucketCounts.reduce((total, bucket) => total + bucket, 0) === count &&
    sum >= 0 &&
    Number.isFinite(sum);
  if (!sound) return;
  const value = { bounds, bucketCounts, count, sum };
  if (point.name === METRIC.peerRtt.name) report.peerRtt = value;
  if (point.name !== METRIC.requestDuration.name) return;
  const outcome = labelOf(point, ATTR.outcome);
  if (outcome === undefined) return;
  const before = report.requests.get(outcome);
  if (before === undefined) {
    if (report.requests.size < MAX_LABEL_VALUES) report.requests.set(outcome, value);
  } else if (sameBounds(before, value)) report.requests.set(outcome, added(before, value));
}

export function sameBounds(a: HistogramValue, b: HistogramValue): boolean {
  return a.bounds.length === b.bounds.length && a.bounds.every((bound, index) => bound === b.bounds[index]);
}

/** Of histograms with the same bounds. */
export function added(a: HistogramValue, b: HistogramValue): HistogramValue {
  return {
    bounds: a.bounds,
    bucketCounts: a.bucketCounts.map((count, index) => count + (b.bucketCounts[index] ?? 0)),
    sum: a.sum + b.sum,
    count: a.count + b.count,
  };
}
