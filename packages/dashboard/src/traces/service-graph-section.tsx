/** Who calls whom: counted once per client span whose server span really came. */
import type { ServiceGraph } from "@meshwork/console/api-types";
import { ageText } from "../format/ages.js";
import { countText } from "../format/numbers.js";
import { useLive } from "../hooks/use-live.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { Section } from "../parts/section.js";
import type { Received } from "../state/live-state.js";
import { ServiceEdgeTable } from "./service-edge-table.js";
import { ServiceGraphView } from "./service-graph-view.js";

export function ServiceGraphSection({ services }: { readonly services: Received<ServiceGraph> }) {
  const { lastEventAtMs } = useLive();
  const graph = services.value;
  return (
    <Section
      title="Service graph"
      aside={
        <>
          <span className="muted">
            counts of the last {ageText(graph.windowMs)}; {countText(graph.unpaired)} calls without the other end's span
            {graph.uncounted > 0 && `; ${countText(graph.uncounted)} not counted, the table was full`}
          </span>
          <AsOf receivedAtMs={lastEventAtMs} />
        </>
      }
    >
      {graph.edges.length === 0 ? (
        <Empty title="Nobody has called anybody yet">
          Edges appear with the first request whose two spans have come. <code>mesh up --no-traffic</code> makes none by
          itself.
        </Empty>
      ) : (
        <div className="service-graph">
          <ServiceGraphView graph={graph} />
          <ServiceEdgeTable edges={graph.edges} receivedAtMs={services.receivedAtMs} />
        </div>
      )}
    </Section>
  );
}
