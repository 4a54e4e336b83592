/** A node on the map: disc in its type's colour, name, frames per minute. A link to itself, so that keys reach it. */

import { ageNow, ageText } from "../format/ages.js";
import { cut, typeClass } from "../format/names.js";
import { rateText } from "../format/numbers.js";
import { useNow } from "../hooks/use-now.js";
import { DISC_RADIUS } from "../layout/lanes.js";
import { doubtsOf, type Ring, ringOf } from "../model/member-state.js";
import { routeHash } from "../state/route.js";
import type { Disc } from "./map-model.js";

/** Clear of the disc's own edge, which is in its type's colour. */
export const RING_RADIUS = DISC_RADIUS + 4;
/** What fits beside a disc (lanes.ts keeps the room). */
const LABEL_CHARS = 15;

export interface NodeDiscProps {
  readonly disc: Disc;
  /** It is looked at, or linked with the one that is. */
  readonly near: boolean;
  readonly chosen: boolean;
  readonly oldAfterMs: number;
  readonly onHover: (id: string | null) => void;
}

export function NodeDisc({ disc, near, chosen, oldAfterMs, onHover }: NodeDiscProps) {
  const { id, name, label, type, side, node, x, y } = disc;
  const out = side === "left" ? -1 : 1;
  const ring = ringOf(node);
  const at = out * (RING_RADIUS + 7);
  const anchor = side === "left" ? "end" : "start";
  const title = cut(label, LABEL_CHARS);
  const below = secondLine(disc, oldAfterMs, useNow());
  const width = Math.max(title.length * 7.1, below.length * 6.6) + 4;
  return (
    <g transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
      <a
        href={routeHash("topology", chosen ? null : (node?.name ?? id))}
        className={`disc ${typeClass(type)} state-${ring}${near ? " near" : ""}${chosen ? " chosen" : ""}`}
        aria-label={`${name}, ${ring}`}
        data-testid={`disc-${name}`}
        data-ring={ring}
        onMouseEnter={() => onHover(id)}
        onMouseLeave={() => onHover(null)}
        onFocus={() => onHover(id)}
        onBlur={() => onHover(null)}
      >
        <rect className="disc-ground" x={side === "left" ? at - width : at} y={-14} width={width} height={31} rx="4" />
        <circle className="disc-ring" r={RING_RADIUS} />
        <circle className="disc-body" r={DISC_RADIUS} />
        <text className="disc-sign" textAnchor="middle" dy="0.36em">
          {signOf(ring, type)}
        </text>
        <text className="disc-name" x={at} y="-1" textAnchor={anchor}>
          {title}
        </text>
        <text className="disc-rate" x={at} y="13" textAnchor={anchor}>
          {below}
        </text>
      </a>
    </g>
  );
}

/** What has no fresh figures shows their age instead of them. */
function secondLine({ node, receivedAtMs }: Disc, oldAfterMs: number, nowMs: number): string {
  if (node === null) return "unknown";
  const ring = ringOf(node);
  if (ring !== "alive") {
    const since =
      ring === "doubted" ? Math.max(...doubtsOf(node).map(({ stateAgeMs }) => stateAgeMs)) : node.stateAgeMs;
    return `${ring} ${ageText(ageNow(since, receivedAtMs, nowMs))}`;
  }
  const ageMs = ageNow(node.statsAgeMs, receivedAtMs, nowMs);
  if (ageMs !== null && ageMs > oldAfterMs) return `figures ${ageText(ageMs)} old`;
  return `↑${rateText(node.framesSentPerMinute)} ↓${rateText(node.framesReceivedPerMinute)}`;
}

/** The type's first letter; what is not live says so. */
function signOf(ring: Ring, type: string): string {
  if (ring === "alive" || ring === "suspected" || ring === "doubted") return type.charAt(0).toUpperCase();
  if (ring === "starting") return "…";
  return ring === "unknown" ? "?" : "×";
}
