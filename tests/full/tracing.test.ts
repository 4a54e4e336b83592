/** A running demo's traces in a real Jaeger, sent there directly and through a real Collector: what its query API tells of them. */
import type { ServiceGraph, TraceView } from "@meshwork/console/api-types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, eventually, startCluster } from "../support/cluster.js";
import {
  type Backend,
  type Jaeger,
  type JaegerSpan,
  type JaegerTrace,
  startCollector,
  startJaeger,
} from "./backends.js";

const STEPS = ["identity_minted", "endpoint_created", "alpn_registered", "gossip_started", "accept_loop_started"].map(
  (step) => `mesh.boot.${step}`,
);

const parentOf = ({ references }: JaegerSpan): string | null =>
  references.find(({ refType }) => refType === "CHILD_OF")?.spanID ?? null;

function tagOf(trace: JaegerTrace, span: JaegerSpan, key: string): unknown {
  return trace.processes[span.processID]?.tags.find((tag) => tag.key === key)?.value;
}

describe.each(["directly", "through the Collector"])("%s", (way) => {
  let jaeger: Jaeger;
  let collector: Backend | undefined;
  let cluster: Cluster;

  beforeAll(async () => {
    jaeger = await startJaeger();
    if (way === "through the Collector") collector = await startCollector(jaeger.endpoint);
    cluster = await startCluster([], { OTEL_EXPORTER_OTLP_ENDPOINT: (collector ?? jaeger).endpoint });
  });
  afterAll(async () => {
    await cluster?.stop();
    await collector?.stop();
    await jaeger?.stop();
  });

  test("each node's boot is one trace: its root, and the steps below it in order", async () => {
    for (const { name } of cluster.nodes) {
      const service = name.split(".")[1] ?? "";
      const found = await eventually(`the boot trace of ${name}`, 20_000, async () => {
        const traces = await jaeger.traces({ service, operation: "mesh.node.ready" });
        return traces.find((trace) => trace.spans.some((span) => tagOf(trace, span, "mesh.node.name") === name));
      });
      const { spans } = found as JaegerTrace;
      const root = spans.find(({ operationName }) => operationName === "mesh.node.ready");
      expect(root === undefined ? "no root" : parentOf(root)).toBeNull();
      const steps = spans.filter((span) => span !== root).sort((a, b) => a.startTime - b.startTime);
      expect(steps.map(({ operationName }) => operationName)).toEqual(STEPS);
      for (const step of steps) expect(parentOf(step)).toBe(root?.spanID);
    }
  });

  test("a message from one mesh to the other is one trace, with the parents that the console has", async () => {
    const found = await eventually("a cross-mesh trace in Jaeger", 40_000, async () => {
      const traces = await jaeger.traces({ service: "gateway", operation: "mesh.message.sent" });
      return traces.find((trace) => {
        const meshes = new Set(trace.spans.map((span) => tagOf(trace, span, "mesh.id")));
        return meshes.size === 2 && trace.spans.length >= 4;
      });
    });
    const { traceID } = found as JaegerTrace;
    const { own, trace } = (await eventually("all of its spans, here and there", 20_000, async () => {
      const [own, trace] = [await cluster.api<TraceView>(`/api/traces/${traceID}`), await jaeger.trace(traceID)];
      const isWhole = own.spans.every(({ orphan }) => !orphan) && trace?.spans.length === own.spans.length;
      return isWhole && { own, trace };
    })) as { own: TraceView; trace: JaegerTrace };
    const tree = (pairs: readonly (readonly [string, string | null])[]) => pairs.map((pair) => pair.join(" < ")).sort();
    expect(tree(trace.spans.map((span) => [span.spanID, parentOf(span)]))).toEqual(
      tree(own.spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId])),
    );
    const byId = new Map(trace.spans.map((span) => [span.spanID, span]));
    const crossing = trace.spans.filter((span) => {
      const parent = byId.get(parentOf(span) ?? "");
      return parent !== undefined && tagOf(trace, parent, "mesh.id") !== tagOf(trace, span, "mesh.id");
    });
    expect(crossing.length).toBeGreaterThan(0);
    for (const span of crossing) {
      expect(span.operationName).toBe("mesh.message.received");
      expect(byId.get(parentOf(span) ?? "")?.operationName).toBe("mesh.message.sent");
    }
  });

  test("its dependency graph has the demo's edges, and every one that the console has", async () => {
    const wanted = ["gateway > broker", "gateway > compute", "compute > broker", "broker > registry"];
    const edges = (await eventually("the demo's edges", 60_000, async () => {
      const seen = (await jaeger.dependencies()).map(({ parent, child }) => `${parent} > ${child}`);
      return wanted.every((edge) => seen.includes(edge)) && seen;
    })) as string[];
    const graph = await cluster.api<ServiceGraph>("/api/services");
    const nodes = new Set(["gateway", "broker", "compute", "registry"]);
    const ours = graph.edges
      .filter(({ from, to }) => nodes.has(from.service) && nodes.has(to.service))
      .map(({ from, to }) => `${from.service} > ${to.service}`);
    expect(ours.length).toBeGreaterThan(0);
    // Jaeger draws no edge from a service to itself.
    for (const edge of new Set(ours)) expect(edges).toContain(edge);
  });
});
