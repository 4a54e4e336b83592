/** The run that is on: its fault, where it is, who has come to know, and the way out. */
import type { ChaosRun } from "@meshwork/console/api-types";
import { useCall } from "../hooks/use-call.js";
import { useNow } from "../hooks/use-now.js";
import { FailureNote } from "../parts/failure-note.js";
import { NodeName } from "../parts/node-name.js";
import { StopRun } from "../parts/stop-run.js";
import { canRevert, elapsedText, PHASES } from "./phases.js";
import { WaitList } from "./wait-list.js";

export interface CurrentRunProps {
  readonly run: ChaosRun;
  readonly receivedAtMs: number;
  readonly onDone: () => void;
}

export function CurrentRun({ run, receivedAtMs, onDone }: CurrentRunProps) {
  const { id, state, current, counts, total, verdicts } = run;
  return (
    <article className="run-now" data-testid="chaos-current" data-state={state}>
      <header className="run-head">
        <h3>{current?.fault ?? "getting ready"}</h3>
        {current?.targets.map((name) => (
          <NodeName key={name} name={name} />
        ))}
        <span className="muted">
          fault {Math.min(verdicts.length + 1, total)} of {total}
          {current !== null && current.rounds > 1 && `, round ${current.round} of ${current.rounds}`}
          {verdicts.length > 0 &&
            ` · ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped so far`}
        </span>
        <div className="actions run-ways" key={id}>
          {state !== "stopping" && <Revert run={run} />}
          <StopRun room="chaos" run={run} onDone={onDone} />
        </div>
      </header>
      {current !== null && <Progress current={current} receivedAtMs={receivedAtMs} />}
    </article>
  );
}

function Progress({
  current,
  receivedAtMs,
}: {
  readonly current: NonNullable<ChaosRun["current"]>;
  readonly receivedAtMs: number;
}) {
  const { phase, elapsedMs, withinMs, witnesses, known } = current;
  const now = useNow();
  const sinceMs = elapsedMs === null ? null : elapsedMs + Math.max(0, now - receivedAtMs);
  const at = PHASES.findIndex((step) => step.phase === phase);
  return (
    <>
      <ol className="chaos-steps" aria-label="where it is">
        {PHASES.map((step, index) => (
          <li
            key={step.phase}
            className={index < at ? "is-past" : index === at ? "is-now" : ""}
            aria-current={index === at ? "step" : undefined}
            title={step.means}
          >
            {step.text}
          </li>
        ))}
      </ol>
      <p data-testid="chaos-phase" data-phase={phase} role="status">
        {phase === "waiting" ? "It is not due yet." : `${sentence(PHASES[at]?.means ?? phase)}.`}
      </p>
      {witnesses > 0 && withinMs !== null && (
        <p className="muted">
          <strong className="chaos-known">
            {known.filter(({ waitedMs }) => waitedMs !== null).length} of {witnesses}
          </strong>{" "}
          witnesses know within {elapsedText(withinMs)}
          {canRevert(phase) && `; it has been on for ${elapsedText(sinceMs)}`}
        </p>
      )}
      <WaitList witnesses={known} withinMs={withinMs} />
    </>
  );
}

function Revert({ run: { id, current } }: { readonly run: ChaosRun }) {
  const [reverting, revert] = useCall<ChaosRun>();
  return (
    <>
      <button
        type="button"
        disabled={current === null || !canRevert(current.phase) || reverting.phase === "busy"}
        onClick={() => revert((api, signal) => api.post<ChaosRun>(`/api/chaos/runs/${id}/revert`, undefined, signal))}
        title="undo this fault at once; the run goes on with the next one"
        data-testid="chaos-revert"
      >
        Revert now
      </button>
      {reverting.failure !== null && <FailureNote failure={reverting.failure} what="It was not asked to revert" />}
    </>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
