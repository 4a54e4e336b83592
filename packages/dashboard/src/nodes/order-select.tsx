/** The order of cards and rows, by its words: on a phone no head is in reach. */
import type { Sorting } from "../model/sorting.js";
import { type NodeColumn, orderText, parseOrder } from "./node-order.js";

const ORDERS = [
  ["", "by mesh and type"],
  ["-cpu", "most CPU first"],
  ["-ram", "most memory first"],
  ["links", "fewest links first"],
  ["-links", "most links first"],
  ["up", "youngest first"],
  ["-up", "oldest first"],
] as const;

export interface OrderSelectProps {
  readonly order: Sorting<NodeColumn> | null;
  readonly onOrder: (order: Sorting<NodeColumn> | null) => void;
}

export function OrderSelect({ order, onOrder }: OrderSelectProps) {
  const value = order === null ? "" : orderText(order);
  return (
    <select
      value={value}
      aria-label="Order of the nodes"
      data-testid="nodes-order"
      onChange={(event) => onOrder(parseOrder(event.target.value))}
    >
      {!ORDERS.some(([text]) => text === value) && <option value={value}>by the column {order?.by}</option>}
      {ORDERS.map(([text, words]) => (
        <option key={text} value={text}>
          {words}
        </option>
      ))}
    </select>
  );
}
