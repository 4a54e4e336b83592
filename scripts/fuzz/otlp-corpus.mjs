/** Telemetry bodies as nodes send them, caught from the real exporters, and their like in OTLP/JSON. */
import { createServer } from "node:http";
import { createTelemetry, METRIC } from "../../packages/telemetry/dist/index.js";

const IDS = ["a", "b", "c"].map((letter) => letter.repeat(64));

/** `{ traces: Uint8Array[], metrics: Uint8Array[] }`. */
export async function protobufCorpus() {
  const caught = { traces: [], metrics: [] };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    caught[request.url.slice("/v1/".length)].push(Uint8Array.from(Buffer.concat(chunks)));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  for (const id of IDS) await speak(url, id);
  await new Promise((done) => server.close(done));
  if (caught.traces.length === 0 || caught.metrics.length === 0) throw new Error("the exporters sent nothing");
  return caught;
}

async function speak(url, id) {
  const telemetry = createTelemetry({
    ...{ serviceName: "broker", serviceVersion: "0.1.0", meshId: "mesh1", nodeId: id, metricsIntervalMs: 3_600_000 },
    nodeName: `mesh1.broker.${id.slice(0, 6)}`,
    sinks: [{ name: "caught", url }],
  });
  const message = { "mesh.operation": "produce", "mesh.peer.name": "mesh1.broker.bbbbbb", "mesh.bytes": 200 };
  await telemetry.withSpan("mesh.message.sent", { kind: 2, attributes: message }, (span) => {
    span.addEvent("noted", { text: "x", number: 1.5, list: ["a", "b"], yes: true });
    return telemetry.withSpan("mesh.message.received", { kind: 1, attributes: message }, () => {});
  });
  await telemetry.withSpan("mesh.node.ready", {}, () => telemetry.withSpan("mesh.boot.gossip_started", {}, () => {}));
  const { meter } = telemetry;
  meter.createCounter(METRIC.framesSent.name).add(5, { "mesh.operation": "gossip" });
  meter.createObservableGauge(METRIC.cpuUsed.name).addCallback((result) => result.observe(0.25));
  meter.createHistogram(METRIC.peerRtt.name).record(0.002);
  meter.createHistogram(METRIC.requestDuration.name).record(0.2, { "mesh.operation": "echo", "mesh.outcome": "ok" });
  await telemetry.flush(5_000);
  await telemetry.shutdown(1_000);
}

const attribute = (key, stringValue) => ({ key, value: { stringValue } });
const resource = {
  attributes: [attribute("service.name", "broker"), attribute("mesh.id", "mesh1"), attribute("mesh.node.id", IDS[0])],
};

export const JSON_TRACES = {
  resourceSpans: [
    {
      resource,
      scopeSpans: [
        {
          scope: { name: "fuzz" },
          spans: [
            {
              ...{ traceId: "ab".repeat(16), spanId: "cd".repeat(8), parentSpanId: "ef".repeat(8), kind: 3 },
              ...{
                name: "mesh.message.sent",
                startTimeUnixNano: "1700000000000000000",
                endTimeUnixNano: "1700000000001000000",
              },
              attributes: [attribute("mesh.operation", "produce"), { key: "mesh.bytes", value: { intValue: "7" } }],
              events: [{ timeUnixNano: "1700000000000500000", name: "noted", attributes: [] }],
              status: { code: 2, message: "timeout" },
            },
          ],
        },
      ],
    },
  ],
};

export const JSON_METRICS = {
  resourceMetrics: [
    { resource, scopeMetrics: [{ metrics: [{ name: "x", unit: "1", gauge: { dataPoints: [{ asDouble: 1 }] } }] }] },
  ],
};
