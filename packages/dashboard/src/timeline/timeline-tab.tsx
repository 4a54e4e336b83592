/** What happened within the last half hour, on one axis; and the map as it was at the moment that the reader chooses. */
import type { HistoryState } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import { useMemo, useState } from "react";
import type { TabProps } from "../app.js";
import { ageText, clockText } from "../format/ages.js";
import { countText } from "../format/numbers.js";
import { useApi } from "../hooks/use-api.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { Section } from "../parts/section.js";
import { TopologyTab } from "../topology/topology-tab.js";
import { isShown, type MarkFilter } from "./mark-bins.js";
import { MarkChart } from "./mark-chart.js";
import { MarkFilters } from "./mark-filters.js";
import { HIDDEN_AT_FIRST, LANES } from "./mark-kinds.js";
import { MarkTable } from "./mark-table.js";
import { pastData } from "./past-data.js";
import { useHistory } from "./use-history.js";

/** Links change slowly. */
const FRESH_LINKS_MS = 3_000;

export function TimelineTab({ data, item }: TabProps) {
  const { history, failure } = useHistory(data);
  const [filter, setFilter] = useState<MarkFilter>({
    lanes: new Set(LANES.filter((lane) => !HIDDEN_AT_FIRST.includes(lane))),
    mesh: null,
    node: "",
  });
  /** On the history's line of time; null is the present. */
  const [chosenMs, setMoment] = useState<number | null>(null);
  const momentMs = chosenMs !== null && history !== null ? Math.max(chosenMs, history.fromMs) : null;
  const target = momentMs === null ? null : targetOf("GET /api/history/state", { query: { at: Math.ceil(momentMs) } });
  const past = useApi(target);
  // What was seen last stays while the next moment is asked for: the map does not blink under a moving hand.
  const [held, setHeld] = useState<HistoryState | null>(null);
  if (past.data !== null && past.data !== held) setHeld(past.data);
  const shownPast = momentMs === null ? null : held;
  const then = useMemo(() => (shownPast === null ? null : pastData(data, shownPast)), [data, shownPast]);
  if (history === null)
    return failure === null ? (
      <Empty title="Asking for the last half hour…" />
    ) : (
      <FailureNote failure={failure} what="The history could not be read" />
    );
  const { view, nowMs, fromMs } = history;
  const marks = history.marks.filter((mark) => isShown(mark, filter));
  const meshes = data.cluster.value.meshes.map(({ mesh }) => mesh);
  return (
    <>
      <Section
        title="Timeline"
        aside={
          <span className="as-of">
            {countText(history.marks.length)} marks, back to {clockText(fromMs)}
            {view.store.evictedEntries > 0 && `; ${countText(view.store.evictedEntries)} older changes had to go`}
          </span>
        }
      >
        <MarkFilters filter={filter} meshes={meshes} marks={history.marks} onChange={setFilter} />
        <MarkChart marks={marks} fromMs={fromMs} toMs={nowMs} momentMs={momentMs} onMoment={setMoment} />
        <div className="timeline-moment" data-past={momentMs !== null || undefined}>
          {momentMs === null ? (
            <span data-testid="moment">The map below is of now. Move the slider to see it as it was.</span>
          ) : (
            <>
              <strong data-testid="moment">
                The mesh as it was at {clockText(momentMs)}, {ageText(nowMs - momentMs)} ago
              </strong>
              {shownPast !== null && <LinksNote state={shownPast} />}
              <button type="button" onClick={() => setMoment(null)} data-testid="moment-now">
                Back to now
              </button>
            </>
          )}
        </div>
        {past.failure !== null && momentMs !== null && (
          <FailureNote failure={past.failure} what="That moment could not be rebuilt" />
        )}
      </Section>
      <div className={momentMs === null ? "timeline-map" : "timeline-map timeline-past"} data-testid="timeline-map">
        {(momentMs === null || then !== null) && <TopologyTab data={then ?? data} item={item} />}
      </div>
      <Section title={momentMs === null ? "What happened" : "What had happened until then"}>
        <MarkTable marks={marks} momentMs={momentMs} onMoment={setMoment} />
      </Section>
    </>
  );
}

/** Links are known only while somebody looks: what the picture then shows is older than its moment. */
function LinksNote({ state }: { readonly state: HistoryState }) {
  const { linksAgeMs } = state;
  if (linksAgeMs === null) return <span className="warn">Nobody had looked by then: its links are not known.</span>;
  if (linksAgeMs < FRESH_LINKS_MS) return null;
  return <span className="warn">Nobody looked then: its links are {ageText(linksAgeMs)} older.</span>;
}
