/** What the colours and lines of the map mean, with how many there are of each. */
import { byType } from "../format/names.js";
import { TypeMark } from "../parts/type-mark.js";
import type { MeshMap } from "./map-model.js";

export function MapLegend({ map }: { readonly map: MeshMap | null }) {
  const types = [...new Set(map?.discs.map((disc) => disc.type) ?? [])].sort(byType);
  const count = (kind: string, both: boolean) =>
    map?.links.filter((drawn) => drawn.kind === kind && (drawn.report === "both") === both).length ?? 0;
  return (
    <div className="legend">
      {types.map((type) => (
        <TypeMark key={type} type={type} />
      ))}
      <span className="legend-gap" />
      <LineSample kind="member both" text="link that both ends report" count={count("member", true)} />
      <LineSample kind="member one" text="one end only" count={count("member", false)} />
      <LineSample kind="observer both" text="observer's link" count={count("observer", true)} />
      <LineSample kind="observer one" text="one end only" count={count("observer", false)} />
      <span className="muted">↑ sent ↓ received, frames/min</span>
    </div>
  );
}

function LineSample({ kind, text, count }: { readonly kind: string; readonly text: string; readonly count: number }) {
  return (
    <span className="line-sample">
      <svg width="26" height="8" aria-hidden="true">
        <path className={`link ${kind}`} d="M0 4H26" />
      </svg>
      {text} <b>{count}</b>
    </span>
  );
}
