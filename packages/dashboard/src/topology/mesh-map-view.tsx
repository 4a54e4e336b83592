/** The map of a few dozen nodes: lanes below, curves above them, cards on top. In real pixels: text keeps its size whatever the window's. */
import type { Card, CardMap } from "./card-layout.js";
import { FlowLine } from "./flow-line.js";
import { LaneBox } from "./lane-box.js";
import { LinkLine } from "./link-line.js";
import { NodeCard } from "./node-card.js";

export interface MapViewProps {
  /** Id of the node that the reader looks at; its links stand out. */
  readonly focus: string | null;
  readonly near: ReadonlySet<string>;
  readonly chosen: string | null;
  /** Whom the filter leaves; null where none is set. */
  readonly fitting: ReadonlySet<string> | null;
  /** Figures above this age are not shown as present ones. */
  readonly oldAfterMs: number;
  readonly onHover: (id: string | null) => void;
  readonly onKill: ((node: Pick<Card, "name">) => void) | null;
}

export function MeshMapView({ map, ...view }: MapViewProps & { readonly map: CardMap }) {
  const { grid, cards, links, flows } = map;
  const { focus, near, chosen, fitting, oldAfterMs, onHover, onKill } = view;
  return (
    <div
      className={focus === null ? "map" : "map has-focus"}
      style={{ width: grid.width, height: grid.height }}
      data-testid="map"
    >
      {grid.lanes.map((lane) => (
        <LaneBox key={lane.mesh} lane={lane} nodes={cards} links={links} flows={flows} />
      ))}
      <svg width={grid.width} height={grid.height} viewBox={`0 0 ${grid.width} ${grid.height}`}>
        <title>Links and flows</title>
        <g>
          {links.map((drawn) => (
            <LinkLine key={drawn.link.key} drawn={drawn} lit={drawn.link.a === focus || drawn.link.b === focus} />
          ))}
        </g>
        <g>
          {flows.map((flow) => (
            <FlowLine key={flow.key} flow={flow} lit={flow.fromId === focus || flow.toId === focus} />
          ))}
        </g>
      </svg>
      {cards.map((card) => (
        <NodeCard
          key={card.id}
          card={card}
          width={grid.cardWidth}
          near={near.has(card.id)}
          chosen={card.id === chosen}
          faded={fitting !== null && !fitting.has(card.id)}
          oldAfterMs={oldAfterMs}
          onHover={onHover}
          onKill={onKill}
        />
      ))}
    </div>
  );
}
