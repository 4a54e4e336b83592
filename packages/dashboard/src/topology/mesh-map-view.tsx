/** The map as SVG in real pixels: text keeps its size whatever the window's. */
import { LaneBox } from "./lane-box.js";
import { LinkLine } from "./link-line.js";
import type { MeshMap } from "./map-model.js";
import { NodeDisc } from "./node-disc.js";

export interface MeshMapViewProps {
  readonly map: MeshMap;
  /** Id of the node that the reader looks at; its links stand out. */
  readonly focus: string | null;
  readonly chosen: string | null;
  /** Figures above this age are not shown as present ones. */
  readonly oldAfterMs: number;
  readonly onHover: (id: string | null) => void;
}

export function MeshMapView({ map, focus, chosen, oldAfterMs, onHover }: MeshMapViewProps) {
  const { grid, discs, links } = map;
  const near = new Set(focus === null ? [] : [focus]);
  for (const { link } of links) {
    if (link.a === focus) near.add(link.b);
    if (link.b === focus) near.add(link.a);
  }
  return (
    <svg
      className={focus === null ? "map" : "map has-focus"}
      width={grid.width}
      height={grid.height}
      viewBox={`0 0 ${grid.width} ${grid.height}`}
      data-testid="map"
    >
      <title>Map of the meshes and their links</title>
      {grid.lanes.map((lane) => (
        <LaneBox key={lane.mesh} lane={lane} discs={discs} links={links} />
      ))}
      <g>
        {links.map((drawn) => (
          <LinkLine key={drawn.link.key} drawn={drawn} lit={drawn.link.a === focus || drawn.link.b === focus} />
        ))}
      </g>
      {discs.map((disc) => (
        <NodeDisc
          key={disc.id}
          disc={disc}
          near={near.has(disc.id)}
          chosen={disc.id === chosen}
          oldAfterMs={oldAfterMs}
          onHover={onHover}
        />
      ))}
    </svg>
  );
}
