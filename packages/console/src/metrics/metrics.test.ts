import * as intake from "@meshwork/telemetry/intake";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseExposition, sampleValue } from "../../test/exposition.js";
import { entryOf, statsOf } from "../../test/fake-node.js";
import { fillMesh } from "../../test/full-mesh.js";
import { type Harness, openStream, startHarness } from "../../test/harness.js";
import { startReporter } from "../../test/reporter.js";
import { METRIC_FAMILIES, type MetricFamily } from "./catalogue.js";

const gateway = entryOf("mesh1", "gateway", 1);
const broker = entryOf("mesh1", "broker", 2);
const remote = entryOf("mesh2", "broker", 3);

let harness: Harness;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  harness = await startHarness({ decoders: intake });
  for (const entry of [gateway, broker, remote]) harness.node.join(entry);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await harness.console.close();
});

function reporterOf(node: { id: string; mesh: string; type: string }) {
  const reporter = startReporter(harness, node);
  stops.push(reporter.stop);
  return reporter;
}

async function scrape(of = harness) {
  const response = await of.call("/metrics");
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  return parseExposition(await response.text());
}

test("every family of the catalogue is served once its figures are there, with its type, help and labels", async () => {
  const full = await startHarness({ decoders: intake });
  stops.push(() => full.console.close());
  await fillMesh(full);
  const families = await scrape(full);
  expect([...families.keys()]).toEqual(Object.keys(METRIC_FAMILIES));
  for (const [name, { type, help, labels }] of Object.entries<MetricFamily>(METRIC_FAMILIES)) {
    const family = families.get(name)!;
    expect([name, family.type, family.help]).toEqual([name, type, help]);
    expect(type === "counter").toBe(name.endsWith("_total"));
    for (const sample of family.samples) {
      const { le, ...own } = sample.labels;
      expect([name, Object.keys(own)]).toEqual([name, labels]);
      expect(le === undefined).toBe(!sample.name.endsWith("_bucket"));
      if (type === "counter") expect(sample.value).toBeGreaterThanOrEqual(0);
    }
  }
});

test("a scrape asks no node and keeps nobody watched", async () => {
  for (let i = 0; i < 3; i += 1) await scrape();
  expect([harness.node.watchers, harness.node.sent.length]).toEqual([0, 0]);
});

test("what comes from records alone is there without any report", async () => {
  const families = await scrape();
  const labels = { node: broker.name };
  expect(sampleValue(families, "meshwork_node_live", labels)).toBe(1);
  expect(sampleValue(families, "meshwork_node_cpu_budget_cores", labels)).toBe(2);
  expect(sampleValue(families, "meshwork_node_active_peers", labels)).toBe(0);
  expect(sampleValue(families, "meshwork_node_record_frames_total", { ...labels, direction: "sent" })).toBe(0);
  expect(sampleValue(families, "meshwork_node_record_age_seconds", labels)).toBeGreaterThan(0);
  for (const unknown of ["cpu_used_cores", "report_age_seconds", "stats_age_seconds", "frames_total"])
    expect(sampleValue(families, `meshwork_node_${unknown}`, labels)).toBeUndefined();
  expect(sampleValue(families, "meshwork_mesh_live_nodes", { mesh: "mesh1" })).toBe(3);
  expect(sampleValue(families, "meshwork_mesh_cpu_budget_cores", { mesh: "mesh1" })).toBe(4);
  expect(sampleValue(families, "meshwork_mesh_cpu_used_cores", { mesh: "mesh1" })).toBeUndefined();
});

test("a report's figures are the node's, with the report's age; newer stats go before an older report", async () => {
  const reporter = reporterOf(broker);
  await reporter.report({
    ...{ cpuUsedCores: 0.25, ramUsedBytes: 8e7, activePeers: 4, directory: { mesh1: 3 } },
    ...{ frames: { probe: [10, 20, 30, 40] }, opened: { outbound: 3 }, closed: { idle: 2, lost: 0 } },
  });
  let families = await scrape();
  const labels = { node: broker.name, mesh: "mesh1", type: "broker" };
  const value = (name: string, extra = {}) => sampleValue(families, `meshwork_node_${name}`, { ...labels, ...extra });
  expect(value("cpu_used_cores")).toBe(0.25);
  expect(value("memory_used_bytes")).toBe(8e7);
  expect(value("active_peers")).toBe(4);
  expect(value("report_age_seconds")).toBeLessThan(5);
  expect(value("frames_total", { kind: "probe", direction: "received" })).toBe(20);
  expect(value("bytes_total", { kind: "probe", direction: "sent" })).toBe(30);
  expect(value("connections_opened_total", { direction: "outbound" })).toBe(3);
  expect(value("connections_closed_total", { reason: "idle" })).toBe(2);
  expect(value("connections_closed_total", { reason: "lost" })).toBeUndefined();
  expect(value("directory_entries", { listed_mesh: "mesh1", state: "alive" })).toBe(3);
  expect(value("telemetry_dropped_spans_total")).toBe(0);
  expect(sampleValue(families, "meshwork_mesh_reporting_nodes", { mesh: "mesh1" })).toBe(1);

  harness.node.statsById.set(broker.id, statsOf(broker, { cpuUsedCores: 0.75, activeViews: { mesh1: ["a", "b"] } }));
  await harness.get("/api/nodes");
  families = await scrape();
  expect([value("cpu_used_cores"), value("active_peers")]).toEqual([0.75, 2]);
  expect(value("frames_total", { kind: "message", direction: "sent" })).toBe(1_000);
});

