import { createTelemetry } from "@meshwork/telemetry";
import * as intake from "@meshwork/telemetry/intake";
import { expect, test } from "vitest";
import { startHarness, TOKEN } from "../test/harness.js";
import type { TraceList, TraceView } from "./api-types.js";

test("what a node's exporter sends is what the API shows", async () => {
  const harness = await startHarness({ decoders: intake });
  const telemetry = createTelemetry({
    ...{ serviceName: "broker", serviceVersion: "0.1.0", meshId: "mesh1", nodeName: "mesh1.broker.aaaaaa" },
    ...{ nodeId: "a".repeat(64), metricsIntervalMs: 0 },
    sinks: [{ name: "console", url: harness.console.url, headers: { authorization: `Bearer ${TOKEN}` } }],
  });
  await telemetry.withSpan("outer", {}, async () => {
    await telemetry.withSpan("inner", { attributes: { "mesh.operation": "x" } }, () => {});
  });
  await telemetry.flush(2_000);
  const { traces } = await harness.get<TraceList>("/api/traces");
  expect(traces).toMatchObject([
    { rootName: "outer", rootNode: "mesh1.broker.aaaaaa", meshes: ["mesh1"], spanCount: 2 },
  ]);
  const trace = await harness.get<TraceView>(`/api/traces/${traces[0]!.traceId}`);
  expect(trace.spans.map(({ name, depth, service }) => [name, depth, service])).toEqual([
    ["outer", 0, "broker"],
    ["inner", 1, "broker"],
  ]);
  expect(telemetry.stats()[0]).toMatchObject({ exportedSpans: 2, droppedSpans: 0 });
  await telemetry.shutdown(1_000);
  await harness.console.close();
});

test("bytes that are no protobuf are refused by the real decoders", async () => {
  const harness = await startHarness({ decoders: intake });
  for (const path of ["/v1/traces", "/v1/metrics"]) {
    const headers = { "content-type": "application/x-protobuf" };
    const response = await harness.call(path, { method: "POST", body: new Uint8Array([0x0a, 0xff, 0xff]), headers });
    expect([response.status, (await response.json()).code]).toEqual([400, "MESH_E_BAD_OTLP"]);
  }
  await harness.console.close();
});
