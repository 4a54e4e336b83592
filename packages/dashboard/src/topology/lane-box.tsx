/** A mesh's lane: its region, name and counts. */
import type { Lane } from "../layout/lanes.js";
import type { Disc, DrawnLink } from "./map-model.js";

export interface LaneBoxProps {
  readonly lane: Lane;
  readonly discs: readonly Disc[];
  readonly links: readonly DrawnLink[];
}

export function LaneBox({ lane, discs, links }: LaneBoxProps) {
  const here = discs.filter((disc) => disc.mesh === lane.mesh);
  const live = here.filter((disc) => disc.node?.live === true).length;
  const own = links.filter(({ link, kind }) => link.mesh === lane.mesh && kind === "member").length;
  return (
    <g transform={`translate(${lane.x} ${lane.y})`} data-testid={`lane-${lane.mesh}`}>
      <rect className="lane" width={lane.width} height={lane.height} rx="10" />
      <text className="lane-name" x="18" y="29">
        {lane.mesh}
      </text>
      <text className="lane-count" x={lane.width - 18} y="29" textAnchor="end">
        {live} live{here.length > live ? ` of ${here.length}` : ""} · {own} {own === 1 ? "link" : "links"} between
        members
      </text>
    </g>
  );
}
