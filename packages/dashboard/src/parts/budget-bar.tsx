/** Use against budget as text and bar. Unknown use is a dash without a bar. */
import { shareOf } from "../format/numbers.js";

export interface BudgetBarProps {
  readonly used: number | null;
  readonly budget: number | null;
  readonly text: (value: number | null) => string;
  readonly label: string;
  /** Why the figure is not there, where that is known. */
  readonly why?: string | undefined;
}

export function BudgetBar({ used, budget, text, label, why }: BudgetBarProps) {
  const share = shareOf(used, budget);
  const level = share === null ? "" : share >= 0.8 ? "high" : share >= 0.5 ? "middle" : "low";
  const percent = share === null ? null : Math.round(share * 1_000) / 10;
  return (
    <div
      className="budget"
      title={why ?? (percent === null ? `${label}: unknown` : `${label}: ${percent} % of its budget`)}
    >
      <span className="budget-text">
        {text(used)} <span className="muted">/ {text(budget)}</span>
      </span>
      <span className="bar" aria-hidden="true">
        {share !== null && <span className={`fill ${level}`} style={{ width: `${Math.min(100, share * 100)}%` }} />}
      </span>
    </div>
  );
}
