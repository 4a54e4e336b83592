/** Messages from one node to one of another mesh: a dashed line that moves with them, as thick as its rate. */
import { memo } from "react";
import { rateText } from "../format/numbers.js";
import type { DrawnFlow } from "./card-layout.js";

/** Full width from this rate on. */
const BROAD_PER_MINUTE = 1_000;

export const FlowLine = memo(
  function FlowLine({ flow, lit }: { readonly flow: DrawnFlow; readonly lit: boolean }) {
    const { perMinute, path, from, to } = flow;
    const share = Math.log10(1 + (perMinute ?? 0)) / Math.log10(1 + BROAD_PER_MINUTE);
    return (
      <path
        className={lit ? "flow lit" : "flow"}
        d={path}
        style={{ strokeWidth: 1.2 + 2.2 * Math.min(1, share) }}
        data-testid="flow"
        data-from={from}
        data-to={to}
      >
        <title>{`${from} → ${to}: ${perMinute === null ? "rate not known yet" : `${rateText(perMinute)} messages/min`}`}</title>
      </path>
    );
  },
  (a, b) => a.lit === b.lit && a.flow.path === b.flow.path && a.flow.perMinute === b.flow.perMinute,
);
