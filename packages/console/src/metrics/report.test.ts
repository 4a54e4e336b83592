import { ATTR, METRIC } from "@meshwork/telemetry";
import type { IntakePoint } from "@meshwork/telemetry/intake";
import { expect, test } from "vitest";
import { idOf } from "../../test/fake-node.js";
import { NodeReports } from "./node-reports.js";
import { reportsOf } from "./report.js";

const resource = (id: number) => ({ [ATTR.nodeId]: idOf(id), [ATTR.meshId]: "mesh1", [ATTR.serviceName]: "broker" });
const pointOf = (extra: Partial<IntakePoint>): IntakePoint => ({
  ...{ name: METRIC.framesSent.name, unit: "", kind: "sum", temporality: 2, monotonic: true, startMs: 1, timeMs: 2 },
  ...{ attributes: {}, value: 1, histogram: undefined, resource: resource(1) },
  ...extra,
});

test("labels are bounded in number and length; values that are no figures are left out", () => {
  const shared = resource(1);
  const kinds = Array.from({ length: 100 }, (_, i) =>
    pointOf({ resource: shared, attributes: { [ATTR.operation]: `k${i}` } }),
  );
  const bad = [Number.NaN, -1, Number.POSITIVE_INFINITY, undefined].map((value) =>
    pointOf({ resource: shared, name: METRIC.cpuUsed.name, kind: "gauge", value }),
  );
  const long = pointOf({
    resource: shared,
    name: METRIC.connectionsClosed.name,
    attributes: { [ATTR.reason]: "x".repeat(65) },
  });
  const delta = pointOf({
    resource: shared,
    name: METRIC.connectionsOpened.name,
    temporality: 1,
    attributes: { [ATTR.direction]: "inbound" },
  });
  const odd = pointOf({
    ...{ resource: shared, name: METRIC.peerRtt.name, kind: "histogram", value: undefined },
    histogram: { count: 1, sum: 1, min: 1, max: 1, bounds: [1], bucketCounts: [1] },
  });
  const { reports } = reportsOf([...kinds, ...bad, long, delta, odd]);
  const [report] = reports;
  expect([report!.frames.size, report!.closed.size, report!.opened.size]).toEqual([32, 0, 0]);
  expect([report!.cpuUsedCores, report!.peerRtt]).toEqual([undefined, undefined]);
});

test("names of the language are names of no metric; histograms that contradict themselves are left out", () => {
  const shared = resource(1);
  const names = ["constructor", "toString", "__proto__", "hasOwnProperty"].map((name) =>
    pointOf({ resource: shared, name }),
  );
  const sound = { count: 3, sum: 1, min: 0, max: 1, bounds: [1, 2], bucketCounts: [1, 1, 1] };
  const odd = [
    { ...sound, sum: Number.NaN },
    { ...sound, sum: -1 },
    { ...sound, bounds: [2, 2] },
    { ...sound, bounds: [1, Number.POSITIVE_INFINITY] },
    { ...sound, count: 4 },
    { ...sound, bucketCounts: [1, 2] },
  ];
  const histogramOf = (histogram: typeof sound) =>
    pointOf({ resource: shared, name: METRIC.peerRtt.name, kind: "histogram", value: undefined, histogram });
  const [report] = reportsOf([...names, ...odd.map(histogramOf)]).reports;
  expect([report!.frames.size, report!.peerRtt]).toEqual([0, undefined]);
  expect(reportsOf([histogramOf(sound)]).reports[0]!.peerRtt).toMatchObject({ count: 3, sum: 1 });
});

test("as many reports are kept as the bound says, the newest; those of the gone leave after ten minutes", () => {
  const reports = new NodeReports();
  for (let i = 0; i < 3_000; i += 1) reports.take([pointOf({ resource: resource(i) })], i);
  expect(reports.size).toBe(2_048);
  expect([reports.get(idOf(0)), reports.get(idOf(2_999))?.atMs]).toEqual([undefined, 2_999]);
  reports.sweep((id) => id === idOf(2_000), 2_999 + 600_001);
  expect(reports.size).toBe(1);
});
