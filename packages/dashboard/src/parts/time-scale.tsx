/** The head of a waterfall: round times on its scale. One that would leave the scale stands left of its line. */
import { durationText } from "../format/numbers.js";
import { ticksOf } from "../layout/time-scale.js";

const LAST_PERCENT = 90;

export function TimeScale({ totalMs, ticks }: { readonly totalMs: number; readonly ticks: number }) {
  return (
    <span className="scale" aria-hidden="true">
      {ticksOf(totalMs, ticks).map((tick) => {
        const percent = (tick / totalMs) * 100;
        return percent > LAST_PERCENT ? (
          <span key={tick} className="before" style={{ right: `${100 - percent}%` }}>
            {durationText(tick)}
          </span>
        ) : (
          <span key={tick} style={{ left: `${percent}%` }}>
            {durationText(tick)}
          </span>
        );
      })}
    </span>
  );
}
