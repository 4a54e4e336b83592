/** All meshes at a glance: who is there and how, which links their own active views report, what passes between meshes. */
import { useMemo, useState } from "react";
import { actionDesk } from "../actions/action-desk.js";
import { ClusterActions } from "../actions/cluster-actions.js";
import { canAct } from "../actions/node-actions.js";
import type { TabProps } from "../app.js";
import { FilterBar } from "../filter/filter-bar.js";
import { useFilter } from "../hooks/use-filter.js";
import { useLive, useSession } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { useWidth } from "../hooks/use-size.js";
import { crossFlows } from "../model/flows.js";
import { drawnRows } from "../model/member-state.js";
import { fits, isFiltering } from "../model/node-filter.js";
import { inOrder } from "../model/row-order.js";
import { Empty } from "../parts/empty.js";
import { routeHash } from "../state/route.js";
import { cardMap } from "./card-layout.js";
import { EventList } from "./event-list.js";
import { MapLegend } from "./map-legend.js";
import { meshMap, nearOf } from "./map-model.js";
import { MeshMapView } from "./mesh-map-view.js";
import { NodePanel } from "./node-panel.js";

/** Below this, a delay of one report would look like trouble. */
const MIN_OLD_MS = 6_000;
const NOBODY: ReadonlySet<string> = new Set();
const kill = ({ name }: { readonly name: string }) => actionDesk.ask({ kind: "kill", name });

export function TopologyTab({ data, item }: TabProps) {
  const { slots } = useSession();
  const [ref, width] = useWidth<HTMLDivElement>();
  const [hovered, setHovered] = useState<string | null>(null);
  const filter = useFilter();
  const { nodes, links, services, cluster } = data;
  // A past moment (timeline) is looked at, not acted on.
  const isPresent = useLive().data === data;
  const acts = isPresent && canAct(cluster.value);
  const nowMs = useNow();
  // Who is in the picture, and what flows, changes with time; the drawing only when that does.
  const drawn = drawnRows(nodes.values(), nowMs);
  const drawnKeys = drawn.map(({ value }) => value.key).join();
  const flows = crossFlows(services, nowMs);
  const flowKeys = flows.map(({ key, perMinute }) => `${key} ${perMinute}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `drawn` and `flows` are made anew each second, of these.
  const map = useMemo(
    () =>
      meshMap(
        drawn,
        [...links.values()].map((row) => row.value),
        flows,
      ),
    [nodes, drawnKeys, links, flowKeys],
  );
  const cards = useMemo(() => (width === 0 ? null : cardMap(map, slots, width)), [map, slots, width]);
  const chosen = map.nodes.find(({ name, id }) => name === item || id === item)?.id ?? null;
  const focus = hovered ?? chosen;
  const near = useMemo(() => (focus === null ? NOBODY : nearOf(map, focus)), [map, focus]);
  const fitting = isFiltering(filter)
    ? new Set(map.nodes.filter(({ node }) => node !== null && fits(filter, node)).map(({ id }) => id))
    : null;
  const looked = map.nodes.find(({ id }) => id === focus) ?? null;
  const view = {
    ...{ focus, near, chosen, fitting, onHover: setHovered, onKill: acts ? kill : null },
    oldAfterMs: Math.max(MIN_OLD_MS, 3 * cluster.value.stats.intervalMs),
  };
  return (
    <div className="topology">
      <div className="map-column">
        <div className="map-head">
          <div className="map-tools">
            <FilterBar
              nodes={inOrder(drawn).map(({ value }) => value)}
              onEnter={(name) => {
                window.location.hash = routeHash("topology", name);
              }}
            />
            {isPresent && <ClusterActions cluster={cluster.value} />}
          </div>
          <MapLegend map={map} />
        </div>
        <div ref={ref} className="map-frame">
          {cards !== null && cards.cards.length > 0 && <MeshMapView map={cards} {...view} />}
          {map.nodes.length === 0 && (
            <Empty title="No node is known yet">Nodes appear here as the console's own directory learns of them.</Empty>
          )}
        </div>
      </div>
      <aside className="side-column">
        <NodePanel
          looked={looked}
          map={map}
          row={looked?.node ? (nodes.get(looked.node.key) ?? null) : null}
          pinned={focus !== null && focus === chosen}
          data={data}
          isPresent={isPresent}
          oldAfterMs={view.oldAfterMs}
        />
        {chosen === null && <EventList events={data.events} />}
      </aside>
    </div>
  );
}
