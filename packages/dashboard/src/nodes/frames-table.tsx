/** Frames since start, by kind: sent and received, per node. A kind that a node does not report is a dash. */
import type { NodeView } from "@meshwork/console/api-types";
import { displayName } from "../format/names.js";
import { bytesText, countText } from "../format/numbers.js";
import { useWindowRows } from "../hooks/use-window-rows.js";
import { frameKinds } from "../model/frame-kinds.js";
import { Age } from "../parts/age.js";
import { Empty } from "../parts/empty.js";
import { NodeName } from "../parts/node-name.js";
import { RoomRow } from "../parts/room-row.js";
import type { Received } from "../state/live-state.js";

const ROW_PX = 27;

export function FramesTable({ rows }: { readonly rows: readonly Received<NodeView>[] }) {
  const [ref, { from, to, abovePx, belowPx }] = useWindowRows<HTMLDivElement>(rows.length, ROW_PX);
  const kinds = frameKinds(rows.map((row) => row.value));
  if (kinds.length === 0)
    return (
      <Empty title="No node has reported its counters yet">
        They come with a node's first figures, within seconds of its start.
      </Empty>
    );
  return (
    <div className="table-frame" ref={ref}>
      <table className="frames-table">
        <thead>
          <tr>
            <th rowSpan={2}>Name</th>
            {kinds.map((kind) => (
              <th key={kind} colSpan={2} scope="colgroup" className="kind">
                {kind}
              </th>
            ))}
            <th rowSpan={2} className="num">
              Figures
            </th>
          </tr>
          <tr>
            {kinds.flatMap((kind) => [
              <th key={`${kind}-tx`} className="num kind" title={`${kind} frames sent`}>
                TX
              </th>,
              <th key={`${kind}-rx`} className="num" title={`${kind} frames received`}>
                RX
              </th>,
            ])}
          </tr>
        </thead>
        <tbody>
          <RoomRow heightPx={abovePx} />
          {rows.slice(from, to).map(({ value: node, receivedAtMs }) => {
            const name = displayName(node);
            return (
              <tr key={node.key} className={`state-${node.state}`} data-testid={`frames-row-${name}`}>
                <th scope="row">
                  <NodeName name={name} />
                </th>
                {kinds.flatMap((kind) => {
                  const counts = node.frames?.[kind];
                  return [
                    <td
                      key={`${kind}-tx`}
                      className="num kind"
                      title={bytesText(counts?.sentBytes)}
                      data-testid={`frames-${kind}-tx-${name}`}
                    >
                      {countText(counts?.sent)}
                    </td>,
                    <td
                      key={`${kind}-rx`}
                      className="num"
                      title={bytesText(counts?.receivedBytes)}
                      data-testid={`frames-${kind}-rx-${name}`}
                    >
                      {countText(counts?.received)}
                    </td>,
                  ];
                })}
                <td className="num">
                  <Age ageMs={node.statsAgeMs} receivedAtMs={receivedAtMs} />
                </td>
              </tr>
            );
          })}
          <RoomRow heightPx={belowPx} />
        </tbody>
      </table>
    </div>
  );
}
