/** Both meshes at a glance: who is there, and which links their own active views report. */
import { useMemo, useState } from "react";
import type { TabProps } from "../app.js";
import { useSession } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { useWidth } from "../hooks/use-size.js";
import { drawnRows } from "../model/member-state.js";
import { Empty } from "../parts/empty.js";
import { EventList } from "./event-list.js";
import { MapLegend } from "./map-legend.js";
import { meshMap } from "./map-model.js";
import { MeshMapView } from "./mesh-map-view.js";
import { NodePanel } from "./node-panel.js";

/** Below this, a delay of one report would look like trouble. */
const MIN_OLD_MS = 6_000;

export function TopologyTab({ data, item }: TabProps) {
  const { slots } = useSession();
  const [ref, width] = useWidth<HTMLDivElement>();
  const [hovered, setHovered] = useState<string | null>(null);
  const { nodes, links } = data;
  // Who is in the picture changes with time; the drawing only when that does.
  const drawn = drawnRows(nodes.values(), useNow());
  const drawnKeys = drawn.map(({ value }) => value.key).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `drawn` is made anew each second, of these.
  const map = useMemo(() => {
    const reported = [...links.values()].map((row) => row.value);
    return width === 0 ? null : meshMap(drawn, reported, slots, width);
  }, [nodes, drawnKeys, links, slots, width]);
  const chosen = map?.discs.find((disc) => disc.name === item || disc.id === item)?.id ?? null;
  const oldAfterMs = Math.max(MIN_OLD_MS, 3 * data.cluster.value.stats.intervalMs);
  const focus = hovered ?? chosen;
  const disc = map?.discs.find(({ id }) => id === focus);
  return (
    <div className="topology">
      <div className="map-column">
        <div className="map-head">
          <MapLegend map={map} />
        </div>
        <div ref={ref} className="map-frame">
          {map !== null && map.discs.length > 0 && (
            <MeshMapView map={map} focus={focus} chosen={chosen} oldAfterMs={oldAfterMs} onHover={setHovered} />
          )}
          {map !== null && map.discs.length === 0 && (
            <Empty title="No node is known yet">Nodes appear here as the console's own directory learns of them.</Empty>
          )}
        </div>
      </div>
      <aside className="side-column">
        <NodePanel
          disc={disc ?? null}
          map={map}
          row={disc?.node ? (nodes.get(disc.node.key) ?? null) : null}
          pinned={focus === chosen}
        />
        <EventList events={data.events} />
      </aside>
    </div>
  );
}
