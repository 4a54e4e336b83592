/** Alerts of the last hour that are over. */
import type { AlertView } from "@meshwork/console/api-types";
import { durationText } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import { NodeName } from "../parts/node-name.js";
import type { Received } from "../state/live-state.js";

const WHY = { cleared: "good again", gone: "its subject is gone" } as const;

export function ResolvedTable({ alerts }: { readonly alerts: readonly Received<AlertView>[] }) {
  return (
    <div className="table-frame scroll">
      <table>
        <thead>
          <tr>
            <th>Code</th>
            <th>Alert</th>
            <th>Subject</th>
            <th>Cause</th>
            <th>Why it ended</th>
            <th className="num">Lasted</th>
            <th className="num">Resolved</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map(({ value, receivedAtMs }) => (
            <tr key={value.id} data-testid={`resolved-${value.code}-${value.node ?? value.mesh ?? ""}`}>
              <td className="mono">{value.code}</td>
              <td>{value.title}</td>
              <td>{value.node === null ? value.mesh : <NodeName name={value.node} />}</td>
              <td className="wrap">{value.cause}</td>
              <td>{value.resolution === null ? "" : WHY[value.resolution]}</td>
              <td className="num">{durationText(value.raisedAgeMs - (value.resolvedAgeMs ?? 0))}</td>
              <td className="num">
                <Age ageMs={value.resolvedAgeMs} receivedAtMs={receivedAtMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
