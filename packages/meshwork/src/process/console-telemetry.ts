/** Telemetry for what the console does as a server (`mesh.console.request`); its node has its own. Same name, same sink. */
import type { MeshNode } from "@meshwork/node";
import { VERSION } from "@meshwork/node";
import { createTelemetry, type Telemetry } from "@meshwork/telemetry";

export function consoleTelemetry(node: MeshNode, env: Readonly<Record<string, string | undefined>>): Telemetry {
  const url = env.MESH_TELEMETRY_URL;
  const token = env.MESH_TELEMETRY_TOKEN;
  return createTelemetry({
    serviceName: node.type,
    serviceVersion: VERSION,
    meshId: node.mesh,
    nodeName: node.name,
    nodeId: node.id,
    sinks:
      url === undefined ? [] : [{ name: "console", url, headers: token ? { authorization: `Bearer ${token}` } : {} }],
    metricsIntervalMs: 0,
  });
}
