/** Request and reply of 200 B between two processes on loopback: latency one at a time, and rate with 64 in flight. */
import { createServer } from "node:http";
import { Children, once } from "./lib/children.mjs";
import { rawEcho } from "./lib/raw-echo.mjs";
import { mean, percentile, round } from "./lib/stats.mjs";

export const title = "Request/response: 200 B, two processes, loopback";

export async function run({ log }) {
  const sink = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
  const collector = `http://127.0.0.1:${sink.address().port}`;
  const figures = {};
  try {
    for (const [label, env] of [
      ["traced", { OTEL_EXPORTER_OTLP_ENDPOINT: collector }],
      ["unsampled", { OTEL_TRACES_SAMPLER_ARG: "0" }],
    ]) {
      const children = new Children();
      try {
        const server = await children.start({}, env);
        const client = await children.start({ seeds: [server.seed] }, env);
        const ask = async (count, inFlight) => {
          client.child.send({ kind: "requests", target: server.id, count, bytes: 200, inFlight });
          return once(client.child, "requests");
        };
        await ask(3_000, 16);
        log(`${label}: one at a time`);
        const single = await ask(5_000, 1);
        log(`${label}: 64 in flight`);
        const pipelined = await ask(40_000, 64);
        figures[label] = {
          p50Ms: round(percentile(single.latenciesMs, 0.5)),
          p99Ms: round(percentile(single.latenciesMs, 0.99)),
          meanMs: round(mean(single.latenciesMs)),
          pipelinedPerSecond: Math.round(40_000 / pipelined.seconds),
          pipelinedP99Ms: round(percentile(pipelined.latenciesMs, 0.99)),
          clientCpuMicrosPerRequest: round(pipelined.cpuMicrosPerRequest, 1),
        };
      } finally {
        await children.stop();
      }
    }
  } finally {
    sink.closeAllConnections();
    sink.close();
  }
  log("the binding alone, one at a time");
  const raw = await rawEcho(5_000, 280);
  figures.bindingAlone = { p50Ms: round(percentile(raw, 0.5)), p99Ms: round(percentile(raw, 0.99)) };
  figures.tracedToBindingAlone = {
    p50: round(figures.traced.p50Ms / figures.bindingAlone.p50Ms, 2),
    p99: round(figures.traced.p99Ms / figures.bindingAlone.p99Ms, 2),
  };
  return { figures, checks: [{ id: "request p99 ≤ 2 ms, traced", ok: figures.traced.p99Ms <= 2 }] };
}
