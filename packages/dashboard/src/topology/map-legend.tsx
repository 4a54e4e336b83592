/** What the colours and lines of the map mean, with how many there are of each. What there is none of is left out, but for the usual. */
import { byType } from "../format/names.js";
import { countText } from "../format/numbers.js";
import { TypeMark } from "../parts/type-mark.js";
import type { MeshMap } from "./map-model.js";

export function MapLegend({ map }: { readonly map: MeshMap }) {
  const types = [...new Set(map.nodes.map(({ type }) => type))].sort(byType);
  const count = (kind: string, both: boolean) =>
    map.links.filter((link) => link.kind === kind && (link.report === "both") === both).length;
  const rings = new Map<string, number>();
  for (const { ring } of map.nodes) rings.set(ring, (rings.get(ring) ?? 0) + 1);
  return (
    <div className="legend">
      {types.map((type) => (
        <TypeMark key={type} type={type} />
      ))}
      <span className="legend-gap" />
      <LineSample kind="link member both" text="link" count={count("member", true)} />
      <LineSample kind="link member one" half text="one end only" count={count("member", false)} />
      <LineSample kind="link observer both" text="observer's" count={count("observer", true)} />
      {count("observer", false) > 0 && (
        <LineSample kind="link observer one" half text="one end only" count={count("observer", false)} />
      )}
      <LineSample kind="flow" text="messages" count={map.flows.length} />
      {RINGS.filter(({ ring }) => ring === "alive" || rings.has(ring)).map(({ ring, text }) => (
        <RingSample key={ring} ring={ring} text={text} count={rings.get(ring) ?? 0} />
      ))}
    </div>
  );
}

/** Whose view: the console's own, but for `doubted`. */
const RINGS = [
  { ring: "alive", text: "alive" },
  { ring: "suspected", text: "suspected" },
  { ring: "doubted", text: "doubted by others" },
  { ring: "dead", text: "dead" },
  { ring: "left", text: "left" },
  { ring: "expired", text: "expired" },
] as const;

function RingSample({ ring, text, count }: { readonly ring: string; readonly text: string; readonly count: number }) {
  return (
    <span className="line-sample" data-testid={`legend-ring-${ring}`}>
      <svg className="state-ring" width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
        <circle className={`ring-arc state-${ring}`} r="6" />
      </svg>
      {text} <b>{countText(count)}</b>
    </span>
  );
}

interface LineSampleProps {
  readonly kind: string;
  readonly text: string;
  readonly count: number;
  readonly half?: boolean;
}

function LineSample({ kind, text, count, half = false }: LineSampleProps) {
  return (
    <span className="line-sample">
      <svg width="28" height="8" aria-hidden="true">
        <path className={kind} d="M0 4H28" />
        {half && <path className={`${kind} reporting`} d="M0 4H14" />}
      </svg>
      {text} <b>{countText(count)}</b>
    </span>
  );
}
