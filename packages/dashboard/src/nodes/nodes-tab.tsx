/** All nodes with their figures: state and load above, frames by kind below. Page and benchmark read the same counters. */
import { useMemo, useState } from "react";
import type { TabProps } from "../app.js";
import { FilterBar } from "../filter/filter-bar.js";
import { useFilter } from "../hooks/use-filter.js";
import { useLive } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { useWord } from "../hooks/use-query.js";
import { consumersOf } from "../model/consumers.js";
import { linksByEnd } from "../model/link-kind.js";
import { isGone, isInPicture } from "../model/member-state.js";
import { fits, isFiltering } from "../model/node-filter.js";
import { inOrder } from "../model/row-order.js";
import { sharedProcesses } from "../model/shared-processes.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import { routeHash } from "../state/route.js";
import { FramesTable } from "./frames-table.js";
import { orderRows, orderText, parseOrder } from "./node-order.js";
import { NodeTable } from "./node-table.js";
import { NodeTiles } from "./node-tiles.js";
import { OrderSelect } from "./order-select.js";
import { ProcessNote } from "./process-note.js";

/** Below this, a delay of one report would look like trouble. */
const MIN_OLD_MS = 6_000;

export function NodesTab({ data, item }: TabProps) {
  const { lastEventAtMs } = useLive();
  const { nodes, links } = data;
  const [all, setAll] = useState(false);
  const [sort, setSort] = useWord("sort");
  const [view, setView] = useWord("view");
  const filter = useFilter();
  const nowMs = useNow();
  const order = useMemo(() => parseOrder(sort), [sort]);
  const known = useMemo(() => inOrder(nodes.values()), [nodes]);
  const byEnd = useMemo(() => linksByEnd([...links.values()].map((row) => row.value)), [links]);
  const consumers = useMemo(() => consumersOf(known.map(({ value }) => value)), [known]);
  if (known.length === 0)
    return <Empty title="No node is known yet">Nodes appear here as the console learns of them.</Empty>;
  const inPicture = known.filter((row) => isInPicture(row, nowMs));
  const older = known.length - inPicture.length;
  const offered = all ? known : inPicture;
  const fitting = isFiltering(filter) ? offered.filter(({ value }) => fits(filter, value)) : offered;
  const rows = orderRows(fitting, order, byEnd, nowMs);
  const tiles = view === "cards";
  const shown = { rows, links: byEnd, consumers };
  const goTo = (name: string) => {
    window.location.hash = routeHash("nodes", name);
  };
  return (
    <>
      <Section title={`Nodes (${rows.length})`} aside={<AsOf receivedAtMs={lastEventAtMs} />}>
        <div className="controls">
          <FilterBar nodes={offered.map(({ value }) => value)} onEnter={goTo} />
          <OrderSelect order={order} onOrder={(next) => setSort(next === null ? "" : orderText(next))} />
          <button
            type="button"
            className="plain"
            onClick={() => setView(tiles ? "" : "cards")}
            data-testid="nodes-view"
          >
            {tiles ? "as a table" : "as cards"}
          </button>
        </div>
        <ProcessNote processes={sharedProcesses(rows)} />
        {rows.length === 0 ? (
          <Empty title="No node fits the filter" />
        ) : tiles ? (
          <NodeTiles {...shown} oldAfterMs={Math.max(MIN_OLD_MS, 3 * data.cluster.value.stats.intervalMs)} />
        ) : (
          <NodeTable {...shown} chosen={item} order={order} onOrder={(next) => setSort(orderText(next))} />
        )}
        {older > 0 && (
          <p className="table-more">
            <button type="button" aria-pressed={all} onClick={() => setAll(!all)} data-testid="departed-longer-ago">
              {all ? "Hide" : "Show"} {older} that departed over 15 minutes ago
            </button>
          </p>
        )}
      </Section>
      <Section
        title="Frames since each node's start, by kind"
        aside={<span className="as-of">age of each row's figures at its end</span>}
      >
        <FramesTable rows={rows.filter(({ value }) => !isGone(value))} />
      </Section>
    </>
  );
}
