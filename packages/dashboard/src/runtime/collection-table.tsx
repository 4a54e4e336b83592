/** Every collection: of one node with its course, or of all nodes with the one that has most. */
import { useState } from "react";
import { countText } from "../format/numbers.js";
import { SortHead, type Sorting, sorted } from "../parts/sort-head.js";
import { routeHash } from "../state/route.js";
import { type CollectionSum, collections, courseOf } from "./growth.js";
import { HANDLES, MEMORY, type RuntimeRow } from "./runtime-state.js";
import { changeText, sizeText } from "./size-text.js";
import { Sparkline } from "./sparkline.js";

export function NodeCollections({ row }: { readonly row: RuntimeRow }) {
  const [sorting, setSorting] = useState<Sorting<"name" | "size" | "change">>({ by: "size", descending: true });
  const head = { sorting, onSort: setSorting };
  const own = [...row.trends].filter(([name]) => name !== MEMORY && name !== HANDLES);
  const { filled, empty } = parted(own, ([, trend]) => trend.value !== 0 || trend.change !== 0);
  const shown = sorted(filled, sorting, ([name, trend], column) =>
    column === "name" ? name : column === "size" ? trend.value : trend.change,
  );
  return (
    <>
      <div className="table-frame">
        <table data-testid="runtime-collections">
          <thead>
            <tr>
              <SortHead column="name" {...head}>
                Collection
              </SortHead>
              <SortHead column="size" numeric {...head}>
                Size
              </SortHead>
              <SortHead column="change" numeric title="since this page began to look" {...head}>
                Change
              </SortHead>
              <th>Course</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(([name, trend]) => (
              <tr key={name} className={courseOf(name, trend) === "leak" ? "is-leak" : undefined}>
                <th scope="row" className="mono">
                  {name}
                </th>
                <td className="num">{sizeText(name, trend.value)}</td>
                <td className="num">{changeText(name, trend.change)}</td>
                <td>
                  <Sparkline trend={trend} course={courseOf(name, trend)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <EmptyOnes names={empty.map(([name]) => name)} />
    </>
  );
}

type Column = "name" | "nodes" | "total" | "most" | "change";

export function AllCollections({ rows }: { readonly rows: readonly RuntimeRow[] }) {
  const [sorting, setSorting] = useState<Sorting<Column>>({ by: "total", descending: true });
  const head = { sorting, onSort: setSorting };
  const { filled, empty } = parted(collections(rows), ({ total, change }) => total !== 0 || change !== 0);
  return (
    <>
      <div className="table-frame">
        <table data-testid="runtime-collections">
          <thead>
            <tr>
              <SortHead column="name" {...head}>
                Collection
              </SortHead>
              <SortHead column="nodes" numeric {...head}>
                Nodes
              </SortHead>
              <SortHead column="total" numeric {...head}>
                Together
              </SortHead>
              <SortHead column="change" numeric title="since this page began to look" {...head}>
                Change
              </SortHead>
              <SortHead column="most" numeric {...head}>
                Most
              </SortHead>
              <th>At</th>
            </tr>
          </thead>
          <tbody>
            {sorted(filled, sorting, cellOf).map(({ collection, nodes, total, most, mostAt, change }) => (
              <tr key={collection}>
                <th scope="row" className="mono">
                  {collection}
                </th>
                <td className="num">{countText(nodes)}</td>
                <td className="num">{sizeText(collection, total)}</td>
                <td className="num">{changeText(collection, change)}</td>
                <td className="num">{sizeText(collection, most)}</td>
                <td>
                  {most > 0 && mostAt.view.name !== null && (
                    <a className="mono name" href={routeHash("runtime", mostAt.view.name)}>
                      {mostAt.view.name}
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <EmptyOnes names={empty.map(({ collection }) => collection)} />
    </>
  );
}

function cellOf({ collection, nodes, total, most, change }: CollectionSum, column: Column): number | string {
  return { name: collection, nodes, total, most, change }[column];
}

function parted<T>(rows: readonly T[], isFilled: (row: T) => boolean): { readonly filled: T[]; readonly empty: T[] } {
  return { filled: rows.filter(isFilled), empty: rows.filter((row) => !isFilled(row)) };
}

/** Named, so that one sees that they are watched. */
function EmptyOnes({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p className="empty-ones muted">
      {countText(names.length)} are empty: <span className="mono">{[...names].sort().join(", ")}</span>
    </p>
  );
}
