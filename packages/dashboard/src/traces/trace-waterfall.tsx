/** The spans of a trace on its time scale, depth first. Offsets are by the nodes' own clocks, and said to be. */
import type { SpanView, TraceView } from "@meshwork/console/api-types";
import { Fragment, useState } from "react";
import { meshClass, stepName, typeClass } from "../format/names.js";
import { durationText, UNKNOWN } from "../format/numbers.js";
import { placed } from "../layout/time-scale.js";
import { TimeScale } from "../parts/time-scale.js";
import { SpanDetail } from "./span-detail.js";

const INDENT_PX = 14;
const MAX_INDENT = 8;

export function TraceWaterfall({ trace }: { readonly trace: TraceView }) {
  const [open, setOpen] = useState<string | null>(null);
  const totalMs = Math.max(trace.durationMs, 0.001);
  const meshes = [...trace.meshes].sort();
  return (
    <div className="waterfall trace" data-testid="trace-waterfall">
      <div className="waterfall-row waterfall-head">
        <span>Span</span>
        <span>Node</span>
        <span className="num">Took</span>
        <TimeScale totalMs={totalMs} ticks={4} />
      </div>
      {trace.spans.map((span) => (
        <Fragment key={span.spanId}>
          <SpanRow
            span={span}
            totalMs={totalMs}
            meshes={meshes}
            open={open === span.spanId}
            onToggle={() => setOpen(open === span.spanId ? null : span.spanId)}
          />
          {open === span.spanId && <SpanDetail span={span} />}
        </Fragment>
      ))}
      {trace.meshes.length > 0 && trace.nodes.length > 1 && (
        <p className="muted small">
          Each span lies where its own node's clock puts it; clocks of different nodes may differ.
        </p>
      )}
    </div>
  );
}

interface SpanRowProps {
  readonly span: SpanView;
  readonly totalMs: number;
  readonly meshes: readonly string[];
  readonly open: boolean;
  readonly onToggle: () => void;
}

function SpanRow({ span, totalMs, meshes, open, onToggle }: SpanRowProps) {
  const { left, width } = placed(span.offsetMs, span.durationMs, totalMs);
  const operation = span.attributes["mesh.operation"];
  const failed = span.status === "error";
  return (
    <div className="waterfall-row" data-testid="span-row" data-node={span.node ?? ""} data-kind={span.kind}>
      <button
        type="button"
        className="span-name"
        aria-expanded={open}
        onClick={onToggle}
        style={{ paddingLeft: Math.min(span.depth, MAX_INDENT) * INDENT_PX }}
        title={`${span.name} (${span.kind})`}
      >
        <span aria-hidden="true">{open ? "▾" : "▸"}</span> {stepName(span.name)}
        {typeof operation === "string" && <b> {operation}</b>}
        {span.kind !== "internal" && span.kind !== "unspecified" && <span className="muted"> {span.kind}</span>}
        {span.orphan && <span className="warn"> its parent is not here</span>}
        {failed && <span className="bad"> failed</span>}
      </button>
      <span className="span-node">
        <span className={`badge ${meshClass(span.mesh ?? "", meshes)}`}>{span.mesh ?? UNKNOWN}</span>{" "}
        <span className="mono">{span.node ?? UNKNOWN}</span>
      </span>
      <span className="num">{durationText(span.durationMs)}</span>
      <span className="track">
        <span
          className={`span-bar ${failed ? "step-broken" : typeClass(span.service ?? "")}`}
          style={{ left: `${left}%`, width: `${width}%` }}
          title={`${span.name}: ${durationText(span.durationMs)} from ${durationText(span.offsetMs)}`}
        />
      </span>
    </div>
  );
}
