/**
 * The launcher's own spans (`mesh.supervisor.spawned`, `mesh.supervisor.exited`), to the console like those of the nodes. It
 * is no node: it has no id and no name in any mesh.
 */
import { VERSION } from "@meshwork/node";
import type { TelemetryIntake } from "@meshwork/supervisor";
import { createTelemetry, type Telemetry } from "@meshwork/telemetry";

export function launcherTelemetry(meshes: readonly string[], intake: TelemetryIntake): Telemetry {
  return createTelemetry({
    serviceName: "supervisor",
    serviceVersion: VERSION,
    meshId: meshes[0] ?? "",
    nodeName: Promise.resolve(undefined),
    nodeId: Promise.resolve(undefined),
    sinks: [{ name: "console", url: intake.url, headers: { authorization: `Bearer ${intake.token}` } }],
    metricsIntervalMs: 0,
  });
}
