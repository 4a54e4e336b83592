/** One row per node: state, age, links, load, frames per minute. */
import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { displayName } from "../format/names.js";
import { bytesText, coresText, countText, rateText, UNKNOWN } from "../format/numbers.js";
import { linkReport } from "../model/link-kind.js";
import { ownAccusers } from "../model/member-state.js";
import { Age } from "../parts/age.js";
import { BudgetBar } from "../parts/budget-bar.js";
import { NodeName } from "../parts/node-name.js";
import { Opinions } from "../parts/opinions.js";
import { StateLine } from "../parts/state-line.js";
import { TypeMark } from "../parts/type-mark.js";
import type { Received } from "../state/live-state.js";

export interface NodeTableProps {
  readonly rows: readonly Received<NodeView>[];
  readonly links: ReadonlyMap<string, readonly LinkView[]>;
  readonly chosen: string | null;
}

export function NodeTable({ rows, links, chosen }: NodeTableProps) {
  return (
    <div className="table-frame">
      <table className="nodes-table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Type</th>
            <th>Mesh</th>
            <th>State</th>
            <th className="num" title="since the node's start, by its own clock">
              Up
            </th>
            <th className="num" title="links that it or the other end reports">
              Links
            </th>
            <th title="cores used, of its budget">CPU, cores</th>
            <th title="used, of its budget">Memory</th>
            <th className="num" title="frames sent per minute, over the last 60 s">
              TX/min
            </th>
            <th className="num" title="frames received per minute, over the last 60 s">
              RX/min
            </th>
            <th className="num">Sent</th>
            <th className="num">Received</th>
            <th className="num" title="age of the node's figures">
              Figures
            </th>
            <th className="num" title="age of the node's record in the console's directory">
              Record
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <NodeRow key={row.value.key} row={row} links={links} chosen={chosen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NodeRow({
  row,
  links,
  chosen,
}: {
  row: Received<NodeView>;
  links: NodeTableProps["links"];
  chosen: string | null;
}) {
  const { value: node, receivedAtMs } = row;
  const name = displayName(node);
  const own = node.id === null ? undefined : links.get(node.id);
  // It ends with the node: one that is gone does not get older.
  const uptimeMs = node.live && node.uptimeMs !== null ? node.uptimeMs + (node.statsAgeMs ?? 0) : null;
  const oneSided = own?.filter((link) => linkReport(link) !== "both").length ?? 0;
  const why = node.process?.shared === true ? "several nodes share the process: see the note above" : undefined;
  return (
    <tr data-testid={`node-row-${name}`} className={`state-${node.state}${chosen === name ? " chosen" : ""}`}>
      <th scope="row">
        <NodeName name={name} />
      </th>
      <td>
        <TypeMark type={node.type} />
      </td>
      <td>{node.mesh}</td>
      <td className="state-cell" data-testid={`state-${name}`}>
        <StateLine state={node.state} stateAgeMs={node.stateAgeMs} receivedAtMs={receivedAtMs} by={ownAccusers(node)} />
        <Opinions row={row} brief />
      </td>
      <td className="num">
        <Age ageMs={uptimeMs} receivedAtMs={receivedAtMs} />
      </td>
      <td
        className="num"
        title={oneSided === 0 ? undefined : `${oneSided} of them reported by one end only`}
        data-testid={`links-${name}`}
      >
        {node.statsAgeMs === null ? UNKNOWN : countText(own?.length ?? 0)}
        {oneSided > 0 && <span className="warn"> ({oneSided})</span>}
      </td>
      <td>
        <BudgetBar used={node.cpuUsedCores} budget={node.cpuBudgetCores} text={coresText} label="CPU" why={why} />
      </td>
      <td>
        <BudgetBar used={node.ramUsedBytes} budget={node.ramBudgetBytes} text={bytesText} label="memory" why={why} />
      </td>
      <td className="num" data-testid={`tx-rate-${name}`}>
        {rateText(node.framesSentPerMinute)}
      </td>
      <td className="num" data-testid={`rx-rate-${name}`}>
        {rateText(node.framesReceivedPerMinute)}
      </td>
      <td className="num" data-testid={`tx-total-${name}`}>
        {countText(node.framesSent)}
      </td>
      <td className="num" data-testid={`rx-total-${name}`}>
        {countText(node.framesReceived)}
      </td>
      <td className="num">
        <Age ageMs={node.statsAgeMs} receivedAtMs={receivedAtMs} />
      </td>
      <td className="num">
        <Age ageMs={node.recordAgeMs} receivedAtMs={receivedAtMs} />
      </td>
    </tr>
  );
}