test("a kind of frame is served as it was reported, also with spaces in it", async () => {
  const reporter = reporterOf(broker);
  await reporter.report({ frames: { "'; -- x": [1, 2, 0, 0] } });
  await reporter.report({ frames: { "'; -- x": [4, 3, 0, 0] } });
  const families = await scrape();
  const value = (direction: string) =>
    sampleValue(families, "meshwork_mesh_frames_total", { mesh: "mesh1", kind: "'; -- x", direction });
  expect([value("sent"), value("received")]).toEqual([3, 1]);
});

test("counters of a mesh only grow: by what reports say beyond the one before, through restarts and goings", async () => {
  const [first, second] = [reporterOf(gateway), reporterOf(broker)];
  const sent = async () =>
    sampleValue(await scrape(), "meshwork_mesh_frames_total", { mesh: "mesh1", kind: "gossip", direction: "sent" });
  await first.report({ frames: { gossip: [1_000, 0, 0, 0] } });
  expect(await sent()).toBe(0);
  await first.report({ frames: { gossip: [1_010, 0, 0, 0] } });
  await second.report({ frames: { gossip: [500, 0, 0, 0] } });
  expect(await sent()).toBe(10);
  await second.report({ frames: { gossip: [505, 0, 0, 0] } });
  expect(await sent()).toBe(15);
  harness.node.depart(gateway.id, "left");
  expect(await sent()).toBe(15);
  // The same node, started again: all that its new process did is new.
  const again = reporterOf(broker);
  await again.report({ frames: { gossip: [7, 0, 0, 0] } });
  expect(await sent()).toBe(22);
});

test("round trips and request times add up over the nodes of a mesh", async () => {
  const [first, second] = [reporterOf(gateway), reporterOf(broker)];
  await first.report({});
  await second.report({});
  for (const seconds of [0.0005, 0.005, 0.05]) first.rtt(seconds);
  second.rtt(5);
  first.request("echo", "ok", 0.0005);
  first.request("other", "ok", 0.0005);
  first.request("echo", "timeout", 1);
  first.probeFailed();
  await first.report({});
  await second.report({});
  const families = await scrape();
  const bucket = (le: string) => sampleValue(families, "meshwork_mesh_peer_rtt_seconds_bucket", { mesh: "mesh1", le });
  expect(["0.001", "0.01", "0.1", "+Inf"].map(bucket)).toEqual([1, 2, 3, 4]);
  expect(sampleValue(families, "meshwork_mesh_peer_rtt_seconds_count", { mesh: "mesh1" })).toBe(4);
  expect(sampleValue(families, "meshwork_mesh_peer_rtt_seconds_sum", { mesh: "mesh1" })).toBeCloseTo(5.0555);
  const calls = (outcome: string) =>
    sampleValue(families, "meshwork_mesh_request_duration_seconds_count", { mesh: "mesh1", outcome });
  expect([calls("ok"), calls("timeout")]).toEqual([2, 1]);
  expect(sampleValue(families, "meshwork_mesh_probe_failures_total", { mesh: "mesh1" })).toBe(1);
  expect(sampleValue(families, "meshwork_node_peer_rtt_seconds_count", { node: gateway.name })).toBe(3);
});

