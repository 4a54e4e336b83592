/** One row per node: state, age, links, load, frames per minute. */
import type { LinkView, NodeView } from "@meshwork/console/api-types";
import { displayName } from "../format/names.js";
import { bytesText, coresText, countText, rateText, UNKNOWN } from "../format/numbers.js";
import { useWindowRows } from "../hooks/use-window-rows.js";
import { type Consumers, standOf } from "../model/consumers.js";
import { linkReport } from "../model/link-kind.js";
import { ownAccusers } from "../model/member-state.js";
import type { Sorting } from "../model/sorting.js";
import { Age } from "../parts/age.js";
import { BudgetBar } from "../parts/budget-bar.js";
import { NodeName } from "../parts/node-name.js";
import { Opinions } from "../parts/opinions.js";
import { RoomRow } from "../parts/room-row.js";
import { SortHead } from "../parts/sort-head.js";
import { StateLine } from "../parts/state-line.js";
import { TypeMark } from "../parts/type-mark.js";
import type { Received } from "../state/live-state.js";
import { ConsumerMark } from "./consumer-mark.js";
import { NAME_ORDER, type NodeColumn } from "./node-order.js";

export interface NodeTableProps {
  readonly rows: readonly Received<NodeView>[];
  readonly links: ReadonlyMap<string, readonly LinkView[]>;
  readonly consumers: Consumers;
  readonly chosen: string | null;
  /** Null is the usual order: mesh, type, name. */
  readonly order: Sorting<NodeColumn> | null;
  readonly onOrder: (order: Sorting<NodeColumn>) => void;
}

/** Of a row without words of others. */
const ROW_PX = 36;

export function NodeTable({ rows, links, consumers, chosen, order, onOrder }: NodeTableProps) {
  const [ref, { from, to, abovePx, belowPx }] = useWindowRows<HTMLDivElement>(rows.length, ROW_PX);
  const head = { sorting: order ?? NAME_ORDER, onSort: onOrder };
  return (
    <div className="table-frame" ref={ref}>
      <table className="nodes-table">
        <thead>
          <tr>
            <SortHead column="name" {...head}>
              Name
            </SortHead>
            <SortHead column="type" {...head}>
              Type
            </SortHead>
            <SortHead column="mesh" {...head}>
              Mesh
            </SortHead>
            <SortHead column="state" {...head}>
              State
            </SortHead>
            <SortHead column="up" numeric title="since the node's start, by its own clock" {...head}>
              Up
            </SortHead>
            <SortHead column="links" numeric title="links that it or the other end reports" {...head}>
              Links
            </SortHead>
            <SortHead column="cpu" falling title="cores used, of its budget" {...head}>
              CPU, cores
            </SortHead>
            <SortHead column="ram" falling title="used, of its budget" {...head}>
              Memory
            </SortHead>
            <SortHead column="tx" numeric title="frames sent per minute, over the last 60 s" {...head}>
              TX/min
            </SortHead>
            <SortHead column="rx" numeric title="frames received per minute, over the last 60 s" {...head}>
              RX/min
            </SortHead>
            <th className="num">Sent</th>
            <th className="num">Received</th>
            <SortHead column="age" numeric title="age of the node's figures" {...head}>
              Figures
            </SortHead>
            <th className="num" title="age of the node's record in the console's directory">
              Record
            </th>
          </tr>
        </thead>
        <tbody>
          <RoomRow heightPx={abovePx} />
          {rows.slice(from, to).map((row) => (
            <NodeRow key={row.value.key} row={row} links={links} consumers={consumers} chosen={chosen} />
          ))}
          <RoomRow heightPx={belowPx} />
        </tbody>
      </table>
    </div>
  );
}

type NodeRowProps = Pick<NodeTableProps, "links" | "consumers" | "chosen"> & { readonly row: Received<NodeView> };

function NodeRow({ row, links, consumers, chosen }: NodeRowProps) {
  const { value: node, receivedAtMs } = row;
  const name = displayName(node);
  const own = node.id === null ? undefined : links.get(node.id);
  // It ends with the node: one that is gone does not get older.
  const uptimeMs = node.live && node.uptimeMs !== null ? node.uptimeMs + (node.statsAgeMs ?? 0) : null;
  const oneSided = own?.filter((link) => linkReport(link) !== "both").length ?? 0;
  const why = node.process?.shared === true ? "several nodes share the process: see the note above" : undefined;
  const stands = standOf(consumers, node.key);
  const classes = [`state-${node.state}`, chosen === name && "chosen", stands !== null && `stands-${stands}`];
  return (
    <tr data-testid={`node-row-${name}`} className={classes.filter(Boolean).join(" ")}>
      <th scope="row">
        <NodeName name={name} /> <ConsumerMark consumers={consumers} rowKey={node.key} />
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
