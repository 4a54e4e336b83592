/** The map of a few dozen nodes, in the width that it finds. */
import { useMemo } from "react";
import { useSession } from "../hooks/use-live.js";
import { useWidth } from "../hooks/use-size.js";
import { cardMap } from "./card-layout.js";
import type { MeshMap } from "./map-model.js";
import { type MapViewProps, MeshMapView } from "./mesh-map-view.js";

export function CardView({ map, ...view }: MapViewProps & { readonly map: MeshMap }) {
  const { slots } = useSession();
  const [ref, width] = useWidth<HTMLDivElement>();
  const cards = useMemo(() => (width === 0 ? null : cardMap(map, slots, width)), [map, slots, width]);
  return (
    <div ref={ref} className="map-frame">
      {cards !== null && <MeshMapView map={cards} {...view} />}
    </div>
  );
}
