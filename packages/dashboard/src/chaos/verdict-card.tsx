/** What a fault came to: passed, failed with every reason, or skipped; the witnesses' waited times, and what went on meanwhile. */
import type { ChaosVerdict } from "@meshwork/console/api-types";
import { countText, durationText } from "../format/numbers.js";
import { NodeName } from "../parts/node-name.js";
import { WaitList } from "./wait-list.js";

const BADGE = { passed: "state-alive", failed: "bad", skipped: "state-left" } as const;
/** Above it bounds of seconds are not for this machine. */
const BUSY_PER_CORE = 3;

export function VerdictCard({ verdict }: { readonly verdict: ChaosVerdict }) {
  const { fault, outcome, reasons, targets, witnesses, waitedMs, withinMs, healedMs, notes, loadPerCore } = verdict;
  const known = witnesses.filter((witness) => witness.waitedMs !== null).length;
  return (
    <li className={`verdict is-${outcome}`} data-testid={`verdict-${fault}`} data-outcome={outcome}>
      <div className="verdict-head">
        <span className={`badge ${BADGE[outcome]}`}>{outcome}</span>
        <strong className="mono">{fault}</strong>
        {targets.map((name) => (
          <NodeName key={name} name={name} />
        ))}
      </div>
      {reasons.length > 0 && (
        <ul className="verdict-reasons">
          {reasons.map((reason) => (
            <li key={reason} className={outcome === "failed" ? "bad" : "muted"}>
              {reason}
            </li>
          ))}
        </ul>
      )}
      {witnesses.length > 0 && (
        <details>
          <summary>
            known to {known} of {witnesses.length} survivors
            {waitedMs !== null &&
              `: p50 ${durationText(waitedMs.p50)}, p99 ${durationText(waitedMs.p99)}, largest ${durationText(waitedMs.max)}`}
            {withinMs !== null && ` (bound ${durationText(withinMs)})`}
          </summary>
          <WaitList witnesses={witnesses} withinMs={withinMs} />
        </details>
      )}
      {outcome !== "skipped" && (
        <p className="muted small">
          {verdict.reverted === true ? "undone" : "not undone"}
          {healedMs !== null && `; whole again ${durationText(healedMs)} after`}
          {notes !== null &&
            `; ${countText(notes.acknowledged)} messages acknowledged meanwhile, ${countText(notes.lost)} of them lost, ${countText(notes.doubled)} doubled; ${countText(notes.failed)} failed`}
          {(loadPerCore ?? 0) > BUSY_PER_CORE && `; the machine was busy: ${loadPerCore} processes a core`}
        </p>
      )}
    </li>
  );
}
