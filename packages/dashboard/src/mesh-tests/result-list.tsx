/** What tests came to: passed with what was measured, or failed with every reason. */
import type { TestResult } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";

const BADGE = { passed: "state-alive", failed: "bad" } as const;

export function ResultList({ results }: { readonly results: readonly TestResult[] }) {
  if (results.length === 0) return null;
  return (
    <ul className="verdicts">
      {results.map(({ name, outcome, detail, reasons, tookMs }) => (
        <li key={name} className={`verdict is-${outcome}`} data-testid={`result-${name}`} data-outcome={outcome}>
          <div className="verdict-head">
            <span className={`badge ${BADGE[outcome]}`}>{outcome}</span>
            <strong className="mono">{name}</strong>
            <span className="muted">{durationText(tookMs)}</span>
          </div>
          {detail !== "" && <p className="muted small">{detail}</p>}
          {reasons.length > 0 && (
            <ul className="verdict-reasons">
              {reasons.map((reason) => (
                <li key={reason} className="bad">
                  {reason}
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}
