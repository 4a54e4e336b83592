/** The rules, and on how much of what they watch a judgement is possible. */
import type { AlertRuleView } from "@meshwork/console/api-types";
import { countText } from "../format/numbers.js";

export function RuleTable({ rules }: { readonly rules: readonly AlertRuleView[] }) {
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>Code</th>
            <th>Rule</th>
            <th>Means</th>
            <th className="num" title="bad for so long before it is raised">
              Raised after
            </th>
            <th className="num" title="good for so long before it is resolved">
              Cleared after
            </th>
            <th className="num" title="whose figure is known and fresh">
              Judged
            </th>
            <th className="num" title="whose figure is missing or too old: neither good nor bad">
              Unknown
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.code}>
              <td className="mono">{rule.code}</td>
              <td>{rule.title}</td>
              <td className="wrap muted">{rule.meaning}</td>
              <td className="num">{rule.raiseAfterMs / 1_000} s</td>
              <td className="num">{rule.clearAfterMs / 1_000} s</td>
              <td className="num">{countText(rule.judged)}</td>
              <td className={rule.unknown > 0 ? "num warn" : "num"}>{countText(rule.unknown)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
