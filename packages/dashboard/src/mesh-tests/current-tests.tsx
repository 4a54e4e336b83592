/** The run that is on: its test, how far it is by what it takes as a rule, what it has said, and the way out. */
import type { TestRun } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";
import { useNow } from "../hooks/use-now.js";
import { StopRun } from "../parts/stop-run.js";
import { ResultList } from "./result-list.js";

export interface CurrentTestsProps {
  readonly run: TestRun;
  readonly receivedAtMs: number;
  readonly onDone: () => void;
}

export function CurrentTests({ run, receivedAtMs, onDone }: CurrentTestsProps) {
  const { id, current, tests, results, counts, state } = run;
  return (
    <article className="run-now" data-testid="tests-current" data-state={state}>
      <header className="run-head">
        <h3>{current?.test ?? "getting ready"}</h3>
        <span className="muted">
          test {Math.min(results.length + 1, tests.length)} of {tests.length}
          {results.length > 0 && ` · ${counts.passed} passed, ${counts.failed} failed so far`}
        </span>
        <div className="actions run-ways" key={id}>
          <StopRun room="tests" run={run} onDone={onDone} />
        </div>
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
