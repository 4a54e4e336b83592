/** All faults: what is done, what every other node must come to know, and whether it can be done to this cluster. */
import type { ChaosFault } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";

export interface FaultTableProps {
  readonly faults: readonly ChaosFault[];
  /** Another run is not over. */
  readonly busy: boolean;
  readonly onRun: (faults: readonly ChaosFault[]) => void;
}

export function FaultTable({ faults, busy, onRun }: FaultTableProps) {
  const possible = faults.filter(({ obstacle }) => obstacle === null);
  const others = faults.filter(({ obstacle }) => obstacle !== null);
  return (
    <>
      {possible.length > 0 && (
        <div className="table-frame">
          <table>
            <thead>
              <tr>
                <th>
                  <button
                    type="button"
                    onClick={() => onRun(possible)}
                    disabled={busy}
                    data-testid="chaos-run-possible"
                  >
                    Run all {possible.length}…
                  </button>
                </th>
                <th>Fault</th>
                <th>Done to running nodes</th>
                <th>What every other node must come to know</th>
                <th className="num">Within</th>
              </tr>
            </thead>
            <tbody>
              {possible.map((fault) => (
                <tr key={fault.name} data-testid={`fault-${fault.name}`}>
                  <td>
                    <button
                      type="button"
                      className="harmful-text"
                      onClick={() => onRun([fault])}
                      disabled={busy}
                      aria-label={`Run ${fault.name}…`}
                      data-testid={`run-${fault.name}`}
                    >
                      Run…
                    </button>
                  </td>
                  <th scope="row" className="mono">
                    {fault.name}
                  </th>
                  <td className="wrap">{fault.summary}</td>
                  <td className="wrap">{fault.expects}</td>
                  <td className="num">{durationText(fault.withinMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {others.length > 0 && (
        <details className="chaos-others">
          <summary>
            {others.length} {others.length === 1 ? "fault" : "faults"} cannot be done here, and why
          </summary>
          <div className="table-frame">
            <table>
              <thead>
                <tr>
                  <th>Fault</th>
                  <th>Done to running nodes</th>
                  <th>Why not here</th>
                </tr>
              </thead>
              <tbody>
                {others.map((fault) => (
                  <tr key={fault.name} data-testid={`fault-${fault.name}`}>
                    <th scope="row" className="mono">
                      {fault.name}
                    </th>
                    <td className="wrap">{fault.summary}</td>
                    <td className="wrap muted">{fault.obstacle}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </>
  );
}
