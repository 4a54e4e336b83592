/** Brings a console on fakes to where every family of `GET /metrics` has figures: a report, its successor, stats, processes, calls. */
import { entryOf, statsOf } from "./fake-node.js";
import { processOf } from "./fake-supervisor.js";
import type { Harness } from "./harness.js";
import { startReporter } from "./reporter.js";

/** The harness has to take real OTLP (`decoders`). */
export async function fillMesh(harness: Harness): Promise<void> {
  const gateway = entryOf("mesh1", "gateway", 1);
  for (const entry of [gateway, entryOf("mesh1", "broker", 2), entryOf("mesh2", "broker", 3)]) harness.node.join(entry);
  const reporter = startReporter(harness, gateway);
  const figures = {
    ...{ frames: { gossip: [5, 6, 500, 600] as const }, opened: { inbound: 1 }, closed: { idle: 1 } },
    ...{ directory: { mesh1: 3, mesh2: 1 }, activePeers: 2, cpuUsedCores: 0.5, ramUsedBytes: 7e7 },
  };
  reporter.rtt(0.002);
  reporter.request("echo", "ok", 0.005);
  await reporter.report(figures);
  await reporter.report(figures);
  await reporter.stop();
  harness.node.statsById.set(gateway.id, statsOf(gateway));
  harness.supervisor.processes = [processOf({ id: gateway.id, name: gateway.name })];
  await harness.get("/api/nodes");
}
