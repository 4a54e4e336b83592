/** The last runs, newest first: what was asked for and what each fault came to. */
import type { ChaosRun } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import { VerdictCard } from "./verdict-card.js";

export function RunList({ runs, receivedAtMs }: { readonly runs: readonly ChaosRun[]; readonly receivedAtMs: number }) {
  return (
    <ol className="chaos-runs">
      {runs.map((run) => (
        <li key={run.id} data-testid={`chaos-run-${run.id}`} data-state={run.state}>
          <div className="chaos-head">
            <h3>Run {run.id}</h3>
            <Outcome run={run} />
            <span className="muted">
              {selectorsText(run)}, seed {run.seed}
              {run.blind && ", with the nodes' senses shut"}
              {run.tookMs !== null && `, took ${durationText(run.tookMs)}`}
            </span>
            <span className="alert-since muted">
              begun <Age ageMs={run.ageMs} receivedAtMs={receivedAtMs} /> ago
            </span>
          </div>
          {run.error !== null && (
            <p className="bad">
              {run.error.message} <code>{run.error.code}</code>
            </p>
          )}
          <ul className="verdicts">
            {run.verdicts.map((verdict, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a run's verdicts are only added to, and one fault may come again
              <VerdictCard key={`${at} ${verdict.fault}`} verdict={verdict} />
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function selectorsText({ specs }: ChaosRun): string {
  const asked = [...new Set(specs.map(({ selector }) => selector ?? "any node"))];
  return `at ${asked.join(", ")}`;
}

function Outcome({ run: { state, counts } }: { readonly run: ChaosRun }) {
  const { passed, failed, skipped } = counts;
  return (
    <span>
      {state !== "done" && <span className="badge">{state}</span>}{" "}
      <span className={passed > 0 ? "good" : "muted"}>{passed} passed</span>,{" "}
      <span className={failed > 0 ? "bad" : "muted"}>{failed} failed</span>
      {skipped > 0 && <span className="muted">, {skipped} skipped</span>}
    </span>
  );
}
