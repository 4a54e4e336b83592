/** The map of a few dozen nodes, in the width that it finds. Arrow keys walk from card to card. */
import { type KeyboardEvent, useMemo } from "react";
import { useSession } from "../hooks/use-live.js";
import { useWidth } from "../hooks/use-size.js";
import { nextPlace, wayOf } from "../layout/directions.js";
import { type CardMap, cardMap } from "./card-layout.js";
import type { MeshMap } from "./map-model.js";
import { type MapViewProps, MeshMapView } from "./mesh-map-view.js";

export function CardView({ map, ...view }: MapViewProps & { readonly map: MeshMap }) {
  const { slots } = useSession();
  const [ref, width] = useWidth<HTMLDivElement>();
  const cards = useMemo(() => (width === 0 ? null : cardMap(map, slots, width)), [map, slots, width]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the cards in it have the focus; this only moves it among them
    <div ref={ref} className="map-frame" onKeyDown={(event) => cards !== null && walk(event, cards)}>
      {cards !== null && <MeshMapView map={cards} {...view} />}
    </div>
  );
}

function walk(event: KeyboardEvent<HTMLElement>, { cards }: CardMap): void {
  const way = wayOf(event.key);
  const at = cards.find(({ id }) => id === (event.target as HTMLElement).dataset.node);
  if (way === undefined || at === undefined) return;
  event.preventDefault();
  const places = cards.map(({ id, place: { x, y } }) => ({ id, x, y }));
  const next = nextPlace(places, at.place, way);
  if (next !== null) event.currentTarget.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.id)}"]`)?.focus();
}
