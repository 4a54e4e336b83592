/** CPU per native thread, without the sampler and with it: what no profile of JavaScript shows. */
import type { ProfileWindow } from "@meshwork/console/api-types";
import { countText, durationText } from "../format/numbers.js";
import { Empty } from "../parts/empty.js";
import { threadRows } from "./thread-rows.js";

const ROLE = { main: "runs the JavaScript", profiler: "the sampler", other: "" } as const;

export function ThreadTable({ quiet, sampled }: { readonly quiet: ProfileWindow; readonly sampled: ProfileWindow }) {
  if (quiet.threads === null) return <Empty title="This platform does not tell threads apart" />;
  return (
    <div className="table-frame scroll">
      <table data-testid="profile-threads">
        <thead>
          <tr>
            <th>Thread</th>
            <th className="num" title={`CPU in ${durationText(quiet.durationMs)} without the sampler`}>
              CPU
            </th>
            <th className="num" title="times it slept and was woken">
              Wake-ups
            </th>
            <th className="num" title={`CPU in ${durationText(sampled.durationMs)} while it was sampled`}>
              CPU, sampled
            </th>
            <th />
          </tr>
        </thead>
        <tbody>
          {threadRows(quiet, sampled).map(({ name, role, threads, quietMs, wakeUps, sampledMs }) => (
            <tr key={`${name} ${role}`}>
              <td className="mono">
                {name}
                {threads > 1 && <span className="muted"> × {threads}</span>}
              </td>
              <td className="num">{durationText(quietMs)}</td>
              <td className="num">{countText(wakeUps)}</td>
              <td className="num">{durationText(sampledMs)}</td>
              <td className="muted">{ROLE[role]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
