/** The map of what the stream told: made anew when that changes, or when time moves somebody out of the picture. */
import type { NodeView } from "@meshwork/console/api-types";
import { useMemo, useRef } from "react";
import { useNow } from "../hooks/use-now.js";
import { crossFlows } from "../model/flows.js";
import { drawnRows } from "../model/member-state.js";
import { fits, isFiltering, type NodeFilter } from "../model/node-filter.js";
import { inOrder } from "../model/row-order.js";
import type { LiveData } from "../state/live-state.js";
import { type MeshMap, meshMap } from "./map-model.js";

/** Above the first a field of discs, below the second cards again: a node more or less does not turn the picture over. */
const FIELD_ABOVE = 60;
const CARDS_BELOW = 50;

export function useMeshMap({ nodes, links, services }: LiveData): MeshMap {
  const nowMs = useNow();
  const drawn = drawnRows(nodes.values(), nowMs);
  const drawnKeys = drawn.map(({ value }) => value.key).join();
  const flows = crossFlows(services, nowMs);
  const flowKeys = flows.map(({ key, perMinute }) => `${key} ${perMinute}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `drawn` and `flows` are made anew each second, of these.
  return useMemo(
    () =>
      meshMap(
        drawn,
        [...links.values()].map((row) => row.value),
        flows,
      ),
    [nodes, drawnKeys, links, flowKeys],
  );
}

/** The nodes of the map in the order of tables. */
export function useMapOrder(map: MeshMap): readonly NodeView[] {
  return useMemo(() => {
    const rows = map.nodes.flatMap(({ node, receivedAtMs }) => (node === null ? [] : [{ value: node, receivedAtMs }]));
    return inOrder(rows).map(({ value }) => value);
  }, [map]);
}

/** Ids of those whom the filter leaves; null where none is set. */
export function useFitting(map: MeshMap, filter: NodeFilter): ReadonlySet<string> | null {
  return useMemo(() => {
    if (!isFiltering(filter)) return null;
    return new Set(map.nodes.filter(({ node }) => node !== null && fits(filter, node)).map(({ id }) => id));
  }, [map, filter]);
}

export function useIsField(count: number): boolean {
  const was = useRef(false);
  const is = count > FIELD_ABOVE || (was.current && count >= CARDS_BELOW);
  was.current = is;
  return is;
}
