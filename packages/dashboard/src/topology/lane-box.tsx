/** A mesh's lane: its region, name and counts, and how many messages pass between it and the others. */
import { rateText } from "../format/numbers.js";
import type { Lane } from "../layout/lanes.js";
import { type Flow, meshFlows } from "../model/flows.js";
import type { MapLink, MapNode } from "./map-model.js";

export interface LaneBoxProps {
  readonly lane: Lane;
  readonly nodes: readonly MapNode[];
  readonly links: readonly MapLink[];
  readonly flows: readonly Flow[];
}

export function LaneBox({ lane, nodes, links, flows }: LaneBoxProps) {
  const { mesh, x, y, width, height } = lane;
  const here = nodes.filter((node) => node.mesh === mesh);
  const live = here.filter(({ node }) => node?.live === true).length;
  const own = links.filter(({ link, kind }) => link.mesh === mesh && kind === "member").length;
  const out = meshFlows(flows).filter(({ fromMesh }) => fromMesh === mesh);
  return (
    <section
      className="lane"
      style={{ transform: `translate(${x}px, ${y}px)`, width, height }}
      aria-label={`mesh ${mesh}`}
      data-testid={`lane-${mesh}`}
    >
      <header>
        <h2>{mesh}</h2>
        <span className="lane-count">
          {live} live{here.length > live ? ` of ${here.length}` : ""} · {own} {own === 1 ? "link" : "links"}
        </span>
        <span className="lane-flows">
          {out.map(({ toMesh, perMinute }) => (
            <span
              key={toMesh}
              title={`messages per minute from ${mesh} to ${toMesh}`}
              data-testid={`rate-${mesh}-${toMesh}`}
            >
              → {toMesh} <b>{rateText(perMinute)}</b>/min
            </span>
          ))}
        </span>
      </header>
    </section>
  );
}
