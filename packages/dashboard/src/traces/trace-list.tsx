/** The newest traces that fit the search. Asked for again when the stream tells of messages or events, every two seconds at most. */
import type { TraceSummary } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { shortName } from "../format/names.js";
import { bytesText, countText, durationText, partText, UNKNOWN } from "../format/numbers.js";
import { useApi } from "../hooks/use-api.js";
import { Age } from "../parts/age.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { ScrollFrame } from "../parts/scroll-frame.js";
import { Section } from "../parts/section.js";
import type { LiveData } from "../state/live-state.js";
import { routeHash } from "../state/route.js";
import { traceQuery } from "./trace-search.js";
import { TraceSearchBar } from "./trace-search-bar.js";
import { useArrivals } from "./use-arrivals.js";
import { useTraceSearch } from "./use-trace-search.js";

const AGAIN_MS = 2_000;
const MOST = 60;

export function TraceList({ data: live, chosen }: { readonly data: LiveData; readonly chosen: string | null }) {
  const [search] = useTraceSearch();
  const version = useArrivals(live, AGAIN_MS);
  const target = targetOf("GET /api/traces", { query: { limit: MOST, ...traceQuery(search) } });
  const { data, failure, receivedAtMs, loading } = useApi(target, version);
  const store = data?.store;
  const crossing = search.meshes !== "any";
  return (
    <Section title="Traces" aside={<AsOf receivedAtMs={data === null ? null : receivedAtMs} />}>
      <div className="controls">
        <TraceSearchBar services={live.services.value} />
        {store !== undefined && (
          <span
            className="muted"
            title={`${countText(store.evictedSpans)} spans evicted, ${countText(store.rejectedSpans)} refused, of ${countText(store.receivedSpans)} received`}
          >
            store: {countText(store.traces)} traces, {countText(store.spans)} of at most {countText(store.maxSpans)}{" "}
            spans, {bytesText(store.bytes)}; dropped: {partText(store.droppedShare, 1)}
          </span>
        )}
      </div>
      {failure !== null && <FailureNote failure={failure} what="The traces could not be read" />}
      {data === null && loading && <Empty title="Asking for the traces…" />}
      {data !== null && data.traces.length === 0 && (
        <Empty title={crossing ? "No such trace across meshes is in the store" : "No such trace is in the store"}>
          {crossing
            ? "A gateway's call to the other mesh makes one: it needs the demo's traffic (mesh up without --no-traffic)."
            : "Traces come with the nodes' telemetry, within seconds."}
        </Empty>
      )}
      {data !== null && data.traces.length > 0 && (
        <ScrollFrame label="The traces found">
          <table>
            <thead>
              <tr>
                <th className="num">Age</th>
                <th>Root</th>
                <th>Nodes</th>
                <th>Meshes</th>
                <th className="num">Spans</th>
                <th className="num">Took</th>
                <th>Trace</th>
              </tr>
            </thead>
            <tbody>
              {data.traces.map((trace) => (
                <TraceRow
                  key={trace.traceId}
                  trace={trace}
                  receivedAtMs={receivedAtMs}
                  chosen={trace.traceId === chosen}
                />
              ))}
            </tbody>
          </table>
        </ScrollFrame>
      )}
    </Section>
  );
}

function TraceRow({ trace, receivedAtMs, chosen }: { trace: TraceSummary; receivedAtMs: number; chosen: boolean }) {
  const shown = trace.nodes.slice(0, 3).map(shortName).join(" → ");
  return (
    <tr className={chosen ? "chosen" : ""} data-testid="trace-row">
      <td className="num">
        <Age ageMs={trace.ageMs} receivedAtMs={receivedAtMs} />
      </td>
      <td title={trace.rootNode ?? undefined}>
        {trace.operation ?? trace.rootName ?? <span className="muted">its root has not come</span>}
        {trace.errorCount > 0 && <span className="badge bad">{trace.errorCount} failed</span>}
      </td>
      <td className="mono" title={trace.nodes.join("\n")}>
        {shown === "" ? UNKNOWN : shown}
        {trace.nodes.length > 3 && <span className="muted"> +{trace.nodes.length - 3}</span>}
      </td>
      <td className={trace.meshes.length > 1 ? "crossing-text" : ""}>{trace.meshes.join(" → ") || UNKNOWN}</td>
      <td className="num">{trace.spanCount}</td>
      <td className="num">{durationText(trace.durationMs)}</td>
      <td>
        <a className="mono" href={routeHash("traces", trace.traceId)} aria-current={chosen ? "true" : undefined}>
          {trace.traceId.slice(0, 8)}
        </a>
      </td>
    </tr>
  );
}
