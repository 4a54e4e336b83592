/** What every node holds, and whether it grows: memory, handles, event-loop delay, the size of every owned collection. */
import type { TabProps } from "../app.js";
import { Age } from "../parts/age.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import { routeHash } from "../state/route.js";
import { AllCollections, NodeCollections } from "./collection-table.js";
import { growing } from "./growth.js";
import { GrowthTable } from "./growth-table.js";
import { NodeRuntimeTable } from "./node-runtime-table.js";
import { useRuntime } from "./use-runtime.js";

export function RuntimeTab({ data, item }: TabProps) {
  const runtime = useRuntime();
  if (runtime === null) return <Empty title="Asking the nodes for what they hold…" />;
  const rows = [...runtime.rows.values()].filter(({ view }) => view.live);
  const growths = growing(rows);
  const leaks = growths.filter(({ course }) => course === "leak").length;
  const chosen = rows.find(({ view }) => view.name === item);
  const since = (
    <span className="as-of">
      looking for <Age ageMs={0} receivedAtMs={runtime.sinceMs} />
    </span>
  );
  return (
    <>
      <Section title={`Runtime (${rows.length} nodes)`} aside={since}>
        <NodeRuntimeTable rows={rows} chosen={item} intervalMs={data.cluster.value.stats.intervalMs} />
      </Section>
      <Section
        title={leaks > 0 ? `What grows: ${leaks} that may leak` : "What grows"}
        aside={<span className="as-of">a leak is told from growth only after a minute</span>}
      >
        <GrowthTable growths={growths} />
      </Section>
      {chosen === undefined ? (
        <Section
          title="Collections of all nodes"
          aside={<span className="as-of">choose a node above for its own</span>}
        >
          <AllCollections rows={rows} />
        </Section>
      ) : (
        <Section title={`Collections of ${item}`} aside={<a href={routeHash("runtime")}>all nodes</a>}>
          <NodeCollections row={chosen} />
        </Section>
      )}
    </>
  );
}
