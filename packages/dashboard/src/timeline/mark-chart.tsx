/** The axis: a lane for each kind that is shown, a shape for what happened within a few pixels, and the slider over it. */
import type { HistoryMark } from "@meshwork/console/api-types";
import { useMemo } from "react";
import { clockText } from "../format/ages.js";
import { useWidth } from "../hooks/use-size.js";
import { markBins, timeTicks } from "./mark-bins.js";
import { LANES, laneOf } from "./mark-kinds.js";

const LANE_HEIGHT = 18;
const COLUMN_PX = 5;
const AXIS_HEIGHT = 18;
/** The slider's steps. */
const STEP_MS = 250;

export interface MarkChartProps {
  readonly marks: readonly HistoryMark[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly momentMs: number | null;
  readonly onMoment: (momentMs: number | null) => void;
}

export function MarkChart({ marks, fromMs, toMs, momentMs, onMoment }: MarkChartProps) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const lanes = useMemo(() => {
    const present = new Set(marks.map(({ kind }) => laneOf(kind)));
    return LANES.filter((lane) => present.has(lane));
  }, [marks]);
  const axis = { fromMs, toMs };
  const bins = width === 0 ? [] : markBins(marks, axis, Math.floor(width / COLUMN_PX));
  const height = Math.max(1, lanes.length) * LANE_HEIGHT + AXIS_HEIGHT;
  const at = momentMs === null ? 1 : (momentMs - fromMs) / Math.max(1, toMs - fromMs);
  return (
    <div className="mark-chart">
      <div className="mark-lanes" aria-hidden="true">
        {lanes.map((lane) => (
          <span key={lane} style={{ height: LANE_HEIGHT }}>
            {lane}
          </span>
        ))}
      </div>
      <div ref={frame} className="mark-frame">
        <svg width={width} height={height} data-testid="mark-chart" aria-hidden="true">
          {lanes.map((lane, row) => (
            <line
              key={lane}
              className="mark-rule"
              x1={0}
              x2={width}
              y1={(row + 0.5) * LANE_HEIGHT}
              y2={(row + 0.5) * LANE_HEIGHT}
            />
          ))}
          {timeTicks(axis).map(({ text, x }) => (
            <g key={text}>
              <line className="mark-tick" x1={x * width} x2={x * width} y1={0} y2={height - AXIS_HEIGHT} />
              <text
                className="mark-time"
                x={x * width}
                y={height - 4}
                textAnchor={x > 0.97 ? "end" : x < 0.03 ? "start" : "middle"}
              >
                {text}
              </text>
            </g>
          ))}
          {bins.map((bin) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the slider and the table below do the same by keyboard
            <rect
              key={`${bin.lane} ${bin.x}`}
              className={`mark lane-${bin.lane} severity-${bin.severity}`}
              x={bin.x * width - COLUMN_PX / 2}
              y={lanes.indexOf(bin.lane) * LANE_HEIGHT + (LANE_HEIGHT - heightOf(bin.count)) / 2}
              width={COLUMN_PX - 1}
              height={heightOf(bin.count)}
              rx={1.5}
              onClick={() => onMoment(bin.atMs)}
              data-testid={`mark-${bin.lane}`}
              data-count={bin.count}
            >
              <title>{`${clockText(bin.atMs)} ${bin.message}${bin.count > 1 ? `, and ${bin.count - 1} more` : ""}`}</title>
            </rect>
          ))}
          <line className="mark-moment" x1={at * width} x2={at * width} y1={0} y2={height - AXIS_HEIGHT} />
        </svg>
        <input
          type="range"
          className="scrubber"
          aria-label="moment"
          aria-valuetext={momentMs === null ? "now" : clockText(momentMs)}
          min={0}
          max={toMs - fromMs}
          step={STEP_MS}
          value={momentMs === null ? toMs - fromMs : momentMs - fromMs}
          onChange={(event) => {
            const value = Number(event.target.value);
            onMoment(value >= toMs - fromMs - STEP_MS ? null : fromMs + value);
          }}
          data-testid="scrubber"
        />
      </div>
    </div>
  );
}

/** Grows with the number, to the lane's height. */
function heightOf(count: number): number {
  return Math.min(LANE_HEIGHT - 2, 6 + 3 * Math.log2(count));
}
