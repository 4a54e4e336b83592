/** The map of a few dozen nodes: a card each, links and flows as curves between them. */
import {
  type CardPlace,
  cardPlace,
  innerSide,
  type LaneGrid,
  laneCentre,
  laneColumns,
  laneGrid,
} from "../layout/lanes.js";
import { linkBetween, linkWithin } from "../layout/link-path.js";
import type { SlotBook } from "../layout/slot-book.js";
import type { Flow } from "../model/flows.js";
import type { MapLink, MapNode, MeshMap } from "./map-model.js";

export interface Card extends MapNode {
  readonly place: CardPlace;
}

export interface DrawnLink extends MapLink {
  readonly path: string;
}

export interface DrawnFlow extends Flow {
  readonly fromId: string;
  readonly toId: string;
  readonly path: string;
}

export interface CardMap {
  readonly grid: LaneGrid;
  readonly cards: readonly Card[];
  readonly links: readonly DrawnLink[];
  readonly flows: readonly DrawnFlow[];
}

export function cardMap(map: MeshMap, slots: SlotBook, width: number): CardMap {
  const columns = laneColumns(map.meshes.length, width);
  const places = slots.arrange(
    map.meshes.map((mesh, index) => ({
      mesh,
      inner: innerSide(index, columns),
      nodes: map.nodes.filter((node) => node.mesh === mesh).map(({ id, type, label }) => ({ key: id, type, label })),
    })),
  );
  const grid = laneGrid(map.meshes, slots.rows, width);
  const laneOf = new Map(grid.lanes.map((lane) => [lane.mesh, lane]));
  const cards = map.nodes.flatMap((node): Card[] => {
    const [lane, slot] = [laneOf.get(node.mesh), places.get(node.id)];
    return lane === undefined || slot === undefined ? [] : [{ ...node, place: cardPlace(lane, slot, grid.cardWidth) }];
  });
  const byId = new Map(cards.map((card) => [card.id, card]));
  const byName = new Map(cards.map((card) => [card.name, card]));
  const links = map.links.flatMap((mapLink): DrawnLink[] => {
    const [a, b] = [byId.get(mapLink.link.a), byId.get(mapLink.link.b)];
    if (a === undefined || b === undefined) return [];
    const lane = a.mesh === b.mesh ? laneOf.get(a.mesh) : undefined;
    const path = lane === undefined ? linkBetween(a.place, b.place) : linkWithin(a.place, b.place, laneCentre(lane));
    return [{ ...mapLink, path }];
  });
  const flows = map.flows.flatMap((flow): DrawnFlow[] => {
    const [from, to] = [byName.get(flow.from), byName.get(flow.to)];
    if (from === undefined || to === undefined) return [];
    return [{ ...flow, fromId: from.id, toId: to.id, path: linkBetween(from.place, to.place) }];
  });
  return { grid, cards, links, flows };
}
