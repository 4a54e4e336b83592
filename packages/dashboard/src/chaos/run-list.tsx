/** The last runs, newest first: what was asked for and what each fault came to. */
import type { ChaosRun } from "@meshwork/console/api-types";
import { RunHead } from "../parts/run-head.js";
import { VerdictCard } from "./verdict-card.js";

export function RunList({ runs, receivedAtMs }: { readonly runs: readonly ChaosRun[]; readonly receivedAtMs: number }) {
  return (
    <ol className="run-list">
      {runs.map((run) => (
        <li key={run.id} data-testid={`chaos-run-${run.id}`} data-state={run.state}>
          <RunHead run={run} receivedAtMs={receivedAtMs}>
            {selectorsText(run)}, seed {run.seed}
            {run.blind && ", with the nodes' senses shut"}
          </RunHead>
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
