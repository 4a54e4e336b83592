/** All tests: what each checks, how long it takes, and what it came to last. */
import type { TestCard, TestRun } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";
import { lastOutcomes } from "./last-outcomes.js";

export interface TestTableProps {
  readonly tests: readonly TestCard[];
  readonly runs: readonly TestRun[];
  /** Another run is not over. */
  readonly busy: boolean;
  readonly onRun: (names: readonly string[]) => void;
}

export function TestTable({ tests, runs, busy, onRun }: TestTableProps) {
  const last = lastOutcomes(runs);
  const total = tests.reduce((sum, { expectedMs }) => sum + expectedMs, 0);
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>
              <button type="button" onClick={() => onRun([])} disabled={busy} data-testid="tests-run-all">
                Run all {tests.length}
              </button>
            </th>
            <th>Test</th>
            <th>Checks that</th>
            <th className="num">Takes about ({durationText(total)} in all)</th>
            <th>Last</th>
          </tr>
        </thead>
        <tbody>
          {tests.map(({ name, checks, expectedMs }) => (
            <tr key={name} data-testid={`test-${name}`}>
              <td>
                <button
                  type="button"
                  onClick={() => onRun([name])}
                  disabled={busy}
                  aria-label={`Run ${name}`}
                  data-testid={`run-test-${name}`}
                >
                  Run
                </button>
              </td>
              <th scope="row" className="mono">
                {name}
              </th>
              <td className="wrap">{checks}</td>
              <td className="num">{durationText(expectedMs)}</td>
              <td className={last.get(name) === "failed" ? "bad" : "muted"}>{last.get(name) ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
