/** The newest of what happened until the moment that is shown. Choosing one goes to its moment. */
import type { HistoryMark } from "@meshwork/console/api-types";
import { clockText } from "../format/ages.js";
import { countText } from "../format/numbers.js";
import { Empty } from "../parts/empty.js";
import { laneOf } from "./mark-kinds.js";

const SHOWN = 200;

export interface MarkTableProps {
  /** Oldest first. */
  readonly marks: readonly HistoryMark[];
  readonly momentMs: number | null;
  readonly onMoment: (momentMs: number) => void;
}

export function MarkTable({ marks, momentMs, onMoment }: MarkTableProps) {
  const until = momentMs === null ? marks : marks.filter(({ atMs }) => atMs <= momentMs + 1);
  const shown = until.slice(-SHOWN).reverse();
  if (shown.length === 0) return <Empty title="Nothing of that kind happened" />;
  return (
    <>
      <div className="table-frame scroll">
        <table data-testid="mark-table">
          <thead>
            <tr>
              <th>When</th>
              <th>Lane</th>
              <th>Mesh</th>
              <th>What</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ id, atMs, kind, mesh, severity, message }) => (
              <tr key={id} className={`severity-${severity}`}>
                <td>
                  <button
                    type="button"
                    className="quiet"
                    onClick={() => onMoment(atMs)}
                    title="see the map of this moment"
                  >
                    {clockText(atMs)}
                  </button>
                </td>
                <td>
                  <span className={`lane-mark lane-${laneOf(kind)}`} aria-hidden="true" /> {laneOf(kind)}
                </td>
                <td>{mesh}</td>
                <td className="wrap">{message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {until.length > SHOWN && <p className="muted">{countText(until.length - SHOWN)} older ones are not listed.</p>}
    </>
  );
}
