/** All nodes with their figures: state and load above, frames by kind below. Page and benchmark read the same counters. */
import { useMemo, useState } from "react";
import type { TabProps } from "../app.js";
import { useLive } from "../hooks/use-live.js";
import { useNow } from "../hooks/use-now.js";
import { linksByEnd } from "../model/link-kind.js";
import { isGone, isInPicture } from "../model/member-state.js";
import { inOrder } from "../model/row-order.js";
import { sharedProcesses } from "../model/shared-processes.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import { FramesTable } from "./frames-table.js";
import { NodeTable } from "./node-table.js";
import { ProcessNote } from "./process-note.js";

export function NodesTab({ data, item }: TabProps) {
  const { lastEventAtMs } = useLive();
  const { nodes, links } = data;
  const [all, setAll] = useState(false);
  const nowMs = useNow();
  const ordered = useMemo(() => inOrder(nodes.values()), [nodes]);
  const rows = all ? ordered : ordered.filter((row) => isInPicture(row, nowMs));
  const older = ordered.length - ordered.filter((row) => isInPicture(row, nowMs)).length;
  const byEnd = useMemo(() => linksByEnd([...links.values()].map((row) => row.value)), [links]);
  if (ordered.length === 0)
    return <Empty title="No node is known yet">Nodes appear here as the console learns of them.</Empty>;
  return (
    <>
      <Section title={`Nodes (${rows.length})`} aside={<AsOf receivedAtMs={lastEventAtMs} />}>
        <ProcessNote processes={sharedProcesses(rows)} />
        <NodeTable rows={rows} links={byEnd} chosen={item} />
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
