/** The node that is looked at: all that is known of it, who links with it, what happened last, and what can be done. */
import type { NodeView } from "@meshwork/console/api-types";
import { NodeActions } from "../actions/node-actions.js";
import { isGone, ownAccusers } from "../model/member-state.js";
import { Opinions } from "../parts/opinions.js";
import { StateLine } from "../parts/state-line.js";
import { TypeMark } from "../parts/type-mark.js";
import type { LiveData, Received } from "../state/live-state.js";
import { routeHash } from "../state/route.js";
import { WhySection } from "../why/why-section.js";
import type { MapNode, MeshMap } from "./map-model.js";
import { PanelFigures } from "./panel-figures.js";
import { PanelLinks } from "./panel-links.js";
import { PanelRecent } from "./panel-recent.js";

export interface NodePanelProps {
  readonly looked: MapNode | null;
  readonly map: MeshMap;
  readonly row: Received<NodeView> | null;
  readonly pinned: boolean;
  readonly data: LiveData;
  /** Not of a past moment: it can be asked and acted on. */
  readonly isPresent: boolean;
  readonly oldAfterMs: number;
}

export function NodePanel({ looked, map, row, pinned, data, isPresent, oldAfterMs }: NodePanelProps) {
  if (looked === null)
    return (
      <section className="panel" aria-label="Node">
        <p className="panel-hint">
          Point at a node to see with whom it is linked. Click it to keep it here, with all that is known of it.
        </p>
      </section>
    );
  const node = row?.value ?? null;
  return (
    <section className="panel" aria-label="Node" data-testid="node-panel">
      <header>
        <h2 className="mono">{looked.name}</h2>
        {pinned && (
          <a className="quiet" href={routeHash("topology")} aria-label="let go of this node">
            ✕
          </a>
        )}
      </header>
      <p className="panel-line">
        <TypeMark type={looked.type} />
        {row !== null && (
          <StateLine
            state={row.value.state}
            stateAgeMs={row.value.stateAgeMs}
            receivedAtMs={row.receivedAtMs}
            by={ownAccusers(row.value)}
          />
        )}
        {looked.role !== "usual" && <span className="badge">{looked.role}</span>}
      </p>
      {row !== null && <Opinions row={row} />}
      {pinned && isPresent && node !== null && <NodeActions node={node} cluster={data.cluster.value} />}
      {row !== null && !isGone(row.value) && <PanelFigures row={row} oldAfterMs={oldAfterMs} />}
      {pinned && isPresent && node !== null && <WhySection key={node.key} a={node} data={data} />}
      <PanelLinks looked={looked} map={map} />
      {node?.name != null && <PanelRecent name={node.name} data={data} />}
      {node?.name != null && (
        <p className="panel-more">
          <a href={routeHash("nodes", node.name)}>figures</a> <a href={routeHash("boot", node.name)}>boot trace</a>{" "}
          {node.live && <a href={routeHash("directory", node.name)}>its directory</a>}
        </p>
      )}
    </section>
  );
}
