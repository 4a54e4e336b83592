/** All meshes at a glance: who is there and how, which links their own active views report, what passes between meshes. */
import { useMemo, useState } from "react";
import { actionDesk } from "../actions/action-desk.js";
import { ClusterActions } from "../actions/cluster-actions.js";
import { canAct } from "../actions/node-actions.js";
import type { TabProps } from "../app.js";
import { FilterBar } from "../filter/filter-bar.js";
import { useFilter } from "../hooks/use-filter.js";
import { useLive, useSession } from "../hooks/use-live.js";
import { Empty } from "../parts/empty.js";
import { routeHash } from "../state/route.js";
import { CardView } from "./card-view.js";
import { EventList } from "./event-list.js";
import { FieldView } from "./field-view.js";
import { MapLegend } from "./map-legend.js";
import { nearOf } from "./map-model.js";
import { NodePanel } from "./node-panel.js";
import { useFitting, useIsField, useMapOrder, useMeshMap } from "./use-mesh-map.js";

/** Below this, a delay of one report would look like trouble. */
const MIN_OLD_MS = 6_000;
const NOBODY: ReadonlySet<string> = new Set();
const kill = ({ name }: { readonly name: string }) => actionDesk.ask({ kind: "kill", name });
const goTo = (name: string) => {
  window.location.hash = routeHash("topology", name);
};

export function TopologyTab({ data, item }: TabProps) {
  const { cells } = useSession();
  const [hovered, setHovered] = useState<string | null>(null);
  const cluster = data.cluster.value;
  // A past moment (timeline) is looked at, not acted on.
  const isPresent = useLive().data === data;
  const map = useMeshMap(data);
  const ordered = useMapOrder(map);
  const fitting = useFitting(map, useFilter());
  const isField = useIsField(map.nodes.length);
  const chosen = map.nodes.find(({ name, id }) => name === item || id === item)?.id ?? null;
  const focus = hovered ?? chosen;
  const near = useMemo(() => (focus === null ? NOBODY : nearOf(map, focus)), [map, focus]);
  // A node that was chosen keeps the panel, whatever the pointer passes on its way there.
  const looked = map.nodes.find(({ id }) => id === (chosen ?? hovered)) ?? null;
  const oldAfterMs = Math.max(MIN_OLD_MS, 3 * cluster.stats.intervalMs);
  const view = { map, focus, near, chosen, fitting, oldAfterMs, onHover: setHovered };
  return (
    <div className="topology">
      <div className="map-column">
        <div className="map-head">
          <div className="map-tools">
            <FilterBar nodes={ordered} onEnter={goTo} />
            {isPresent && <ClusterActions cluster={cluster} />}
          </div>
          <MapLegend map={map} />
        </div>
        {map.nodes.length === 0 ? (
          <Empty title={isPresent ? "No node is known yet" : "No node was known then"}>
            {isPresent && "Nodes appear here as the console's own directory learns of them."}
          </Empty>
        ) : isField ? (
          <FieldView {...view} cells={cells} />
        ) : (
          <CardView {...view} onKill={isPresent && canAct(cluster) ? kill : null} />
        )}
      </div>
      <aside className="side-column">
        <NodePanel
          looked={looked}
          map={map}
          row={looked?.node ? (data.nodes.get(looked.node.key) ?? null) : null}
          pinned={chosen !== null}
          data={data}
          isPresent={isPresent}
          oldAfterMs={oldAfterMs}
        />
        {chosen === null && <EventList events={data.events} />}
      </aside>
    </div>
  );
}
