/** The functions that used the most time themselves. */
import type { ProfileResult } from "@meshwork/console/api-types";
import { durationText, UNKNOWN } from "../format/numbers.js";

export interface FunctionTableProps {
  readonly functions: ProfileResult["summary"]["functions"];
  /** What the main thread did within the profile. */
  readonly busyMs: number;
}

export function FunctionTable({ functions, busyMs }: FunctionTableProps) {
  return (
    <div className="table-frame scroll">
      <table data-testid="profile-functions">
        <thead>
          <tr>
            <th>Function</th>
            <th>Where</th>
            <th className="num">Itself</th>
            <th className="num">With what it called</th>
            <th className="num" title="itself, of the time that the main thread was busy">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {functions.map(({ name, location, selfMs, totalMs }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list of one profile does not change, and two functions may be alike
            <tr key={`${at} ${name} ${location}`}>
              <td className="mono">{name}</td>
              <td className="mono muted">{location}</td>
              <td className="num">{durationText(selfMs)}</td>
              <td className="num">{durationText(totalMs)}</td>
              <td className="num">{busyMs <= 0 ? UNKNOWN : `${((selfMs / busyMs) * 100).toFixed(1)} %`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
