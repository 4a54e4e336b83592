/** Messages between meshes as flows with their rates: what the console counted over the last minute, caller by callee. */
import type { NodeEdge, ServiceGraph } from "@meshwork/console/api-types";
import { ageNow } from "../format/ages.js";
import type { Received } from "../state/live-state.js";

/** A rate is of the last minute: what was not used for longer flows no more. */
const FLOWING_MS = 60_000;

export interface Flow {
  readonly key: string;
  /** Names. */
  readonly from: string;
  readonly to: string;
  readonly fromMesh: string;
  readonly toMesh: string;
  /** Null while the console has not counted long enough. */
  readonly perMinute: number | null;
}

export interface MeshFlow {
  readonly fromMesh: string;
  readonly toMesh: string;
  /** Null where one of its flows' rates is unknown: a part would look like the whole. */
  readonly perMinute: number | null;
}

export function crossFlows({ value, receivedAtMs }: Received<ServiceGraph>, nowMs: number): Flow[] {
  return value.nodeEdges.flatMap((edge): Flow[] => {
    const [fromMesh, toMesh] = [meshOfName(edge.from), meshOfName(edge.to)];
    if (fromMesh === toMesh || !isFlowing(edge, receivedAtMs, nowMs)) return [];
    return [{ key: edge.key, from: edge.from, to: edge.to, fromMesh, toMesh, perMinute: edge.callsPerMinute }];
  });
}

/** One for each direction between two meshes, in the order of their names. */
export function meshFlows(flows: readonly Flow[]): MeshFlow[] {
  const sums = new Map<string, MeshFlow>();
  for (const { fromMesh, toMesh, perMinute } of flows) {
    const key = `${fromMesh}>${toMesh}`;
    const sum = sums.get(key);
    const before = sum === undefined ? 0 : sum.perMinute;
    const total = before === null || perMinute === null ? null : before + perMinute;
    sums.set(key, { fromMesh, toMesh, perMinute: total });
  }
  return [...sums].sort(([a], [b]) => a.localeCompare(b)).map(([, flow]) => flow);
}

function isFlowing(edge: NodeEdge, receivedAtMs: number, nowMs: number): boolean {
  return (ageNow(edge.ageMs, receivedAtMs, nowMs) ?? 0) <= FLOWING_MS;
}

function meshOfName(name: string): string {
  return name.split(".", 1)[0] ?? "";
}
