/** One row per node: memory, handles, event-loop delay, items in its collections. */
import { useState } from "react";
import { ageNow, ageText } from "../format/ages.js";
import { bytesText, countText, durationText } from "../format/numbers.js";
import { useNow } from "../hooks/use-now.js";
import { SortHead, type Sorting, sorted } from "../parts/sort-head.js";
import { TypeMark } from "../parts/type-mark.js";
import { routeHash } from "../state/route.js";
import { courseOf, itemsOf } from "./growth.js";
import { HANDLES, MEMORY, type RuntimeRow } from "./runtime-state.js";
import { changeText } from "./size-text.js";
import { Sparkline } from "./sparkline.js";

type Column = "name" | "type" | "up" | "memory" | "memoryChange" | "handles" | "delay" | "items" | "leaks" | "age";

/** Above it a node's event loop is late enough to look at. */
const LATE_MS = 50;
/** Figures of three missed intervals are not of now. */
const OLD_MS = 6_000;

export interface NodeRuntimeTableProps {
  readonly rows: readonly RuntimeRow[];
  readonly chosen: string | null;
  readonly intervalMs: number;
}

export function NodeRuntimeTable({ rows, chosen, intervalMs }: NodeRuntimeTableProps) {
  const [sorting, setSorting] = useState<Sorting<Column>>({ by: "memory", descending: true });
  const nowMs = useNow();
  const oldMs = Math.max(OLD_MS, 3 * intervalMs);
  const head = { sorting, onSort: setSorting };
  return (
    <div className="table-frame">
      <table data-testid="runtime-nodes">
        <thead>
          <tr>
            <SortHead column="name" {...head}>
              Node
            </SortHead>
            <SortHead column="type" {...head}>
              Type
            </SortHead>
            <SortHead column="up" numeric {...head}>
              Up
            </SortHead>
            <SortHead column="memory" numeric title="resident memory of its process" {...head}>
              Memory
            </SortHead>
            <SortHead column="memoryChange" numeric title="since this page began to look" {...head}>
              Change
            </SortHead>
            <th>Course</th>
            <SortHead column="handles" numeric title="what keeps the event loop of its process alive" {...head}>
              Handles
            </SortHead>
            <SortHead column="delay" numeric title="p99 since the figures before" {...head}>
              Loop delay
            </SortHead>
            <SortHead column="items" numeric title="in all of its collections and queues" {...head}>
              Items
            </SortHead>
            <SortHead column="leaks" numeric title="collections that only grow" {...head}>
              Leaks?
            </SortHead>
            <SortHead column="age" numeric title="age of its figures" {...head}>
              Figures
            </SortHead>
          </tr>
        </thead>
        <tbody>
          {sorted(rows, sorting, (row, column) => cellOf(row, column, nowMs)).map((row) => {
            const { view, trends } = row;
            const name = view.name ?? view.key;
            const ageMs = ageNow(view.statsAgeMs, row.receivedAtMs, nowMs);
            const leaks = leaksOf(row);
            const memory = trends.get(MEMORY);
            return (
              <tr
                key={view.key}
                className={chosen === name ? "chosen" : undefined}
                data-old={ageMs === null || ageMs > oldMs || undefined}
                data-testid={`runtime-row-${name}`}
              >
                <th scope="row">
                  <a className="mono name" href={routeHash("runtime", chosen === name ? null : name)}>
                    {name}
                  </a>
                </th>
                <td>
                  <TypeMark type={view.type} />
                </td>
                <td className="num">{ageText(ageNow(view.uptimeMs, row.receivedAtMs, nowMs))}</td>
                <td className="num" title={view.shared === true ? "of all nodes of its process" : undefined}>
                  {bytesText(view.rssBytes)}
                </td>
                <td className="num">{changeText(MEMORY, memory?.change ?? 0)}</td>
                <td>{memory !== undefined && <Sparkline trend={memory} course={memory.course()} />}</td>
                <td className="num">
                  {countText(view.handles)}{" "}
                  <span className="muted">{changeText(HANDLES, trends.get(HANDLES)?.change ?? 0)}</span>
                </td>
                <td className={(view.eventLoopDelayP99Ms ?? 0) > LATE_MS ? "num warn" : "num"}>
                  {durationText(view.eventLoopDelayP99Ms)}
                </td>
                <td className="num">{countText(itemsOf(row))}</td>
                <td className={leaks > 0 ? "num bad" : "num"}>{countText(leaks)}</td>
                <td className="num">{ageText(ageMs)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function leaksOf({ trends }: RuntimeRow): number {
  return [...trends].filter(([collection, trend]) => courseOf(collection, trend) === "leak").length;
}

function cellOf(row: RuntimeRow, column: Column, nowMs: number): number | string | null {
  const { view, trends, receivedAtMs } = row;
  switch (column) {
    case "name":
      return view.name ?? view.key;
    case "type":
      return view.type;
    case "up":
      return view.uptimeMs;
    case "memory":
      return view.rssBytes;
    case "memoryChange":
      return trends.get(MEMORY)?.change ?? null;
    case "handles":
      return view.handles;
    case "delay":
      return view.eventLoopDelayP99Ms;
    case "items":
      return itemsOf(row);
    case "leaks":
      return leaksOf(row);
    case "age":
      return ageNow(view.statsAgeMs, receivedAtMs, nowMs);
  }
}
