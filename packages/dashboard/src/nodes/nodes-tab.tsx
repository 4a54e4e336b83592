/** All nodes with their figures: state and load above, frames by kind below. Page and benchmark read the same counters. */
import { useMemo } from "react";
import type { TabProps } from "../app.js";
import { useLive } from "../hooks/use-live.js";
import { linksByEnd } from "../model/link-kind.js";
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
  const rows = useMemo(() => inOrder(nodes.values()), [nodes]);
  const byEnd = useMemo(() => linksByEnd([...links.values()].map((row) => row.value)), [links]);
  if (rows.length === 0)
    return <Empty title="No node is known yet">Nodes appear here as the console learns of them.</Empty>;
  return (
    <>
      <Section title={`Nodes (${rows.length})`} aside={<AsOf receivedAtMs={lastEventAtMs} />}>
        <ProcessNote processes={sharedProcesses(rows)} />
        <NodeTable rows={rows} links={byEnd} chosen={item} />
      </Section>
      <Section
        title="Frames since each node's start, by kind"
        aside={<span className="as-of">age of each row's figures at its end</span>}
      >
        <FramesTable rows={rows} />
      </Section>
    </>
  );
}
