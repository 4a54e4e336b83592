/** Tests on meshes of their own: what there is, the run that is on, what the last runs came to. */
import type { ClusterSummary, TestRun } from "@meshwork/console/api-types";
import type { TabProps } from "../app.js";
import { useCall } from "../hooks/use-call.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { RunHead } from "../parts/run-head.js";
import { Section } from "../parts/section.js";
import { CurrentTests } from "./current-tests.js";
import { ResultList } from "./result-list.js";
import { TestTable } from "./test-table.js";
import { useTests } from "./use-tests.js";

export function TestsTab({ data }: TabProps) {
  const cluster = data.cluster.value;
  const { tests, runs, current } = useTests(cluster.tests);
  const [starting, start] = useCall<TestRun>();
  if (cluster.tests === null) return <Refused cluster={cluster} />;
  const past = runs.data?.runs.filter(({ id }) => id !== current?.id) ?? [];
  const run = (names: readonly string[]) =>
    start((api, signal) =>
      api.post<TestRun>("/api/tests/runs", { tests: names }, signal).then((begun) => {
        runs.refresh();
        return begun;
      }),
    );
  return (
    <>
      <Section title="Now" aside={<AsOf receivedAtMs={runs.data === null ? null : runs.receivedAtMs} />}>
        {runs.failure !== null && <FailureNote failure={runs.failure} what="The runs could not be read" />}
        {starting.failure !== null && <FailureNote failure={starting.failure} what="The tests were not started" />}
        {current === null ? (
          <p className="muted" data-testid="tests-idle">
            No test is on. Each starts a mesh of its own and removes it; this cluster is left alone, its machine is not.
          </p>
        ) : (
          <CurrentTests run={current} receivedAtMs={runs.receivedAtMs} onDone={runs.refresh} />
        )}
      </Section>
      {past.length > 0 && (
        <Section title="Results">
          <ol className="run-list">
            {past.map((one) => (
              <li key={one.id} data-testid={`tests-run-${one.id}`} data-state={one.state}>
                <RunHead run={one} receivedAtMs={runs.receivedAtMs}>
                  from seed {one.seed}
                </RunHead>
                {one.error !== null && <p className="bad">{one.error}</p>}
                <ResultList results={one.results} />
              </li>
            ))}
          </ol>
        </Section>
      )}
      <Section title="Tests" aside={<AsOf receivedAtMs={tests.data === null ? null : tests.receivedAtMs} />}>
        {tests.failure !== null && <FailureNote failure={tests.failure} what="The tests could not be read" />}
        {tests.data !== null && (
          <TestTable
            tests={tests.data.tests}
            runs={runs.data?.runs ?? []}
            busy={current !== null || starting.phase === "busy"}
            onRun={run}
          />
        )}
      </Section>
    </>
  );
}

function Refused({ cluster }: { readonly cluster: ClusterSummary }) {
  if (cluster.readOnly)
    return (
      <Empty title="This console is read-only">
        It shows the cluster and starts nothing. It was started with --read-only.
      </Empty>
    );
  return (
    <Empty title="This console runs no tests">
      They take the cores that the cluster runs on, so that they have to be allowed: <code>mesh up --chaos</code>. On a
      command line <code>mesh test</code> does the same.
    </Empty>
  );
}
