/** The entries of one directory. */
import type { DirectoryLine } from "@meshwork/console/api-types";
import { byType } from "../format/names.js";
import { UNKNOWN } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import { NodeName } from "../parts/node-name.js";
import { TypeMark } from "../parts/type-mark.js";

export interface DirectoryTableProps {
  readonly entries: readonly DirectoryLine[];
  readonly receivedAtMs: number;
}

export function DirectoryTable({ entries, receivedAtMs }: DirectoryTableProps) {
  const sorted = [...entries].sort(
    (a, b) => a.mesh.localeCompare(b.mesh) || byType(a.type, b.type) || a.name.localeCompare(b.name),
  );
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
          {sorted.map((line) => (
            <tr key={line.id} data-testid={`directory-row-${line.name}`}>
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
              <td>{line.state}</td>
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
