/** Where two directories disagree, side by side. */
import type { DirectoryLine } from "@meshwork/console/api-types";
import { UNKNOWN } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import { Empty } from "../parts/empty.js";
import { NodeName } from "../parts/node-name.js";
import { StateLine } from "../parts/state-line.js";
import type { Comparison } from "./directory-difference.js";

export interface DifferenceTableProps {
  readonly comparison: Comparison;
  readonly firstName: string;
  readonly secondName: string;
  /** When each of the two answered. */
  readonly firstAtMs: number;
  readonly secondAtMs: number;
}

export function DifferenceTable(props: DifferenceTableProps) {
  const { comparison, firstName, secondName, firstAtMs, secondAtMs } = props;
  const { differences, same, notCompared } = comparison;
  const left =
    notCompared.length > 0 && `Not compared: ${notCompared.join(", ")}, which only one of them takes part in.`;
  return (
    <div data-testid="directory-difference">
      <p className="muted">
        {same} members are the same for both. {left}
      </p>
      {differences.length === 0 ? (
        <Empty title="They do not disagree about anybody" />
      ) : (
        <div className="table-frame">
          <table>
            <thead>
              <tr>
                <th>Name</th>
                <th>Mesh</th>
                <th>Differs</th>
                <th>{firstName}</th>
                <th>{secondName}</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ key, name, mesh, about, first, second }) => (
                <tr key={key} data-testid={`difference-${name}`}>
                  <th scope="row">
                    <NodeName name={name} />
                  </th>
                  <td>{mesh}</td>
                  <td className="warn">{about}</td>
                  <td>
                    <Said line={first} receivedAtMs={firstAtMs} />
                  </td>
                  <td>
                    <Said line={second} receivedAtMs={secondAtMs} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Said({ line, receivedAtMs }: { readonly line: DirectoryLine | null; readonly receivedAtMs: number }) {
  if (line === null) return <span className="muted">does not know it</span>;
  const { state, stateAgeMs, accusedBy, location, ageMs } = line;
  return (
    <>
      <StateLine state={state} stateAgeMs={stateAgeMs} receivedAtMs={receivedAtMs} by={accusedBy} />{" "}
      <span className="mono">{location ?? UNKNOWN}</span>{" "}
      <span className="muted">
        record <Age ageMs={ageMs} receivedAtMs={receivedAtMs} /> old
      </span>
    </>
  );
}
