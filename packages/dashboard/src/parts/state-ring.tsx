/**
 * A node's sign: the first letter of its type, and around it what is said of it. One arc for each state, as long as the share of those
 * who say so: this console and the nodes that told lately. Where all agree it is one ring.
 */
import type { NodeView } from "@meshwork/console/api-types";
import { typeClass } from "../format/names.js";
import { type Ring, ringOf } from "../model/member-state.js";

const RADIUS = 11;
const ROUND = 2 * Math.PI * RADIUS;
/** A single voice among many is seen all the same. */
const LEAST_SHARE = 0.14;

export function StateRing({ node, type }: { readonly node: NodeView | null; readonly type: string }) {
  const ring = ringOf(node);
  let from = 0;
  return (
    <svg className={`state-ring ${typeClass(type)} state-${ring}`} viewBox="-14 -14 28 28" aria-hidden="true">
      <circle className="ring-body" r="8" />
      {sharesOf(node).map(({ state, share }) => {
        const arc = (
          <circle
            key={state}
            className={`ring-arc state-${state}`}
            r={RADIUS}
            strokeDasharray={share >= 1 ? undefined : `${Math.max(0, share * ROUND - 1.5)} ${ROUND}`}
            strokeDashoffset={-from * ROUND}
            transform="rotate(-90)"
          />
        );
        from += share;
        return arc;
      })}
      <text textAnchor="middle" dy="0.36em">
        {signOf(ring, type)}
      </text>
    </svg>
  );
}

/** Of all who say something: how many say which. */
function sharesOf(node: NodeView | null): readonly { readonly state: string; readonly share: number }[] {
  if (node === null) return [{ state: "unknown", share: 1 }];
  const counts = new Map<string, number>([[node.state, 1 + node.agreeing]]);
  for (const { state } of node.observers) counts.set(state, (counts.get(state) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const raised = [...counts].map(([state, count]) => ({ state, share: Math.max(LEAST_SHARE, count / total) }));
  const sum = raised.reduce((all, { share }) => all + share, 0);
  return raised.map(({ state, share }) => ({ state, share: share / sum }));
}

/** The type's first letter; what is not live says so. */
export function signOf(ring: Ring, type: string): string {
  if (ring === "alive" || ring === "suspected" || ring === "doubted") return type.charAt(0).toUpperCase();
  if (ring === "starting") return "…";
  return ring === "unknown" ? "?" : "×";
}
