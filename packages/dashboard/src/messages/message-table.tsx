/** Messages, newest arrival first. */
import type { MessageView } from "@meshwork/console/api-types";
import { clockText } from "../format/ages.js";
import { bytesText, durationText, UNKNOWN } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import { NodeName } from "../parts/node-name.js";
import type { Received } from "../state/live-state.js";
import { routeHash } from "../state/route.js";

export function MessageTable({ rows }: { readonly rows: readonly Received<MessageView>[] }) {
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th className="num">Age</th>
            <th title="by the sender's clock">Sent at</th>
            <th>From</th>
            <th>To</th>
            <th>Operation</th>
            <th className="num">Size</th>
            <th>Outcome</th>
            <th className="num">Took</th>
            <th>Trace</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ value, receivedAtMs }) => (
            <tr key={value.key} data-testid="message-row">
              <td className="num">
                <Age ageMs={value.ageMs} receivedAtMs={receivedAtMs} />
              </td>
              <td className="mono">{clockText(value.atMs)}</td>
              <td>{value.from === null ? UNKNOWN : <NodeName name={value.from} />}</td>
              <td>
                {value.to === null ? UNKNOWN : <NodeName name={value.to} />}
                {value.fromMesh !== null && value.toMesh !== null && value.fromMesh !== value.toMesh && (
                  <span className="badge crossing">other mesh</span>
                )}
              </td>
              <td>{value.operation ?? UNKNOWN}</td>
              <td className="num">{bytesText(value.bytes)}</td>
              <td className={value.outcome === "ok" || value.outcome === null ? "" : "bad"}>
                {value.outcome ?? UNKNOWN}
              </td>
              <td className="num">{durationText(value.durationMs)}</td>
              <td>
                <a
                  className="mono"
                  href={routeHash("traces", value.traceId)}
                  title={value.paired ? "both ends' spans have come" : "only one end's span has come"}
                >
                  {value.traceId.slice(0, 8)}
                  {value.paired ? "" : " ½"}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
