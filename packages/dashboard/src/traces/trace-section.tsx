/** One trace; asked for again while spans come that may be its own. */
import { targetOf } from "@meshwork/console/client";
import { useState } from "react";
import { clockText } from "../format/ages.js";
import { durationText } from "../format/numbers.js";
import { useApi } from "../hooks/use-api.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { Section } from "../parts/section.js";
import type { LiveData } from "../state/live-state.js";
import { routeHash } from "../state/route.js";
import { TraceWaterfall } from "./trace-waterfall.js";
import { useArrivals } from "./use-arrivals.js";

const AGAIN_MS = 3_000;
/** Exporters send within seconds of a span's end: a trace that got none for so long is whole, or never will be. */
const SETTLED_MS = 30_000;

export function TraceSection({ id, data: live }: { readonly id: string; readonly data: LiveData }) {
  const known = /^[0-9a-f]{32}$/.test(id);
  const target = known ? targetOf("GET /api/traces/{id}", { path: { id } }) : null;
  const { jaegerUrl } = live.cluster.value;
  const arrived = useArrivals(live, AGAIN_MS);
  const [settled, setSettled] = useState<string | null>(null);
  const { data, failure, receivedAtMs, loading } = useApi(target, settled === id ? null : arrived);
  if (data !== null && data.ageMs > SETTLED_MS && settled !== id) setSettled(id);
  return (
    <Section
      title={`Trace ${id.slice(0, 8)}`}
      aside={
        <>
          <AsOf receivedAtMs={data === null ? null : receivedAtMs} />
          {jaegerUrl !== null && known && (
            <a href={`${jaegerUrl}/trace/${id}`} target="_blank" rel="noreferrer" data-testid="jaeger-link">
              in Jaeger
            </a>
          )}
          <a className="quiet" href={routeHash("traces")} aria-label="close the trace">
            ✕
          </a>
        </>
      }
    >
      {!known && <Empty title="This is no trace id">A trace id has 32 hex digits.</Empty>}
      {failure !== null && <FailureNote failure={failure} what="The trace could not be read" />}
      {data === null && known && loading && <Empty title="Asking for the trace…" />}
      {data !== null && (
        <>
          <p className="trace-line">
            <b>{data.operation ?? data.rootName ?? "root not here"}</b> at {clockText(data.startedAtMs)},{" "}
            {durationText(data.durationMs)}, {data.spanCount} spans from {data.nodes.length} nodes in{" "}
            {data.meshes.join(" and ")} <code className="small">{data.traceId}</code>
          </p>
          <TraceWaterfall key={data.traceId} trace={data} />
        </>
      )}
    </Section>
  );
}
