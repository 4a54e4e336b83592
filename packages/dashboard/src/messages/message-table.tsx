/** Messages, newest arrival first; one of them opened is decoded below its row. */
import type { MessageView } from "@meshwork/console/api-types";
import { Fragment } from "react";
import { clockText } from "../format/ages.js";
import { bytesText, durationText, UNKNOWN } from "../format/numbers.js";
import { Age } from "../parts/age.js";
import { NodeName } from "../parts/node-name.js";
import type { Received } from "../state/live-state.js";
import { routeHash } from "../state/route.js";
import { MessageDetail } from "./message-detail.js";
import { isCrossing } from "./message-filter.js";

const COLUMNS = 10;

export interface MessageTableProps {
  readonly rows: readonly Received<MessageView>[];
  /** Key of the message that is open. */
  readonly open: string | null;
}

export function MessageTable({ rows, open }: MessageTableProps) {
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>
              <span className="unseen">Decoded</span>
            </th>
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
            <Fragment key={value.key}>
              <tr data-testid="message-row" className={value.key === open ? "chosen" : undefined}>
                <td>
                  <a
                    className="opener"
                    href={routeHash("messages", value.key === open ? null : value.key)}
                    aria-label={`${value.key === open ? "close" : "decode"} ${value.operation ?? "message"}`}
                    aria-expanded={value.key === open}
                    data-testid="message-open"
                  >
                    {value.key === open ? "▾" : "▸"}
                  </a>
                </td>
                <td className="num">
                  <Age ageMs={value.ageMs} receivedAtMs={receivedAtMs} />
                </td>
                <td className="mono">{clockText(value.atMs)}</td>
                <td>{value.from === null ? UNKNOWN : <NodeName name={value.from} />}</td>
                <td>
                  {value.to === null ? UNKNOWN : <NodeName name={value.to} />}
                  {isCrossing(value) && <span className="badge crossing">other mesh</span>}
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
              {value.key === open && (
                <tr className="detail-row">
                  <td colSpan={COLUMNS}>
                    <MessageDetail message={value} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}
