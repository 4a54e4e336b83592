/** A node's own metrics through the real exporter, with the instruments that a node has, so that the console's intake is the real one. */
import { ATTR, createTelemetry, METRIC, type MetricDefinition } from "@meshwork/telemetry";
import { type Harness, TOKEN } from "./harness.js";

export interface Figures {
  readonly frames?: Readonly<
    Record<string, readonly [sent: number, received: number, sentBytes: number, receivedBytes: number]>
  >;
  readonly opened?: Readonly<Record<string, number>>;
  readonly closed?: Readonly<Record<string, number>>;
  readonly directory?: Readonly<Record<string, number>>;
  readonly activePeers?: number;
  readonly cpuUsedCores?: number;
  readonly ramUsedBytes?: number;
}

const BOUNDS = [0.001, 0.01, 0.1];

export function startReporter(
  harness: Harness,
  node: { readonly id: string; readonly mesh: string; readonly type: string },
) {
  const telemetry = createTelemetry({
    ...{ serviceName: node.type, serviceVersion: "0.1.0", meshId: node.mesh, nodeId: node.id },
    nodeName: `${node.mesh}.${node.type}.${node.id.slice(0, 6)}`,
    metricsIntervalMs: 3_600_000,
    sinks: [{ name: "console", url: harness.console.url, headers: { authorization: `Bearer ${TOKEN}` } }],
  });
  const { meter } = telemetry;
  let figures: Figures = {};
  const observe = (
    definition: MetricDefinition,
    read: () => readonly (readonly [number, Record<string, string>])[],
  ) => {
    const make = definition.kind === "counter" ? "createObservableCounter" : "createObservableGauge";
    meter[make](definition.name, definition).addCallback((result) => {
      for (const [value, attributes] of read()) result.observe(value, attributes);
    });
  };
  const perKind = (index: 0 | 1 | 2 | 3) => () =>
    Object.entries(figures.frames ?? {}).map(([kind, counts]) => [counts[index], { [ATTR.operation]: kind }] as const);
  const by = (key: string, read: () => Readonly<Record<string, number>> | undefined) => () =>
    Object.entries(read() ?? {}).map(([label, value]) => [value, { [key]: label }] as const);
  const gauge = (read: () => number | undefined) => () => {
    const value = read();
    return value === undefined ? [] : [[value, {}] as const];
  };
  observe(METRIC.framesSent, perKind(0));
  observe(METRIC.framesReceived, perKind(1));
  observe(METRIC.bytesSent, perKind(2));
  observe(METRIC.bytesReceived, perKind(3));
  observe(
    METRIC.connectionsOpened,
    by(ATTR.direction, () => figures.opened),
  );
  observe(
    METRIC.connectionsClosed,
    by(ATTR.reason, () => figures.closed),
  );
  observe(METRIC.directoryNodes, () =>
    Object.entries(figures.directory ?? {}).map(
      ([mesh, size]) => [size, { [ATTR.meshId]: mesh, [ATTR.nodeState]: "alive" }] as const,
    ),
  );
  observe(METRIC.collectionSize, () =>
    figures.activePeers === undefined ? [] : [[figures.activePeers, { [ATTR.collection]: "active" }]],
  );
  observe(
    METRIC.cpuUsed,
    gauge(() => figures.cpuUsedCores),
  );
  observe(
    METRIC.cpuBudget,
    gauge(() => 2),
  );
  observe(
    METRIC.memoryUsed,
    gauge(() => figures.ramUsedBytes),
  );
  observe(
    METRIC.memoryBudget,
    gauge(() => 1e9),
  );
  const advice = { explicitBucketBoundaries: BOUNDS };
  const rtt = meter.createHistogram(METRIC.peerRtt.name, { ...METRIC.peerRtt, advice });
  const requests = meter.createHistogram(METRIC.requestDuration.name, { ...METRIC.requestDuration, advice });
  const failures = meter.createCounter(METRIC.probeFailures.name, METRIC.probeFailures);
  return {
    rtt: (seconds: number) => rtt.record(seconds),
    request: (operation: string, outcome: string, seconds: number) =>
      requests.record(seconds, { [ATTR.operation]: operation, [ATTR.outcome]: outcome }),
    probeFailed: () => failures.add(1),
    /** Pushes these figures and resolves when the console has them. */
    async report(next: Figures): Promise<void> {
      figures = next;
      await telemetry.flush(5_000);
    },
    stop: () => telemetry.shutdown(1_000),
  };
}
