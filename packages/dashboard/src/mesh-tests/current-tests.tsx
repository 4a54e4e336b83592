/** The run that is on: its test, how far it is by what it takes as a rule, what it has said, and the way out. */
import type { TestRun } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";
import { useCall } from "../hooks/use-call.js";
import { useNow } from "../hooks/use-now.js";
import { FailureNote } from "../parts/failure-note.js";
import { ResultList } from "./result-list.js";

/** Until the processes of a test are gone. */
const STOP_MS = 30_000;

export interface CurrentTestsProps {
  readonly run: TestRun;
  readonly receivedAtMs: number;
  readonly onDone: () => void;
}

export function CurrentTests({ run, receivedAtMs, onDone }: CurrentTestsProps) {
  const { id, current, tests, results, counts, state } = run;
  return (
    <article className="chaos-run" data-testid="tests-current" data-state={state}>
      <header className="chaos-head">
        <h3>{current?.test ?? "getting ready"}</h3>
        <span className="muted">
          test {Math.min(results.length + 1, tests.length)} of {tests.length}
          {results.length > 0 && ` · ${counts.passed} passed, ${counts.failed} failed so far`}
        </span>
        <Stop run={run} onDone={onDone} key={id} />
      </header>
      {current !== null && <Progress current={current} receivedAtMs={receivedAtMs} />}
      <ResultList results={results} />
    </article>
  );
}

function Progress({
  current,
  receivedAtMs,
}: {
  readonly current: NonNullable<TestRun["current"]>;
  readonly receivedAtMs: number;
}) {
  const { test, elapsedMs, expectedMs, progress } = current;
  const sinceMs = elapsedMs + Math.max(0, useNow() - receivedAtMs);
  return (
    <>
      <p className="test-progress">
        <progress value={Math.min(sinceMs, expectedMs)} max={expectedMs} aria-label={`${test}, by the time it takes`} />
        <span className="muted">
          {durationText(sinceMs)} of about {durationText(expectedMs)}
        </span>
      </p>
      {progress.length > 0 && (
        <pre className="test-lines" data-testid="tests-progress">
          {progress.join("\n")}
        </pre>
      )}
    </>
  );
}

function Stop({ run, onDone }: { readonly run: TestRun; readonly onDone: () => void }) {
  const [stopping, stop] = useCall<TestRun>();
  return (
    <div className="actions chaos-ways">
      {stopping.phase === "busy" || run.state === "stopping" ? (
        <span role="status">being ended…</span>
      ) : (
        <button
          type="button"
          onClick={() =>
            stop((api, signal) =>
              api.delete<TestRun>(`/api/tests/runs/${run.id}`, signal, STOP_MS).then((ended) => {
                onDone();
                return ended;
              }),
            )
          }
          title="end what this run has started, and the run"
          data-testid="tests-stop"
        >
          Stop the run
        </button>
      )}
      {stopping.failure !== null && <FailureNote failure={stopping.failure} what="It was not stopped" />}
    </div>
  );
}
