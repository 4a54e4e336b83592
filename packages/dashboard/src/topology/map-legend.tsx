/** What the colours and lines of the map mean, with how many there are of each. */
import { byType } from "../format/names.js";
import { ringOf } from "../model/member-state.js";
import { TypeMark } from "../parts/type-mark.js";
import type { MeshMap } from "./map-model.js";

export function MapLegend({ map }: { readonly map: MeshMap | null }) {
  const types = [...new Set(map?.discs.map((disc) => disc.type) ?? [])].sort(byType);
  const count = (kind: string, both: boolean) =>
    map?.links.filter((drawn) => drawn.kind === kind && (drawn.report === "both") === both).length ?? 0;
  const ringCounts = new Map<string, number>();
  for (const { node } of map?.discs ?? []) ringCounts.set(ringOf(node), (ringCounts.get(ringOf(node)) ?? 0) + 1);
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
      <span className="legend-gap" />
      {RINGS.map(({ ring, text }) => (
        <RingSample key={ring} ring={ring} text={text} count={ringCounts.get(ring) ?? 0} />
      ))}
      <span className="muted">↑ sent ↓ received, frames/min</span>
    </div>
  );
}

/** Whose view: the console's own, but for `doubted`. */
const RINGS = [
  { ring: "alive", text: "alive" },
  { ring: "suspected", text: "suspected by the console" },
  { ring: "doubted", text: "doubted by another node" },
  { ring: "dead", text: "dead" },
  { ring: "left", text: "left" },
  { ring: "expired", text: "expired" },
] as const;

function RingSample({ ring, text, count }: { readonly ring: string; readonly text: string; readonly count: number }) {
  return (
    <span className="line-sample" data-testid={`legend-ring-${ring}`}>
      <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
        <g className={`disc state-${ring}`}>
          <circle className="disc-ring" r="6" />
        </g>
      </svg>
      {text} <b>{count}</b>
    </span>
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