test("changes of the directory count from 0, and a mesh that lost all its nodes says so", async () => {
  const changes = async (change: string, mesh = "mesh2") =>
    sampleValue(await scrape(), "meshwork_mesh_changes_total", { mesh, change });
  expect([await changes("joined"), await changes("expired"), await changes("dead")]).toEqual([1, 0, 0]);
  harness.node.depart(remote.id, "expired");
  const families = await scrape();
  expect(sampleValue(families, "meshwork_mesh_changes_total", { mesh: "mesh2", change: "expired" })).toBe(1);
  expect(sampleValue(families, "meshwork_mesh_live_nodes", { mesh: "mesh2" })).toBe(0);
  expect(sampleValue(families, "meshwork_node_live", { node: remote.name })).toBe(0);
  expect(sampleValue(families, "meshwork_nodes", { mesh: "mesh2", type: "broker", state: "expired" })).toBe(1);
});

test("a node that reports and is in no directory is shown as not live", async () => {
  const stranger = entryOf("mesh1", "compute", 9);
  await reporterOf(stranger).report({ activePeers: 0 });
  const families = await scrape();
  expect(sampleValue(families, "meshwork_node_live", { node: stranger.name })).toBe(0);
  expect(sampleValue(families, "meshwork_node_active_peers", { node: stranger.name })).toBe(0);
  expect(sampleValue(families, "meshwork_mesh_live_nodes", { mesh: "mesh1" })).toBe(3);
});

test("nodes above the cap have no series; meshes count them and a figure says how many", async () => {
  const small = await startHarness({ decoders: intake, limits: { maxMetricNodes: 3 } });
  stops.push(() => small.console.close());
  for (let i = 1; i <= 10; i += 1) small.node.join(entryOf("mesh1", "broker", i));
  const families = await scrape(small);
  const names = families.get("meshwork_node_live")!.samples.map((sample) => sample.labels.node);
  expect(names).toHaveLength(3);
  expect(sampleValue(families, "meshwork_console_nodes_exported")).toBe(3);
  expect(sampleValue(families, "meshwork_console_nodes_left_out")).toBe(8);
  expect(sampleValue(families, "meshwork_mesh_live_nodes", { mesh: "mesh1" })).toBe(11);
  small.node.join(entryOf("mesh1", "broker", 11));
  const later = await scrape(small);
  expect(later.get("meshwork_node_live")!.samples.map((sample) => sample.labels.node)).toEqual(names);
});

test("two ids of one name do not make one series, and versions are escaped", async () => {
  const twin = { ...entryOf("mesh1", "broker", 2), id: `${broker.id.slice(0, 6)}${"b".repeat(58)}` };
  harness.node.join({ ...twin, record: { ...twin.record, id: twin.id, version: 'a"b\\c' } });
  const families = await scrape();
  const infos = families.get("meshwork_node_info")!.samples.filter((sample) => sample.labels.type === "broker");
  expect(
    infos.filter(({ labels }) => labels.mesh === "mesh1").map(({ labels }) => [labels.node, labels.version]),
  ).toEqual([
    [broker.name, "0.1.0"],
    [`mesh1.broker.${twin.id.slice(0, 12)}`, 'a"b\\c'],
  ]);
});

test("requests are counted by route and not by name; unknown ones are one route", async () => {
  await harness.get("/api/nodes");
  await harness.get(`/api/nodes/${broker.name}`);
  await harness.get(`/api/nodes/${gateway.name}`);
  for (const path of ["/api/nothing", "/api/a/b/c/d", "/v1/x"]) await harness.call(path);
  await harness.call("/no-page.js");
  await harness.call("/api/nodes", { method: "PUT" });
  const stream = await openStream(harness);
  await stream.next();
  const families = await scrape();
  const count = (route: string, status: string, method = "GET") =>
    sampleValue(families, "meshwork_console_http_requests_total", { route, status, method });
  expect(count("/api/nodes/{name}", "200")).toBe(2);
  expect(count("unknown", "404")).toBe(3);
  expect(count("page", "404")).toBe(1);
  expect(count("/api/nodes", "405", "PUT")).toBe(1);
  expect(count("/api/stream", "200")).toBeUndefined();
  expect(sampleValue(families, "meshwork_console_stream_clients")).toBe(1);
  expect(sampleValue(families, "meshwork_console_http_request_duration_seconds_count", { route: "/api/nodes" })).toBe(
    2,
  );
  stream.close();
});

test("reports without a valid identity are refused and counted; delta temporality is left out", async () => {
  const hostile = reporterOf({ id: "not-an-id", mesh: "mesh1", type: "broker" });
  await hostile.report({ activePeers: 1 });
  const families = await scrape();
  expect(sampleValue(families, "meshwork_console_reports_total", { result: "refused" })).toBe(1);
  expect(sampleValue(families, "meshwork_console_reports_total", { result: "taken" })).toBe(0);
});
