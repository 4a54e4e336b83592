/** Which kinds of frames there are: what the nodes report, the familiar ones first. */
import type { NodeView } from "@meshwork/console/api-types";

const FAMILIAR = ["message", "request", "gossip", "probe", "sync", "stats", "telemetry", "stream", "hello"];

export function frameKinds(nodes: Iterable<NodeView>): string[] {
  const seen = new Set<string>();
  for (const node of nodes) for (const kind of Object.keys(node.frames ?? {})) seen.add(kind);
  const rest = [...seen].filter((kind) => !FAMILIAR.includes(kind)).sort();
  return [...FAMILIAR.filter((kind) => seen.has(kind)), ...rest];
}
