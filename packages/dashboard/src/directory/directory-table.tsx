/** The entries of one directory. */
import type { DirectoryLine } from "@meshwork/console/api-types";
import { UNKNOWN } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import { NodeName } from "../parts/node-name.js";
import { StateLine } from "../parts/state-line.js";
import { TypeMark } from "../parts/type-mark.js";

export interface DirectoryTableProps {
  /** In the order in which they are shown. */
  readonly lines: readonly DirectoryLine[];
  readonly receivedAtMs: number;
  readonly departed?: boolean;
}

export function DirectoryTable({ lines, receivedAtMs, departed = false }: DirectoryTableProps) {
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Mesh</th>
            <th>Type</th>
            <th>Location</th>
            <th>Node id</th>
            <th>State</th>
            <th className="num" title="since that node received the record, by its own clock">
              Record
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr
              key={`${line.mesh} ${line.id}`}
              data-testid={`${departed ? "departed" : "directory"}-row-${line.name}`}
              className={`state-${line.state}`}
            >
              <th scope="row">
                <NodeName name={line.name} />
              </th>
              <td>{line.mesh}</td>
              <td>
                <TypeMark type={line.type} />
              </td>
              <td className="mono" title={line.addresses.join(", ")}>
                {line.location ?? UNKNOWN}
                {line.addresses.length > 1 && <span className="muted"> +{line.addresses.length - 1}</span>}
              </td>
              <td className="mono" title={line.id}>
                {line.idPrefix}…
              </td>
              <td>
                <StateLine
                  state={line.state}
                  stateAgeMs={line.stateAgeMs}
                  receivedAtMs={receivedAtMs}
                  by={line.accusedBy}
                />
              </td>
              <td className="num">
                <Age ageMs={line.ageMs} receivedAtMs={receivedAtMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
