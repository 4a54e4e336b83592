/** Faults done to the running nodes and judged by the others: what is on, what can be done, what the last runs came to. */
import type { ChaosFault, ClusterSummary } from "@meshwork/console/api-types";
import { useState } from "react";
import type { TabProps } from "../app.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { Section } from "../parts/section.js";
import { CurrentRun } from "./current-run.js";
import { FaultTable } from "./fault-table.js";
import { RunDialog } from "./run-dialog.js";
import { RunList } from "./run-list.js";
import { useChaos } from "./use-chaos.js";

export function ChaosTab({ data }: TabProps) {
  const cluster = data.cluster.value;
  const { faults, runs, current } = useChaos(cluster.chaos);
  const [wish, setWish] = useState<readonly ChaosFault[] | null>(null);
  if (cluster.chaos === null) return <Refused cluster={cluster} />;
  const past = runs.data?.runs.filter(({ id }) => id !== current?.id) ?? [];
  const shown = current === null ? past : [...(current.verdicts.length > 0 ? [current] : []), ...past];
  return (
    <>
      <Section title="Now" aside={<AsOf receivedAtMs={runs.data === null ? null : runs.receivedAtMs} />}>
        {runs.failure !== null && <FailureNote failure={runs.failure} what="The runs could not be read" />}
        {current === null ? (
          <p className="muted" data-testid="chaos-idle">
            Nothing is done to the cluster now.
          </p>
        ) : (
          <CurrentRun run={current} receivedAtMs={runs.receivedAtMs} onDone={runs.refresh} />
        )}
      </Section>
      {shown.length > 0 && (
        <Section title="Verdicts" aside={<span className="as-of">by what the other nodes' own directories said</span>}>
          <RunList runs={shown} receivedAtMs={runs.receivedAtMs} />
        </Section>
      )}
      <Section title="Faults" aside={<AsOf receivedAtMs={faults.data === null ? null : faults.receivedAtMs} />}>
        {faults.failure !== null && <FailureNote failure={faults.failure} what="The faults could not be read" />}
        {faults.data !== null && (
          <FaultTable faults={faults.data.faults} busy={current !== null} onRun={(chosen) => setWish(chosen)} />
        )}
      </Section>
      {wish !== null && (
        <RunDialog
          faults={wish}
          nodes={[...data.nodes.values()].map(({ value }) => value)}
          onClose={() => setWish(null)}
          onStarted={runs.refresh}
        />
      )}
    </>
  );
}

function Refused({ cluster }: { readonly cluster: ClusterSummary }) {
  if (cluster.readOnly)
    return (
      <Empty title="This console is read-only">
        It shows the cluster and does nothing to it, least of all harm. It was started with --read-only.
      </Empty>
    );
  return (
    <Empty title="This console may do no harm to its cluster">
      Faults are done to running nodes only where that was allowed in so many words: <code>mesh up --chaos</code>. A
      cluster of their own, in a network lab with all nineteen faults, is what <code>mesh chaos run --all</code> starts.
    </Empty>
  );
}
